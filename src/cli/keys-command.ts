/** `keys generate | list | rotate | retire`: creates and changes the JWKS file with the signing keys. */

import { durationMs } from '../duration.ts'
import { InvalidOption } from '../errors.ts'
import { type ListedKey, listKeys, retireKey, rotateKeys } from '../keys/change-keys.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../keys/jwk.ts'
import { formatJwks, parseJwks } from '../keys/jwks-file.ts'
import { newKey } from '../keys/new-key.ts'
import { replacePrivate, writeOnce } from '../keys/private-file.ts'
import { readPrivate, SECRET_DIRS } from '../keys/read-private.ts'
import { readArguments, WrongCall } from './arguments.ts'
import type { Command, Terminal } from './terminal.ts'

export const KEYS_USAGE = `  fastify-api-tokens keys generate [--file FILE] [--alg HS256|EdDSA|ES256]
  fastify-api-tokens keys list     [--file FILE]
  fastify-api-tokens keys rotate   [--file FILE] [--alg HS256|EdDSA|ES256] [--lead 2m]
  fastify-api-tokens keys retire   [--file FILE] KID
    FILE defaults to api-tokens.jwks.json; generate --file - writes the key to standard output`

const DEFAULT_FILE = 'api-tokens.jwks.json'
/** Means standard output. */
const STDOUT = '-'
/** Four times the default of `keyRefresh`, so that every instance has read a new key before one signs with it. */
const DEFAULT_LEAD = '2m'

interface KeysRequest {
  readonly file: string
  readonly algorithm: SigningAlgorithm | undefined
  readonly leadMs: number
  /** The key to retire; empty for the other actions. */
  readonly kid: string
}

interface Action {
  readonly run: (request: KeysRequest, terminal: Terminal) => Promise<void>
  readonly options: readonly ('file' | 'alg' | 'lead')[]
  readonly takesKid?: true
}

const ACTIONS: Readonly<Record<string, Action>> = {
  generate: { run: generate, options: ['file', 'alg'] },
  list: { run: list, options: ['file'] },
  rotate: { run: rotate, options: ['file', 'alg', 'lead'] },
  retire: { run: retire, options: ['file'], takesKid: true },
}

/** Prints key material only for `generate --file -`. */
export const keysCommand: Command = async (args, terminal) => {
  const { action, request } = read(args)
  await action.run(request, terminal)
  return 0
}

async function generate({ file, algorithm = 'HS256' }: KeysRequest, { print }: Terminal): Promise<void> {
  const key = newKey(algorithm)
  // Only the JWK Set is printed, because the output is redirected to a file.
  if (file === STDOUT) return print(formatJwks([key]).trimEnd())
  if (!(await writeOnce(file, formatJwks([key])))) {
    throw new InvalidOption(`keys: ${file} exists already: rotate its keys instead`)
  }
  print(`${file} has the new key ${key.kid} (${algorithm})`)
}

async function list({ file }: KeysRequest, { print, warn }: Terminal): Promise<void> {
  const jwks = parseJwks(await readPrivate(file, { secretDirs: SECRET_DIRS, warn }), file)
  for (const key of listKeys(jwks, Date.now())) print(lineOf(key))
}

async function rotate({ file, algorithm, leadMs }: KeysRequest, { print, warn }: Terminal): Promise<void> {
  await replacePrivate(file, { secretDirs: SECRET_DIRS, warn }, (text) => {
    const { keys, added } = rotateKeys(parseJwks(text, file), { algorithm, leadMs, now: Date.now() })
    print(lineOf(added))
    return formatJwks(keys)
  })
}

async function retire({ file, kid }: KeysRequest, { print, warn }: Terminal): Promise<void> {
  await replacePrivate(file, { secretDirs: SECRET_DIRS, warn }, (text) =>
    formatJwks(retireKey(parseJwks(text, file), kid, Date.now())),
  )
  print(`${kid} is retired: the tokens that it signed are refused`)
}

function lineOf({ kid, algorithm, role, startsAt }: ListedKey): string {
  return `${kid}  ${algorithm.padEnd(5)}  ${textOf(role, startsAt)}`
}

function textOf(role: ListedKey['role'], startsAt: number): string {
  switch (role) {
    case 'signs later':
      return `signs from ${new Date(startsAt).toISOString()}`
    case 'public':
      return 'verifies nothing: its private half is missing'
    default:
      return role
  }
}

/** @throws {WrongCall} For an argument that the action does not take. */
function read(args: readonly string[]): { readonly action: Action; readonly request: KeysRequest } {
  const { texts, names } = readArguments(args, { texts: ['file', 'alg', 'lead'], flags: [] })
  const [name, ...more] = names
  const action = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (name === undefined || action === undefined) {
    const fault = name === undefined ? 'keys needs an action' : `there is no action ${name}`
    throw new WrongCall(`${fault}: ${Object.keys(ACTIONS).join(', ')}`)
  }
  requireTaken(name, action, texts, more)
  const { file = DEFAULT_FILE, alg, lead = DEFAULT_LEAD } = texts
  if (file === STDOUT && name !== 'generate') throw new WrongCall(`keys ${name} needs a file, not -`)
  return {
    action,
    request: {
      file,
      algorithm: algorithmOf(alg),
      leadMs: lead === '0' ? 0 : durationMs(lead, '--lead'),
      kid: more[0] ?? '',
    },
  }
}

function requireTaken(
  name: string,
  action: Action,
  texts: Readonly<Record<string, unknown>>,
  more: readonly string[],
) {
  for (const [option, value] of Object.entries(texts)) {
    const isTaken = value === undefined || action.options.some((taken) => taken === option)
    if (!isTaken) throw new WrongCall(`keys ${name} takes no --${option}`)
  }
  if (action.takesKid) {
    if (more.length !== 1 || more[0] === '') throw new WrongCall(`keys ${name} takes one kid: see keys list`)
  } else if (more.length > 0) throw new WrongCall(`keys ${name} takes no argument: ${more.join(' ')}`)
}

function algorithmOf(alg: string | undefined): SigningAlgorithm | undefined {
  const algorithm = SIGNING_ALGORITHMS.find((known) => known === alg)
  if (alg !== undefined && algorithm === undefined) {
    throw new InvalidOption(`--alg must be one of ${SIGNING_ALGORITHMS.join(', ')}`)
  }
  return algorithm
}
