/** Keeps the owners of tokens in memory, removed ones included. */

import type { OwnerRecord, OwnerStatus, StatusReason } from '../../token/token.ts'
import {
  newOwner,
  ownerRecord,
  type StoredOwner,
  withOwnerStatus,
  withRaisedGeneration,
} from '../stored-owner.ts'

export class MemoryOwners {
  readonly #owners = new Map<string, StoredOwner>()

  /** The owner with the time when the generation was last raised. */
  stored(userId: string): StoredOwner | null {
    return this.#owners.get(userId) ?? null
  }

  find(userId: string): OwnerRecord | null {
    return ownerRecord(this.stored(userId))
  }

  all(): readonly OwnerRecord[] {
    return [...this.#owners.values()].map((owner) => ownerRecord(owner))
  }

  /** The owner, who is active when there was none. */
  findOrAdd(userId: string): StoredOwner {
    return this.stored(userId) ?? this.#put(newOwner(userId))
  }

  setStatus(userId: string, status: OwnerStatus, now: number): OwnerRecord {
    return ownerRecord(this.#put(withOwnerStatus(this.findOrAdd(userId), status, now)))
  }

  /** Revokes all tokens of the owner, whose status stays. */
  raiseGeneration(userId: string, endedReason: StatusReason | null, now: number): OwnerRecord {
    return ownerRecord(this.#put(withRaisedGeneration(this.findOrAdd(userId), endedReason, now)))
  }

  #put(owner: StoredOwner): StoredOwner {
    this.#owners.set(owner.userId, owner)
    return owner
  }
}
