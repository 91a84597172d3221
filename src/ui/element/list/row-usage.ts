/** Fetches the usage of the listed tokens, a few at a time, and again only for tokens that were used since. */

import { DAY_MS } from '../../../utc-day.ts'
import { Fault } from '../fault.ts'
import type { DayOfUse, Token } from '../token.ts'
import type { TokenClient } from '../token-client.ts'

const DAYS = 30
const AT_ONCE = 4

export class RowUsage {
  readonly days = new Map<string, readonly DayOfUse[]>()
  readonly #useCounts = new Map<string, number>()
  readonly #onChange: () => void
  /** Set when the host has no daily counts: no further requests are sent. */
  #offered = true

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  async load(client: TokenClient, tokens: readonly Token[], signal: AbortSignal): Promise<void> {
    if (!this.#offered) return
    const waiting = tokens.filter((token) => this.#useCounts.get(token.id) !== token.use_count)
    const next = async (): Promise<void> => {
      for (let token = waiting.shift(); token && this.#offered; token = waiting.shift()) {
        if (!(await this.#loadOne(client, token, signal))) return
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, next))
  }

  async #loadOne(client: TokenClient, token: Token, signal: AbortSignal): Promise<boolean> {
    try {
      const days = isUnused(token) ? daysWithoutUse() : (await client.usage(token.id, DAYS, signal)).data
      if (signal.aborted) return false
      this.days.set(token.id, days)
      this.#useCounts.set(token.id, token.use_count)
      this.#onChange()
      return true
    } catch (error) {
      // The list works without usage. It is requested again with the next load.
      if (error instanceof Fault && error.kind === 'no-route') this.#giveUp()
      return false
    }
  }

  #giveUp(): void {
    this.#offered = false
    this.days.clear()
    this.#onChange()
  }
}

function isUnused({ last_used_at: lastUsedAt }: Token): boolean {
  return lastUsedAt === null || Date.now() - Date.parse(lastUsedAt) > (DAYS + 1) * DAY_MS
}

function daysWithoutUse(): readonly DayOfUse[] {
  return Array.from({ length: DAYS }, (_, index) => ({
    date: new Date(Date.now() - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10),
    requests: 0,
  }))
}
