/** A cache entry: the result of verifying one credential. */

import type { TokenRecord } from '../token/token.ts'
import type { PendingUse } from '../usage/pending-use.ts'
import type { EntryLimits } from './entry-limits.ts'

/**
 * Why a credential is rejected. Clients never get the reason. `forged` is a credential that this plugin did not sign in this
 * form: wrong form, signature, claims or refresh token. `missing_scopes`: the credential is valid, but a route requires
 * more scopes (403). `address_not_allowed`: the credential is valid, but not from this address.
 */
export type RejectionReason =
  | 'forged'
  | 'unknown'
  | 'not_as_issued'
  | 'owner_unknown'
  | 'owner_inactive'
  | 'revoked'
  | 'expired'
  | 'inactive'
  | 'idle'
  | 'missing_scopes'
  | 'address_not_allowed'

/** Has what requests need of a token's row, not the row: a cache may have many entries. Times are in milliseconds. */
export interface VerificationEntry {
  /** The SHA-256 of the credential. */
  readonly digest: string
  /** The first moment at which the entry is no longer valid. */
  deadline: number
  /** `null`: the credential is accepted. */
  readonly rejection: RejectionReason | null
  /** The counter of the token's uses; `null` while the entry is not in the cache. */
  use: PendingUse | null
  /** Whether the entry is in the cache. An invalidation sets it to `false`, also for connections that hold the entry. */
  live: boolean
  readonly tokenId: string
  readonly userId: string
  readonly name: string | null
  readonly issuedAt: number
  /** When the token expires: see `expiresAtOf`. */
  readonly expiresAt: number | null
  /** When the token ends by the clock if nothing else ends it: see `endsAt`. */
  readonly endsAt: number | null
  /** The scopes of the token's row. */
  readonly granted: readonly string[]
  /** Those of them that the owner has. */
  readonly scopes: readonly string[]
  /** `null` for a token without limits, and for a rejected one. */
  readonly limits: EntryLimits | null
  /** The identity provider's access token, with `identityProvider`. */
  readonly accessToken: string | null
  /** When the read behind the entry began. */
  readonly readAt: number
}

/** Where a credential comes from. A request of Fastify is one: its address is read only for a token that needs it. */
export interface CredentialSource {
  /** The address follows the host's `trustProxy`. `undefined` refuses a token that is limited to addresses. */
  readonly ip?: string | undefined
}

/** The source of a credential whose address is not known. */
export const NO_ADDRESS: CredentialSource = Object.freeze({})

/** The result for every invalid signature. It is never cached. */
export const FORGED: VerificationEntry = {
  digest: '',
  deadline: 0,
  rejection: 'forged',
  use: null,
  live: false,
  tokenId: '',
  userId: '',
  name: null,
  issuedAt: 0,
  expiresAt: null,
  endsAt: null,
  granted: [],
  scopes: [],
  limits: null,
  accessToken: null,
  readAt: 0,
}

/** The entry of a valid credential that may not be used from this address. It is never cached: another address may use it. */
export function refusedAddress(entry: VerificationEntry): VerificationEntry {
  return { ...entry, rejection: 'address_not_allowed', use: null, live: false, limits: null }
}

/**
 * Whether the result for a token's row may be cached. Rejections are cached too, with three exceptions:
 * - A credential that differs from its row must not replace the entry of the genuine one.
 * - A successor that was only inspected: its first use must still find the predecessor and end it.
 * - A token that is idle by the clock only: another instance may have recorded a use, so the row is read each time until
 *   the sweeper has stored the status.
 */
export function isCacheable(rejection: RejectionReason | null, token: TokenRecord | null): boolean {
  if (rejection === 'not_as_issued') return false
  if (rejection === null && (token?.predecessorId ?? null) !== null) return false
  return rejection !== 'idle' || token?.status === 'inactive'
}
