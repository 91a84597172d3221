/** The reads of tokens that are under way: one a token, however many wait for it, and whether news overtook it. */

import type { Clock } from '../clock.ts'
import type { Found, Load } from './load.ts'

export class Loads {
  readonly #clock: Clock
  readonly #find: (tokenId: string) => Promise<Found>
  readonly #underWay = new Map<string, Load>()
  #count = 0

  constructor(clock: Clock, find: (tokenId: string) => Promise<Found>) {
    this.#clock = clock
    this.#find = find
  }

  /** How many reads were begun. */
  get count(): number {
    return this.#count
  }

  /** The read of a token that is under way, or a new one. */
  of(tokenId: string, userId: string): Load {
    return this.#underWay.get(tokenId) ?? this.#start(tokenId, userId)
  }

  abandonToken(tokenId: string): void {
    this.#abandon((id) => id === tokenId)
  }

  abandonUser(userId: string): void {
    this.#abandon((_, load) => load.userId === userId)
  }

  abandonAll(): void {
    this.#abandon(() => true)
  }

  #start(tokenId: string, userId: string): Load {
    this.#count += 1
    const startedAt = this.#clock.now()
    const load: Load = { userId, startedAt, found: this.#find(tokenId), stale: false }
    this.#underWay.set(tokenId, load)
    const done = () => {
      if (this.#underWay.get(tokenId) === load) this.#underWay.delete(tokenId)
    }
    load.found.then(done, done)
    return load
  }

  /** Whoever waits reads again, and nobody else joins. */
  #abandon(isAbout: (tokenId: string, load: Load) => boolean): void {
    for (const [tokenId, load] of this.#underWay) {
      if (!isAbout(tokenId, load)) continue
      load.stale = true
      this.#underWay.delete(tokenId)
    }
  }
}
