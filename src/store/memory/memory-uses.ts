/** Counts uses in memory: what a use changes of its token, and how many there were on each day. */

import type { TokenRecord } from '../../token/token.ts'
import { eitherUsed } from '../../token/used-scopes.ts'
import type { DailyUses, RecordUseRules, TokenUse } from '../token-store.ts'

/** The token after its use: counted, moved forward, awake if it was wrongly called idle. */
export function withUse(
  token: TokenRecord,
  use: TokenUse,
  { now, idleTimeoutMs, storesClients = false }: RecordUseRules,
): TokenRecord {
  const wasIdle = token.status === 'inactive' && token.statusReason === 'idle'
  const wakes = wasIdle && idleTimeoutMs !== null && use.lastUsedAt + idleTimeoutMs >= now
  return {
    ...token,
    ...(wakes ? { status: 'active', statusReason: null } : {}),
    useCount: token.useCount + use.count,
    scopesUsed: eitherUsed(token.scopesUsed, use.scopesUsed ?? 0),
    lastClient: storesClients ? latestClient(token, use) : null,
    lastUsedAt: Math.max(token.lastUsedAt ?? 0, use.lastUsedAt),
    idleFrom: Math.max(token.idleFrom, use.lastUsedAt),
  }
}

function latestClient(token: TokenRecord, { lastUsedAt, lastClient = null }: TokenUse) {
  return lastClient !== null && lastUsedAt >= (token.lastUsedAt ?? 0) ? lastClient : token.lastClient
}

export class MemoryDailyUses {
  /** By token, by day. */
  readonly #requests = new Map<string, Map<number, number>>()

  add({ tokenId, count }: TokenUse, day: number): void {
    const days = this.#requests.get(tokenId) ?? new Map<number, number>()
    days.set(day, (days.get(day) ?? 0) + count)
    this.#requests.set(tokenId, days)
  }

  of(tokenId: string, since: number): readonly DailyUses[] {
    return [...(this.#requests.get(tokenId) ?? [])]
      .map(([day, requests]) => ({ day, requests }))
      .filter(({ day }) => day >= since)
      .sort((a, b) => a.day - b.day)
  }

  prune(before: number, limit: number): number {
    const old = [...this.#requests]
      .flatMap(([tokenId, days]) => [...days.keys()].map((day) => ({ tokenId, day })))
      .filter(({ day }) => day < before)
      .sort((a, b) => a.day - b.day)
      .slice(0, limit)
    for (const { tokenId, day } of old) {
      const days = this.#requests.get(tokenId)
      days?.delete(day)
      // A token that nobody uses any more takes no room.
      if (days?.size === 0) this.#requests.delete(tokenId)
    }
    return old.length
  }

  /** Tokens with counts. */
  get size(): number {
    return this.#requests.size
  }

  forget(tokenId: string): void {
    this.#requests.delete(tokenId)
  }
}
