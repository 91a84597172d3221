/** What the commands of administration share: the store, the options of the host, and who runs the command. */

import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ApiTokensAlone, openApiTokensAlone } from '../api-tokens-alone.ts'
import { InvalidOption } from '../errors.ts'
import { jwksFile } from '../keys/jwks-file.ts'
import { newKey } from '../keys/new-key.ts'
import type { ApiTokensOptions } from '../options.ts'
import { openTokenStore } from '../store/kysely/open-token-store.ts'
import { parseStoreAddress } from '../store/store-address.ts'
import type { GivenActor } from '../token/actor.ts'
import { WrongCall } from './arguments.ts'
import { messageOf } from './message-of.ts'
import { printableLines } from './print-table.ts'
import type { Terminal } from './terminal.ts'

/** Options with a value of every command of administration. */
export const PLACE_OPTIONS = ['store', 'schema', 'table-prefix', 'config', 'keys', 'by'] as const

export type PlaceTexts = { readonly [Name in (typeof PLACE_OPTIONS)[number]]?: string }

export interface AdministrationDeps {
  readonly texts: PlaceTexts
  /** Whether the command needs the keys of the host. */
  readonly needsKeys: boolean
  /** Scopes that a new token may have. */
  readonly scopes?: readonly string[]
}

export interface Administration extends Pick<ApiTokensAlone, 'apiTokens' | 'owners'> {
  readonly by: GivenActor
  readonly terminal: Terminal
}

/** Opens the store, runs the work and closes the store. Returns the exit code. Never prints the password of an address. */
export async function administer(
  { texts, needsKeys, scopes = [] }: AdministrationDeps,
  terminal: Terminal,
  work: (administration: Administration) => Promise<number>,
): Promise<number> {
  const address = addressOf(texts)
  try {
    const options = await optionsOf(texts, address, needsKeys)
    const { close, ...alone } = await openApiTokensAlone(options, scopes)
    try {
      return await work({ ...alone, by: { kind: 'admin', id: texts.by ?? runner() }, terminal })
    } finally {
      await close()
    }
  } catch (error) {
    if (error instanceof WrongCall) throw error
    terminal.warn(printableLines(messageOf(error, address)))
    return 1
  }
}

/** `null` with `--config`, whose module has a store. */
function addressOf({ store, config, schema, 'table-prefix': prefix, keys }: PlaceTexts): string | null {
  if (config !== undefined) {
    const other = Object.entries({ store, schema, 'table-prefix': prefix, keys }).find(([, value]) => value)
    if (other !== undefined)
      throw new WrongCall(`--config takes no --${other[0]}: its module has the options`)
    return null
  }
  const address = store ?? process.env['DATABASE_URL']
  if (address === undefined || address.trim() === '')
    throw new WrongCall('the store is missing: give --store or --config, or set DATABASE_URL')
  return address
}

async function optionsOf(
  texts: PlaceTexts,
  address: string | null,
  needsKeys: boolean,
): Promise<ApiTokensOptions> {
  if (address === null) return optionsIn(texts.config ?? '')
  const place = { schema: texts.schema, tablePrefix: texts['table-prefix'] }
  if (needsKeys && texts.keys === undefined)
    throw new WrongCall('the keys are missing: give --keys FILE, or --config FILE')
  // Without keys of the host nothing is signed or verified.
  const keys = texts.keys === undefined ? [newKey('HS256')] : jwksFile(texts.keys)
  return { store: openTokenStore(parseStoreAddress(address), place), keys }
}

/** The default export of a module of the host. */
async function optionsIn(file: string): Promise<ApiTokensOptions> {
  const path = resolve(file)
  const module: { readonly default?: unknown } = await import(pathToFileURL(path).href)
  const options = module.default
  if (typeof options !== 'object' || options === null)
    throw new InvalidOption(`--config: ${file} must export the options of the plugin as its default`)
  // The plugin checks each option.
  return options as ApiTokensOptions
}

/** The account that runs the command. */
function runner(): string {
  return `cli:${userInfo().username}`
}
