/** Keeps the owners of tokens in memory, removals included. */

import type { OwnerRecord, OwnerStatus } from '../../token/token.ts'
import { newOwner, ownerRecord, type StoredOwner, withOwnerStatus } from '../stored-owner.ts'

export class MemoryOwners {
  readonly #owners = new Map<string, StoredOwner>()

  /** The owner with the time of the last removal. */
  stored(userId: string): StoredOwner | null {
    return this.#owners.get(userId) ?? null
  }

  find(userId: string): OwnerRecord | null {
    return ownerRecord(this.stored(userId))
  }

  /** The owner, who is active when there was none. */
  findOrAdd(userId: string): StoredOwner {
    return this.stored(userId) ?? this.#put(newOwner(userId))
  }

  setStatus(userId: string, status: OwnerStatus, now: number): OwnerRecord {
    return ownerRecord(this.#put(withOwnerStatus(this.findOrAdd(userId), status, now)))
  }

  #put(owner: StoredOwner): StoredOwner {
    this.#owners.set(owner.userId, owner)
    return owner
  }
}
