/** Keeps the owners of tokens in memory, removals included. */

import { endsAt, judge, type Moment, type TokenStatus } from '../../token/status.ts'
import type { OwnerRecord, OwnerStatus, TokenRecord } from '../../token/token.ts'
import type { MaxAgeMs } from '../token-store.ts'

interface MemoryOwner extends OwnerRecord {
  readonly removedAt: number | null
}

export class MemoryOwners {
  readonly #owners = new Map<string, MemoryOwner>()

  find(userId: string): OwnerRecord | null {
    const owner = this.#owners.get(userId)
    if (owner === undefined) return null
    return { userId, status: owner.status, generation: owner.generation }
  }

  /** The owner, who is active when there was none. */
  findOrAdd(userId: string): OwnerRecord {
    return this.find(userId) ?? this.#put({ userId, status: 'active', generation: 1, removedAt: null })
  }

  setStatus(userId: string, status: OwnerStatus, now: number): OwnerRecord {
    const { generation, removedAt } = this.#owners.get(userId) ?? { generation: 1, removedAt: null }
    if (status === 'removed') return this.#put({ userId, status, generation: generation + 1, removedAt: now })
    return this.#put({ userId, status, generation, removedAt })
  }

  statusOf(token: TokenRecord, moment: Moment): TokenStatus {
    return judge(token, this.find(token.userId), moment).status
  }

  /** When a token ended permanently; `Infinity` for one that has not. */
  endOf(token: TokenRecord, maxAgeMs: MaxAgeMs): number {
    const owner = this.#owners.get(token.userId)
    const removedAt = owner !== undefined && token.generation < owner.generation ? owner.removedAt : null
    const ends = [token.revokedAt, endsAt(token, null), removedAt].map((end) => end ?? Infinity)
    return Math.min(...ends, agedAt(token, maxAgeMs))
  }

  #put(owner: MemoryOwner): OwnerRecord {
    this.#owners.set(owner.userId, owner)
    const { userId, status, generation } = owner
    return { userId, status, generation }
  }
}

/** When a token ended by the maximum age: not before its last use or change, since the option may have been set later. */
function agedAt({ createdAt, idleFrom, updatedAt }: TokenRecord, maxAgeMs: MaxAgeMs): number {
  if (maxAgeMs === null || maxAgeMs === undefined) return Infinity
  return Math.max(createdAt + maxAgeMs, idleFrom, updatedAt)
}
