/** When a token ended permanently, and which ended tokens an insert deletes, for stores that evaluate whole records. */

import { endsAt } from '../token/status.ts'
import type { TokenRecord } from '../token/token.ts'
import { MAX_DELETED } from './ended-bounds.ts'
import type { StoredOwner } from './stored-owner.ts'
import type { EndedRules, InsertOutcome, InsertRules, MaxAgeMs, RotateScope } from './token-store.ts'

/**
 * When a token ended or will end permanently, in milliseconds: revoked (also with all of its
 * owner), expired, replaced after a rotation, or the maximum age reached. `Infinity` for a token without an end.
 *
 * @param owner `null` or left out for an owner without a row.
 */
export function endOf(token: TokenRecord, owner: StoredOwner | null | undefined, maxAgeMs: MaxAgeMs): number {
  const raisedAt = owner && token.generation < owner.generation ? owner.raisedAt : null
  const ends = [token.revokedAt, endsAt(token, null), raisedAt].map((end) => end ?? Infinity)
  return Math.min(...ends, agedAt(token, maxAgeMs))
}

/** The outcome of the limits for one more token. */
export type Room =
  /** The token may be inserted, after these ended tokens are deleted. */
  | { readonly outcome: 'room'; readonly deletes: readonly TokenRecord[] }
  | Extract<InsertOutcome, { outcome: 'owner_inactive' | 'ended_limit_reached' }>

/**
 * Evaluates the status and the limits of an owner for an insert or, without `maxTokens`, for a rotation. Call it in the
 * transaction that inserts, after the owner is locked.
 *
 * @param tokens All tokens of the owner.
 * @returns `room`, or the outcome to return.
 */
export function roomFor(
  tokens: readonly TokenRecord[],
  owner: StoredOwner,
  rules: InsertRules,
): Room | Extract<InsertOutcome, { outcome: 'limit_reached' }>
export function roomFor(tokens: readonly TokenRecord[], owner: StoredOwner, rules: RotateScope): Room
export function roomFor(
  tokens: readonly TokenRecord[],
  owner: StoredOwner,
  rules: EndedRules & { readonly now: number; readonly maxTokens?: number },
): Room | Extract<InsertOutcome, { outcome: 'limit_reached' }> {
  if (owner.status !== 'active') return { outcome: 'owner_inactive' }
  const { maxTokens = Infinity, maxEnded, maxAgeMs, now } = rules
  const ended = tokens.filter((token) => endOf(token, owner, maxAgeMs) <= now)
  if (tokens.length - ended.length >= maxTokens) return { outcome: 'limit_reached' }
  const deletes = ended.length < maxEnded ? [] : endedToDelete(ended, owner, rules)
  return deletes === null ? { outcome: 'ended_limit_reached' } : { outcome: 'room', deletes }
}

/**
 * The tokens to delete when the owner has `maxEnded` ended tokens or more: at most ten, the oldest first. `null` if all
 * ended too recently.
 */
export function endedToDelete(
  tokens: readonly TokenRecord[],
  owner: StoredOwner,
  { deletableBefore, maxAgeMs }: EndedRules,
): readonly TokenRecord[] | null {
  const oldest = tokens
    .map((token) => ({ token, end: endOf(token, owner, maxAgeMs) }))
    .filter(({ end }) => end < deletableBefore)
    .sort((a, b) => a.end - b.end)
    .slice(0, MAX_DELETED)
  return oldest.length === 0 ? null : oldest.map(({ token }) => token)
}

/** When a token ended by the maximum age: not before its last use or change, since the option may have been set later. */
function agedAt({ createdAt, idleFrom, updatedAt }: TokenRecord, maxAgeMs: MaxAgeMs): number {
  if (maxAgeMs === null || maxAgeMs === undefined) return Infinity
  return Math.max(createdAt + maxAgeMs, idleFrom, updatedAt)
}
