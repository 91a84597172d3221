/** An owner as a store keeps it, for stores that write whole records. */

import type { OwnerRecord, OwnerStatus } from '../token/token.ts'

/** The record of an owner with the time of the last removal, which decides when the older tokens are deleted. */
export interface StoredOwner extends OwnerRecord {
  /** In milliseconds; `null` for an owner who was never removed. */
  readonly removedAt: number | null
}

/** A new owner, who is active. */
export function newOwner(userId: string): StoredOwner {
  return { userId, status: 'active', generation: 1, removedAt: null }
}

/**
 * The owner after `setOwnerStatus`. Only a removal raises the generation, and each one does. Call it on a row that is
 * locked, otherwise two removals at once raise it by one.
 */
export function withOwnerStatus(owner: StoredOwner, status: OwnerStatus, now: number): StoredOwner {
  if (status !== 'removed') return { ...owner, status }
  return { ...owner, status, generation: owner.generation + 1, removedAt: now }
}

/** The owner as the methods of a store return it. */
export function ownerRecord(owner: StoredOwner): OwnerRecord
export function ownerRecord(owner: StoredOwner | null | undefined): OwnerRecord | null
export function ownerRecord(owner: StoredOwner | null | undefined): OwnerRecord | null {
  if (owner === null || owner === undefined) return null
  const { removedAt: _, ...record } = owner
  return record
}
