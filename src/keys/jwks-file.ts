/** Signing keys in a JWKS file (RFC 7517 §5) that is made on the first start. */

import { resolve } from 'node:path'
import { InvalidOption } from '../errors.ts'
import { text } from '../option-values.ts'
import type { SigningJwk } from './jwk.ts'
import type { KeySourceContext } from './key-source.ts'
import { newKey } from './new-key.ts'
import { exists, readPrivate, writeOnce } from './private-file.ts'

/**
 * Reads keys from a file, and makes the file, with one new HS256 key and mode 0600, while the store has no token.
 * Once there are tokens a missing file fails the boot: with another key all of them would be refused. While the host
 * runs the file is read again every `keyRefresh`; it is changed by `npx fastify-api-tokens keys`.
 *
 * @param path The file, relative to the working directory.
 * @example await app.register(apiTokens, { keys: jwksFile('secrets/api-tokens.jwks.json'), authenticateUser })
 */
export function jwksFile(path: string): (context: KeySourceContext) => Promise<readonly SigningJwk[]> {
  const file = resolve(text(path, 'jwksFile: path'))
  return async (context) => {
    if (!(await exists(file))) await makeFirst(file, context)
    return parseJwks(await readPrivate(file), file)
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

async function makeFirst(file: string, { storeIsEmpty, log }: KeySourceContext): Promise<void> {
  if (!(await storeIsEmpty())) {
    // Another start may have made it, and issued by it, since it was looked for.
    if (await exists(file)) return
    throw new InvalidOption(
      `keys: ${file} is missing, but the store has tokens that its keys signed: restore it`,
    )
  }
  const text = formatJwks([newKey('HS256')])
  if (await writeOnce(file, text)) log(`API tokens are signed with the new key in ${file}`)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The parser quotes what it read, which here is a secret.
    throw new InvalidOption(`keys: ${file} is not JSON`, { cause: new Error((cause as Error).name) })
  }
}
