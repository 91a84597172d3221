/** Signing keys in a JWKS file (RFC 7517 §5), created on the first start. */

import { isAbsolute, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidOption } from '../errors.ts'
import { listOf, noMore, optionsOf, text } from '../option-values.ts'
import type { SigningJwk } from './jwk.ts'
import type { KeySourceContext } from './key-source.ts'
import { newKey } from './new-key.ts'
import { exists, writeOnce } from './private-file.ts'
import { type ReadPrivateRules, readPrivate, SECRET_DIRS } from './read-private.ts'

export interface JwksFileOptions {
  /**
   * Absolute paths of folders into which the platform mounts secrets. A key file there may be readable by others if it
   * belongs to another user. This is logged at `warn`. Default: `['/run/secrets', '/var/run/secrets']`.
   */
  readonly secretDirs?: readonly string[] | undefined
}

/** How long an empty file may stay empty, in milliseconds: another starting process is about to replace it. */
const EMPTY_MS = 2_000
const PAUSE_MS = 20

/**
 * Reads keys from a file. If the file is missing and the store has no tokens, it is created with one HS256 key and mode
 * 0600. If the store has tokens, a missing file fails the boot, because a new key would invalidate all of them. The file
 * is read again every `keyRefresh`. Change it with `npx fastify-api-tokens keys`.
 *
 * @param path The file, relative to the working directory.
 * @param options Folders in which others may read the file.
 * @throws {InvalidOption} For a path or an option of the wrong type.
 * @example await app.register(apiTokens, { keys: jwksFile('secrets/api-tokens.jwks.json'), authenticateUser })
 */
export function jwksFile(
  path: string,
  options: JwksFileOptions = {},
  ...more: never[]
): (context: KeySourceContext) => Promise<readonly SigningJwk[]> {
  noMore('jwksFile', more)
  const file = resolve(text(path, 'jwksFile: path'))
  const secretDirs = readSecretDirs(options)
  return async (context) => {
    if (!(await exists(file))) await makeFirst(file, context)
    const keys = await readWhole(file, { secretDirs, warn: (message) => context.warn(message) })
    return parseJwks(keys, file)
  }
}

/** The text of a file with these keys. */
export function formatJwks(keys: readonly SigningJwk[]): string {
  return `${JSON.stringify({ keys }, null, 2)}\n`
}

/**
 * The keys in the text of a file, unchecked.
 *
 * @throws {InvalidOption} For a text that is no JWK Set. The error quotes nothing of it.
 */
export function parseJwks(text: string, file: string): readonly SigningJwk[] {
  const jwks = parseJson(text, file)
  if (typeof jwks !== 'object' || jwks === null || !('keys' in jwks) || !Array.isArray(jwks.keys)) {
    throw new InvalidOption(`keys: ${file} must hold a JWK Set: { "keys": [ … ] }`)
  }
  return jwks.keys
}

function readSecretDirs(options: JwksFileOptions): readonly string[] {
  const { secretDirs = SECRET_DIRS } = optionsOf('jwksFile', options, ['secretDirs'])
  const isFolder = (dir: unknown): dir is string => typeof dir === 'string' && isAbsolute(dir)
  const dirs = listOf(secretDirs)
  if (dirs?.every(isFolder)) return dirs
  throw new InvalidOption('jwksFile: secretDirs must be an array of absolute paths')
}

/** On a file system without hard links, the file is empty for a moment on the first start. */
async function readWhole(file: string, rules: ReadPrivateRules): Promise<string> {
  const deadline = performance.now() + EMPTY_MS
  for (;;) {
    const keys = await readPrivate(file, rules)
    if (keys !== '') return keys
    if (performance.now() >= deadline) {
      throw new InvalidOption(
        `keys: ${file} is empty: restore it, or remove it if the store has no tokens, and start again`,
      )
    }
    await sleep(PAUSE_MS)
  }
}

async function makeFirst(file: string, { storeIsEmpty, log }: KeySourceContext): Promise<void> {
  if (!(await storeIsEmpty())) {
    // Another process may have created the file and issued tokens since the first check.
    if (await exists(file)) return
    throw new InvalidOption(
      `keys: ${file} is missing, but the store has tokens that its keys signed: restore it`,
    )
  }
  const jwks = formatJwks([newKey('HS256')])
  if (await writeOnce(file, jwks)) log(`API tokens are signed with the new key in ${file}`)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The parser's message quotes the text, which is a secret.
    throw new InvalidOption(`keys: ${file} is not JSON`, { cause: new Error((cause as Error).name) })
  }
}
