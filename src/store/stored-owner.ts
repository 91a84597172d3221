/** An owner as a store keeps it, for stores that write whole records. */

import type { OwnerRecord, OwnerStatus, StatusReason } from '../token/token.ts'

/** The record of an owner with the time from which tokens of earlier generations count as ended. */
export interface StoredOwner extends OwnerRecord {
  /** When the generation was last raised, in milliseconds; `null` if it never was. */
  readonly raisedAt: number | null
}

/** A new owner, who is active. */
export function newOwner(userId: string): StoredOwner {
  return { userId, status: 'active', generation: 1, endedReason: null, raisedAt: null }
}

/**
 * The owner after `setOwnerStatus`. Each removal raises the generation, and no other change does. Call it on a row that is
 * locked, otherwise two removals at once raise it by one.
 */
export function withOwnerStatus(owner: StoredOwner, status: OwnerStatus, now: number): StoredOwner {
  const changed = { ...owner, status }
  return status === 'removed' ? withRaisedGeneration(changed, 'user_removed', now) : changed
}

/** The owner after a revocation of all tokens, such as by `revokeAllTokens`. The status stays. */
export function withRaisedGeneration(
  owner: StoredOwner,
  endedReason: StatusReason | null,
  now: number,
): StoredOwner {
  return { ...owner, generation: owner.generation + 1, endedReason, raisedAt: now }
}

/** The owner as the methods of a store return it. */
export function ownerRecord(owner: StoredOwner): OwnerRecord
export function ownerRecord(owner: StoredOwner | null | undefined): OwnerRecord | null
export function ownerRecord(owner: StoredOwner | null | undefined): OwnerRecord | null {
  if (owner === null || owner === undefined) return null
  const { raisedAt: _, ...record } = owner
  return record
}
