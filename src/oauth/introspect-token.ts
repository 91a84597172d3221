/** Says what a token is to another server that asks (RFC 7662). */

import type { Clock } from '../clock.ts'
import { type Audience, claimsOf, type TokenClaims } from '../token/claims.ts'
import { formatScope } from '../token/scope.ts'
import type { Verification } from '../verification/verification.ts'
import type { VerificationEntry } from '../verification/verification-entry.ts'

/** RFC 7662 §2.2. Of a token that is not active nothing more is said. */
export type Introspection =
  | { readonly active: false }
  | (TokenClaims & { readonly active: true; readonly token_type: 'Bearer' })

export interface IntrospectTokenDeps {
  readonly verification: Verification
  readonly clock: Clock
  readonly audience: Audience
  /** Whether it is a use. */
  readonly countsAsUse: boolean
}

/** @throws {StoreUnavailable} When the store or `findUser` cannot answer. */
export async function introspectToken(
  parts: IntrospectTokenDeps,
  credential: string,
): Promise<Introspection> {
  const { verification, countsAsUse } = parts
  const now = parts.clock.now()
  const say = (entry: VerificationEntry) => describe(entry, parts.audience)
  if (!countsAsUse) return verification.inspect(credential, now, say)
  const entry = verification.getAndCount(credential, now)
  return entry === undefined ? verification.loadAndCount(credential, now, say) : say(entry)
}

/** The claims, with the scopes and the expiry that count now: both may be less than the credential says. */
function describe(
  { rejection, token, expiresAt, scopes }: VerificationEntry,
  audience: Audience,
): Introspection {
  if (rejection !== null || token === null) return { active: false }
  const { scope: _, ...claims } = claimsOf({ ...token, expiresAt }, audience)
  return {
    active: true,
    token_type: 'Bearer',
    ...claims,
    ...(scopes.length === 0 ? {} : { scope: formatScope(scopes) }),
  }
}
