/** `keys generate | list | rotate | retire`: makes and changes the JWKS file that a host signs with. */

import { parseArgs } from 'node:util'
import { durationMs } from '../duration.ts'
import { InvalidOption } from '../errors.ts'
import { type ListedKey, listKeys, retireKey, rotateKeys } from '../keys/change-keys.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../keys/jwk.ts'
import { formatJwks, parseJwks } from '../keys/jwks-file.ts'
import { newKey } from '../keys/new-key.ts'
import { replacePrivate, writeOnce } from '../keys/private-file.ts'
import { readPrivate, SECRET_DIRS } from '../keys/read-private.ts'
import type { Command, Terminal } from './terminal.ts'

export const KEYS_USAGE = `  fastify-api-tokens keys generate [--file FILE] [--alg HS256|EdDSA|ES256]
  fastify-api-tokens keys list     [--file FILE]
  fastify-api-tokens keys rotate   [--file FILE] [--alg HS256|EdDSA|ES256] [--lead 2m]
  fastify-api-tokens keys retire   [--file FILE] KID`

const DEFAULT_FILE = 'api-tokens.jwks.json'
/** Four times the default of `keyRefresh`: every process that serves knows a key before any signs with it. */
const DEFAULT_LEAD = '2m'

interface Wanted {
  readonly file: string
  readonly algorithm: SigningAlgorithm | undefined
  readonly leadMs: number
  /** What stands behind the action. */
  readonly names: readonly string[]
}

type Action = (wanted: Wanted, terminal: Terminal) => Promise<void>

const ACTIONS: Readonly<Record<string, Action>> = { generate, list, rotate, retire }

/** Never prints key material. */
export const keysCommand: Command = async (args, terminal) => {
  const { action, wanted } = read(args)
  if (action === undefined) {
    terminal.warn(`usage:\n${KEYS_USAGE}`)
    return 2
  }
  await action(wanted, terminal)
  return 0
}

async function generate({ file, algorithm = 'HS256' }: Wanted, { print }: Terminal): Promise<void> {
  const key = newKey(algorithm)
  if (!(await writeOnce(file, formatJwks([key])))) {
    throw new InvalidOption(`keys: ${file} is there already: rotate its keys instead`)
  }
  print(`${file} has the new key ${key.kid} (${algorithm})`)
}

async function list({ file }: Wanted, { print, warn }: Terminal): Promise<void> {
  const jwks = parseJwks(await readPrivate(file, { secretDirs: SECRET_DIRS, warn }), file)
  for (const key of listKeys(jwks, Date.now())) print(lineOf(key))
}

async function rotate({ file, algorithm, leadMs }: Wanted, { print, warn }: Terminal): Promise<void> {
  await replacePrivate(file, { secretDirs: SECRET_DIRS, warn }, (text) => {
    const { keys, added } = rotateKeys(parseJwks(text, file), { algorithm, leadMs, now: Date.now() })
    print(lineOf(added))
    return formatJwks(keys)
  })
}

async function retire(
  { file, names: [kid = '', ...more] }: Wanted,
  { print, warn }: Terminal,
): Promise<void> {
  if (kid === '' || more.length > 0) throw new InvalidOption('keys retire takes one kid: see keys list')
  await replacePrivate(file, { secretDirs: SECRET_DIRS, warn }, (text) =>
    formatJwks(retireKey(parseJwks(text, file), kid, Date.now())),
  )
  print(`${kid} is retired: the tokens that it signed are refused`)
}

function lineOf({ kid, algorithm, role, startsAt }: ListedKey): string {
  const from = role === 'signs later' ? `signs from ${new Date(startsAt).toISOString()}` : role
  return `${kid}  ${algorithm.padEnd(5)}  ${from}`
}

function read(args: readonly string[]): { readonly action: Action | undefined; readonly wanted: Wanted } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      file: { type: 'string', default: DEFAULT_FILE },
      alg: { type: 'string' },
      lead: { type: 'string', default: DEFAULT_LEAD },
    },
  })
  const [name = '', ...names] = positionals
  return {
    action: Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined,
    wanted: {
      file: values.file,
      algorithm: algorithmOf(values.alg),
      leadMs: values.lead === '0' ? 0 : durationMs(values.lead, '--lead'),
      names,
    },
  }
}

function algorithmOf(alg: string | undefined): SigningAlgorithm | undefined {
  const algorithm = SIGNING_ALGORITHMS.find((known) => known === alg)
  if (alg !== undefined && algorithm === undefined) {
    throw new InvalidOption(`--alg must be one of ${SIGNING_ALGORITHMS.join(', ')}`)
  }
  return algorithm
}
