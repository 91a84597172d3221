/** Signing keys in a JWKS file (RFC 7517 §5) that is made on the first start. */

import { randomBytes, randomUUID } from 'node:crypto'
import { link, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { InvalidOption } from '../errors.ts'
import type { SigningJwk } from './jwk.ts'
import type { KeySource, KeySourceContext } from './key-source.ts'

const OWNER_ONLY = 0o600

/**
 * Reads keys from a file, and makes the file, with one new HS256 key and mode 0600, while the store has no token.
 * Once there are tokens a missing file fails the boot: with another key all of them would be refused.
 *
 * @param path The file, relative to the working directory.
 * @example await app.register(apiTokens, { keys: jwksFile('secrets/api-tokens.jwks.json'), authenticateUser })
 */
export function jwksFile(path: string): KeySource {
  const file = resolve(path)
  return async (context) => {
    if (!(await exists(file))) await makeFirst(file, context)
    return readJwks(file)
  }
}

async function makeFirst(file: string, { storeIsEmpty, log }: KeySourceContext): Promise<void> {
  if (!(await storeIsEmpty())) {
    // Another start may have made it, and issued by it, since it was looked for.
    if (await exists(file)) return
    throw new InvalidOption(
      `keys: ${file} is missing, but the store has tokens that its keys signed: restore it`,
    )
  }
  if (await writeOnce(file, { keys: [newSecret()] })) log(`API tokens are signed with the new key in ${file}`)
}

/** A new HS256 key, its `kid` random. */
function newSecret(): SigningJwk {
  return { kty: 'oct', kid: randomUUID(), alg: 'HS256', use: 'sig', k: randomBytes(32).toString('base64url') }
}

/**
 * Puts the whole file there at once, or not at all: written beside it, synced, and linked, which fails when
 * another process was first. Returns whether this one was.
 */
async function writeOnce(file: string, jwks: { keys: readonly SigningJwk[] }): Promise<boolean> {
  const draft = `${file}.${randomUUID()}.tmp`
  try {
    await writeSynced(draft, `${JSON.stringify(jwks, null, 2)}\n`)
    await link(draft, file)
    await syncFolder(dirname(file))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new InvalidOption(`keys: ${file} cannot be written`, { cause: error })
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A link is on the disk once its folder is; where folders cannot be opened (Windows) there is nothing to sync. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function readJwks(file: string): Promise<readonly SigningJwk[]> {
  await requirePrivate(file)
  const jwks = parseJson(await readFile(file, 'utf8'), file)
  if (typeof jwks !== 'object' || jwks === null || !('keys' in jwks) || !Array.isArray(jwks.keys)) {
    throw new InvalidOption(`keys: ${file} must hold a JWK Set: { "keys": [ … ] }`)
  }
  return jwks.keys
}

/** Whoever can read the file can make tokens. Windows has no such modes. */
async function requirePrivate(file: string): Promise<void> {
  if (process.platform === 'win32') return
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) {
    throw new InvalidOption(`keys: ${file} can be read or written by others: set its mode to 0600`)
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The parser quotes what it read, which here is a secret.
    throw new InvalidOption(`keys: ${file} is not JSON`, { cause: new Error((cause as Error).name) })
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw new InvalidOption(`keys: ${file} cannot be read`, { cause: error })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
