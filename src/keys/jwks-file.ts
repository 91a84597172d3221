/** Signing keys in a JWKS file (RFC 7517 §5) that is made on the first start. */

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
   * Absolute paths of folders into which the platform mounts secrets. Others may read a key file there, if another user
   * owns it; this is logged at `warn`. Default: `['/run/secrets', '/var/run/secrets']`.
   */
  readonly secretDirs?: readonly string[] | undefined
}

/** How long an empty file may stay empty: another process that starts is about to replace it. */
const EMPTY_MS = 2_000
const PAUSE_MS = 20

/**
 * Reads keys from a file, and makes the file, with one new HS256 key and mode 0600, while the store has no token.
 * Once there are tokens a missing file fails the boot: with another key all of them would be refused. While the host
 * runs the file is read again every `keyRefresh`; it is changed by `npx fastify-api-tokens keys`.
 *
 * @param path The file, relative to the working directory.
 * @param options Where a file that others can read is accepted.
 * @throws {InvalidOption} A path or an option of the wrong type.
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

/** The text of a file with these keys, the first to sign first. */
export function formatJwks(keys: readonly SigningJwk[]): string {
  return `${JSON.stringify({ keys }, null, 2)}\n`
}

/**
 * The keys in the text of a file, as they stand there.
 *
 * @throws {InvalidOption} A text that is no JWK Set; nothing of it is quoted.
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

/** The file of a first start may be empty for a moment, where the file system has no hard links. */
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
    // Another start may have made it, and issued by it, since it was looked for.
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
    // The parser quotes what it read, which here is a secret.
    throw new InvalidOption(`keys: ${file} is not JSON`, { cause: new Error((cause as Error).name) })
  }
}
