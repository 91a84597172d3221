/** Token introspection for other servers (RFC 7662). */

import type { Clock } from '../clock.ts'
import { type Audience, claimsOf, type TokenClaims } from '../token/claims.ts'
import { formatScope } from '../token/scope.ts'
import { CacheMiss, type Verification } from '../verification/verification.ts'
import { NO_ADDRESS, type VerificationEntry } from '../verification/verification-entry.ts'

/** RFC 7662 §2.2. The response for an inactive token has no other members. */
export type Introspection =
  | { readonly active: false }
  | (TokenClaims & { readonly active: true; readonly token_type: 'Bearer' })

export interface IntrospectTokenDeps {
  readonly verification: Verification
  readonly clock: Clock
  readonly audience: Audience
  /** Whether an introspection counts as a use of the token. */
  readonly countsAsUse: boolean
}

/**
 * A token that is limited to addresses is not active: the client's address is not known here.
 *
 * @throws {StoreUnavailable} If the store or `findUser` is unavailable.
 */
export async function introspectToken(deps: IntrospectTokenDeps, credential: string): Promise<Introspection> {
  const { verification, countsAsUse } = deps
  const now = deps.clock.now()
  const toResponse = (entry: VerificationEntry) => describe(entry, deps.audience)
  if (!countsAsUse) return verification.inspect(credential, toResponse)
  const found = verification.getAndCount(credential, now, NO_ADDRESS)
  return found instanceof CacheMiss
    ? verification.loadAndCount(found, toResponse, NO_ADDRESS)
    : toResponse(found)
}

/** The claims with the current scopes and expiry, which may be narrower than those in the credential. */
function describe(
  { rejection, tokenId: id, userId, issuedAt: createdAt, expiresAt, granted, scopes }: VerificationEntry,
  audience: Audience,
): Introspection {
  if (rejection !== null) return { active: false }
  const { scope: _, ...claims } = claimsOf({ id, userId, createdAt, expiresAt, scopes: granted }, audience)
  return {
    active: true,
    token_type: 'Bearer',
    ...claims,
    ...(scopes.length === 0 ? {} : { scope: formatScope(scopes) }),
  }
}
