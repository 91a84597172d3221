/** The change feed of a memory store, for several plugin instances that share the store. */

import type { ChangeFeed, ChangesRead, InvalidationTarget } from '../change-feed.ts'

/** Polls read only newer changes. */
const RETENTION_MS = 60_000

export class MemoryChangeFeed implements ChangeFeed {
  /** By target, the oldest change first. */
  readonly #stamps = new Map<string, { readonly target: InvalidationTarget; readonly changedAt: number }>()

  stamp(target: InvalidationTarget): void {
    const key = JSON.stringify(target)
    const now = Date.now()
    const before = this.#stamps.get(key)?.changedAt ?? 0
    this.#stamps.delete(key)
    this.#stamps.set(key, { target, changedAt: Math.max(now, before + 1) })
    for (const [oldest, { changedAt }] of this.#stamps) {
      if (changedAt >= now - RETENTION_MS) break
      this.#stamps.delete(oldest)
    }
  }

  async changesSince(since: number): Promise<ChangesRead> {
    const changes = [...this.#stamps.values()].filter(({ changedAt }) => changedAt >= since)
    return { now: Date.now(), changes }
  }

  async touchOwner(userId: string): Promise<void> {
    this.stamp({ userId })
  }
}
