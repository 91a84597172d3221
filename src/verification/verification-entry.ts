/** A cache entry: the result of verifying one credential. */

import type { TokenRecord } from '../token/token.ts'
import type { PendingUse } from '../usage/pending-use.ts'
import { joinTime, splitTime } from '../utc-day.ts'
import type { CredentialKey } from './credential-key.ts'
import { newDigest } from './short-sha256.ts'

/**
 * Why a credential is rejected. Clients never get the reason. `forged` is a credential that this plugin did not sign in this
 * form: wrong form, signature, claims or refresh token.
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

/**
 * All entries have the same members in the same order, so that the engine reads them as one hidden class. Members that
 * every cache hit reads come first.
 */
export interface VerificationEntry extends CredentialKey {
  /** The first moment at which the entry is no longer valid. */
  deadlineDay: number
  deadlineMs: number
  /** `null`: the credential is accepted. */
  readonly rejection: RejectionReason | null
  /** The counter of the token's uses; `null` while the entry is not in the cache. */
  use: PendingUse | null
  /** Whether the entry is in the cache. An invalidation sets it to `false`, also for connections that hold the entry. */
  live: boolean
  /** The cache's move counter when this entry was last moved to the front of the LRU list. */
  movedAt: number
  readonly tokenId: string
  readonly userId: string
  /** The row; `null` when it does not exist. */
  readonly token: TokenRecord | null
  /** When the token expires, in milliseconds: see `expiresAtOf`. */
  readonly expiresAt: number | null
  /** The token's scopes, cut to those that its owner has. */
  readonly scopes: readonly string[]
  /** The identity provider's access token, with `identityProvider`. */
  readonly accessToken: string | null
  /** When the read behind the entry began, in milliseconds. */
  readonly readAt: number
}

/** The first moment at which the entry is no longer valid, in milliseconds. */
export function deadlineOf({ deadlineDay, deadlineMs }: VerificationEntry): number {
  return joinTime({ dayNumber: deadlineDay, ms: deadlineMs })
}

type EntryFields = Pick<
  VerificationEntry,
  'rejection' | 'tokenId' | 'userId' | 'token' | 'expiresAt' | 'scopes' | 'accessToken' | 'readAt'
>

/** An entry that is not in the cache yet, valid until `deadline` (milliseconds since the epoch). */
export function newEntry(key: CredentialKey, deadline: number, fields: EntryFields): VerificationEntry {
  const { dayNumber, ms } = splitTime(deadline)
  return {
    // One by one: a spread would give the object another hidden class.
    a: key.a,
    b: key.b,
    c: key.c,
    d: key.d,
    e: key.e,
    f: key.f,
    g: key.g,
    h: key.h,
    open: key.open,
    deadlineDay: dayNumber,
    deadlineMs: ms,
    rejection: fields.rejection,
    use: null,
    live: false,
    movedAt: 0,
    tokenId: fields.tokenId,
    userId: fields.userId,
    token: fields.token,
    expiresAt: fields.expiresAt,
    scopes: fields.scopes,
    accessToken: fields.accessToken,
    readAt: fields.readAt,
  }
}

/** The result for every invalid signature. It is never cached. */
export const FORGED: VerificationEntry = {
  ...newDigest(),
  open: '',
  deadlineDay: 0,
  deadlineMs: 0,
  rejection: 'forged',
  use: null,
  live: false,
  movedAt: 0,
  tokenId: '',
  userId: '',
  token: null,
  expiresAt: null,
  scopes: [],
  accessToken: null,
  readAt: 0,
}

/**
 * Whether an entry may be cached. Rejections are cached too, with three exceptions:
 * - A credential that differs from its row must not replace the entry of the genuine one.
 * - A successor that was only inspected: its first use must still find the predecessor and end it.
 * - A token that is idle by the clock only: another instance may have recorded a use, so the row is read each time until
 *   the sweeper has stored the status.
 */
export function isCacheable({ rejection, token }: VerificationEntry): boolean {
  if (rejection === 'not_as_issued') return false
  if (rejection === null && (token?.predecessorId ?? null) !== null) return false
  return rejection !== 'idle' || token?.status === 'inactive'
}
