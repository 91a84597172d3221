/** Refuses a credential where an id belongs: it would be stored, logged and shown. */

import { InvalidInput } from '../errors.ts'
import { readSignedToken, type SignedTokenDeps } from '../verification/signed-token.ts'

/** No credential is shorter: see `compact-credential.ts`. */
const SHORTEST_CREDENTIAL = 62

/** @throws {InvalidInput} For a credential of this plugin. Its text is not in the error. */
export function requireNoCredential(deps: SignedTokenDeps, field: string, text: string, now: number): void {
  if (text.length >= SHORTEST_CREDENTIAL && readSignedToken(deps, text, now) !== undefined)
    throw new InvalidInput(`${field} must not be a credential`)
}
