/** Creates the record of a new token, seals it, and signs its credential, for issue and rotation. */

import { InvalidInput } from '../errors.ts'
import { claimsOf } from '../token/claims.ts'
import { credentialOf, hintOf, MAX_CREDENTIAL_LENGTH } from '../token/credential.ts'
import type { NewTokenRecord, TokenLimits } from '../token/token.ts'
import { refreshTokenHash } from '../verification/signed-token.ts'
import type { Context } from './context.ts'

/** The members that the caller chooses. */
type ChosenMembers = Pick<
  NewTokenRecord,
  'userId' | 'name' | 'description' | 'scopes' | 'expiresAt' | 'createdBy' | keyof TokenLimits
> &
  Partial<Pick<NewTokenRecord, 'predecessorId'>>

/**
 * @param refreshToken The identity provider's refresh token.
 * @throws {InvalidInput} When the credential would be longer than `MAX_CREDENTIAL_LENGTH`.
 */
export function makeToken(
  { newId, signer, audience, credentialForm: form, tokenPrefixes }: Context,
  wanted: ChosenMembers,
  now: number,
  refreshToken?: string,
): { readonly record: NewTokenRecord; readonly credential: string } {
  const key = signer.signingKey(now)
  const draft: NewTokenRecord = {
    predecessorId: null,
    ...wanted,
    id: newId(now),
    status: 'active',
    statusReason: null,
    hint: '',
    kid: key.kid,
    form,
    seal: '',
    createdAt: now,
    updatedAt: now,
    lastUsedAt: null,
    idleFrom: now,
    useCount: 0,
    scopesUsed: 0,
    lastClient: null,
    revokedAt: null,
    successorId: null,
    graceEndsAt: null,
  }
  const [prefix] = tokenPrefixes
  const credential =
    form === 'compact'
      ? key.signCompact(prefix, draft.id)
      : credentialOf(
          prefix,
          key.sign(claimsOf(draft, audience, refreshTokenHash(refreshToken))),
          refreshToken,
        )
  if (credential.length > MAX_CREDENTIAL_LENGTH)
    throw new InvalidInput(
      refreshToken === undefined ? 'scopes make the credential too long' : 'the credential would be too long',
    )
  return { record: { ...draft, hint: hintOf(credential), seal: key.seal(draft) }, credential }
}
