/** The reads of tokens that are under way: one a token, however many wait for it, and whether news overtook it. */

import type { Clock } from '../clock.ts'
import type { Found, InFlightRead } from './load.ts'

/** `held` is the refresh token that came with the credential, where the provider holds the tokens. */
type FindToken = (tokenId: string, refreshToken: string | undefined) => Promise<Found>

export class InFlightReads {
  readonly #clock: Clock
  readonly #find: FindToken
  readonly #underWay = new Map<string, InFlightRead>()
  #count = 0

  constructor(clock: Clock, find: FindToken) {
    this.#clock = clock
    this.#find = find
  }

  /** How many reads were begun. */
  get count(): number {
    return this.#count
  }

  /** The read of a token that is under way, or a new one. */
  of(tokenId: string, userId: string, refreshToken?: string): InFlightRead {
    // Who has no credential at hand, and asks the provider nothing, is no help to who has.
    const key = refreshToken === undefined ? tokenId : `${tokenId} with refresh token`
    return this.#underWay.get(key) ?? this.#start(key, tokenId, userId, refreshToken)
  }

  invalidateToken(tokenId: string): void {
    this.#abandon((load) => load.tokenId === tokenId)
  }

  invalidateUserReads(userId: string): void {
    this.#abandon((load) => load.userId === userId)
  }

  invalidateAll(): void {
    this.#abandon(() => true)
  }

  #start(key: string, tokenId: string, userId: string, refreshToken: string | undefined): InFlightRead {
    this.#count += 1
    const startedAt = this.#clock.now()
    const load: InFlightRead = {
      tokenId,
      userId,
      startedAt,
      found: this.#find(tokenId, refreshToken),
      stale: false,
    }
    this.#underWay.set(key, load)
    const done = () => {
      if (this.#underWay.get(key) === load) this.#underWay.delete(key)
    }
    load.found.then(done, done)
    return load
  }

  /** Whoever waits reads again, and nobody else joins. */
  #abandon(isAbout: (load: InFlightRead) => boolean): void {
    for (const [key, load] of this.#underWay) {
      if (!isAbout(load)) continue
      load.stale = true
      this.#underWay.delete(key)
    }
  }
}
