/** Counts uses in memory by token and day. */

import type { DailyUses, TokenUse, UsageDays } from '../token-store.ts'

export class MemoryDailyUses {
  /** By token, by day. */
  readonly #requests = new Map<string, Map<number, number>>()

  add({ tokenId, count }: TokenUse, dayStart: number): void {
    const days = this.#requests.get(tokenId) ?? new Map<number, number>()
    days.set(dayStart, (days.get(dayStart) ?? 0) + count)
    this.#requests.set(tokenId, days)
  }

  of(tokenId: string, { since, before }: UsageDays): readonly DailyUses[] {
    return [...(this.#requests.get(tokenId) ?? [])]
      .map(([dayStart, requests]) => ({ dayStart, requests }))
      .filter(({ dayStart }) => dayStart >= since && dayStart < before)
      .sort((a, b) => a.dayStart - b.dayStart)
  }

  prune(before: number, limit: number): number {
    const oldDays = [...this.#requests]
      .flatMap(([tokenId, days]) => [...days.keys()].map((dayStart) => ({ tokenId, dayStart })))
      .filter(({ dayStart }) => dayStart < before)
      .sort((a, b) => a.dayStart - b.dayStart)
      .slice(0, limit)
    for (const { tokenId, dayStart } of oldDays) {
      const days = this.#requests.get(tokenId)
      days?.delete(dayStart)
      // Otherwise unused tokens would leave empty maps behind.
      if (days?.size === 0) this.#requests.delete(tokenId)
    }
    return oldDays.length
  }

  /** The number of tokens with usage. */
  get size(): number {
    return this.#requests.size
  }

  forget(tokenId: string): void {
    this.#requests.delete(tokenId)
  }
}
