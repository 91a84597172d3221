/** A judgement of one credential, as it is remembered. */

import type { TokenRecord } from '../token/token.ts'
import type { PendingUse } from '../usage/pending-use.ts'
import { joinTime, splitTime } from '../utc-day.ts'
import type { CredentialKey } from './credential-key.ts'
import { newDigest } from './short-sha256.ts'

/** Why a credential is refused. The client never learns it. */
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
 * Entries have one shape, so that reading one is the same few machine instructions each time. What each hit reads
 * stands first and together, where few looks into the memory find it.
 */
export interface VerificationEntry extends CredentialKey {
  /** The first moment at which the entry is no longer valid. */
  deadlineDay: number
  deadlineMs: number
  readonly rejection: RejectionReason | null
  /** Where use is counted; absent while the entry is not in the cache. */
  use: PendingUse | null
  /** Whether it is in the cache. News makes it false at once, wherever the entry is remembered. */
  live: boolean
  /** How many entries had come to the front of the cache when this one did last. */
  movedAt: number
  readonly tokenId: string
  readonly userId: string
  /** The row; `null` when it does not exist. */
  readonly token: TokenRecord | null
  /** When it expires, in milliseconds: see `expiresAtOf`. */
  readonly expiresAt: number | null
  /** The token's scopes, cut to its owner's. */
  readonly scopes: readonly string[]
  /** The provider's access token, where that holds the token. */
  readonly accessToken: string | null
  /** When the read began that it rests on, in milliseconds. */
  readonly readAt: number
}

/** The first moment at which the entry is no longer valid, in milliseconds. */
export function deadlineOf({ deadlineDay, deadlineMs }: VerificationEntry): number {
  return joinTime({ day: deadlineDay, ms: deadlineMs })
}

type EntryFields = Pick<
  VerificationEntry,
  'rejection' | 'tokenId' | 'userId' | 'token' | 'expiresAt' | 'scopes' | 'accessToken' | 'readAt'
>

/** An entry that is not in the cache yet, to be believed until `deadline`, in milliseconds since the epoch. */
export function newEntry(key: CredentialKey, deadline: number, fields: EntryFields): VerificationEntry {
  const { day, ms } = splitTime(deadline)
  return {
    // One by one: spread members would lie apart from the rest.
    a: key.a,
    b: key.b,
    c: key.c,
    d: key.d,
    e: key.e,
    f: key.f,
    g: key.g,
    h: key.h,
    open: key.open,
    deadlineDay: day,
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

/** What every forgery is judged; it is never remembered. */
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
 * Refusals of genuine tokens are cached too, except for two. A token that only the clock calls idle may have
 * been used elsewhere: its row is read again each time, until the sweeper has written that it is idle. And what
 * differs from its row must not stand in the place of the genuine credential. Nor is a successor remembered that was
 * only asked about: its first use must still find the predecessor to end.
 */
export function isWorthKeeping({ rejection, token }: VerificationEntry): boolean {
  if (rejection === 'not_as_issued') return false
  if (rejection === null && (token?.predecessorId ?? null) !== null) return false
  return rejection !== 'idle' || token?.status === 'inactive'
}
