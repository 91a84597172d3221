/** Keeps the owners of tokens in memory, removed ones included. */

import { endsAt, judge, type Moment, type TokenStatus } from '../../token/status.ts'
import type { OwnerRecord, OwnerStatus, StatusReason, TokenRecord } from '../../token/token.ts'
import type { MaxAgeMs } from '../token-store.ts'

interface MemoryOwner extends OwnerRecord {
  /** When the generation was last raised. */
  readonly raisedAt: number | null
}

export class MemoryOwners {
  readonly #owners = new Map<string, MemoryOwner>()

  find(userId: string): OwnerRecord | null {
    const owner = this.#owners.get(userId)
    return owner === undefined ? null : recordOf(owner)
  }

  all(): readonly OwnerRecord[] {
    return [...this.#owners.values()].map(recordOf)
  }

  /** The owner, who is active when there was none. */
  findOrAdd(userId: string): OwnerRecord {
    return this.find(userId) ?? this.#put(newOwner(userId))
  }

  setStatus(userId: string, status: OwnerStatus, now: number): OwnerRecord {
    if (status === 'removed') this.raiseGeneration(userId, 'user_removed', now)
    return this.#put({ ...this.#ownerOf(userId), status })
  }

  /** Revokes all tokens of the owner, whose status stays. */
  raiseGeneration(userId: string, endedReason: StatusReason | null, now: number): OwnerRecord {
    const owner = this.#ownerOf(userId)
    return this.#put({ ...owner, generation: owner.generation + 1, endedReason, raisedAt: now })
  }

  statusOf(token: TokenRecord, moment: Moment): TokenStatus {
    return judge(token, this.find(token.userId), moment).status
  }

  /** When a token ended permanently; `Infinity` for one that has not. */
  endOf(token: TokenRecord, maxAgeMs: MaxAgeMs): number {
    const owner = this.#owners.get(token.userId)
    const raisedAt = owner !== undefined && token.generation < owner.generation ? owner.raisedAt : null
    const ends = [token.revokedAt, endsAt(token, null), raisedAt].map((end) => end ?? Infinity)
    return Math.min(...ends, agedAt(token, maxAgeMs))
  }

  #put(owner: MemoryOwner): OwnerRecord {
    this.#owners.set(owner.userId, owner)
    return recordOf(owner)
  }

  #ownerOf(userId: string): MemoryOwner {
    return this.#owners.get(userId) ?? newOwner(userId)
  }
}

function newOwner(userId: string): MemoryOwner {
  return { userId, status: 'active', generation: 1, endedReason: null, raisedAt: null }
}

function recordOf({ userId, status, generation, endedReason }: MemoryOwner): OwnerRecord {
  return { userId, status, generation, endedReason }
}

/** When a token ended by the maximum age: not before its last use or change, since the option may have been set later. */
function agedAt({ createdAt, idleFrom, updatedAt }: TokenRecord, maxAgeMs: MaxAgeMs): number {
  if (maxAgeMs === null || maxAgeMs === undefined) return Infinity
  return Math.max(createdAt + maxAgeMs, idleFrom, updatedAt)
}
