/** Who has which lease in a memory store. */

import type { Lease } from '../token-store.ts'
import { BATCH_MEMORY_MS, type UseBatch } from '../token-use.ts'

export class MemoryLeases {
  readonly #held = new Map<string, { readonly holder: string; readonly endsAt: number }>()

  take({ name, holder, ms }: Lease): boolean {
    const now = Date.now()
    const last = this.#held.get(name)
    if (last !== undefined && last.holder !== holder && last.endsAt > now) return false
    this.#held.set(name, { holder, endsAt: now + ms })
    return true
  }

  /** Stores the batch, if it is identified, as its writer's last one; `false` when it is stored already. */
  storeBatch(batch: UseBatch | undefined): boolean {
    if (batch === undefined) return true
    const { writer, id } = batch
    const name = `uses ${writer}`
    if (this.#held.get(name)?.holder === id) return false
    this.#held.set(name, { holder: id, endsAt: Date.now() + BATCH_MEMORY_MS })
    return true
  }

  prune(limit: number): number {
    const now = Date.now()
    const ended = [...this.#held].filter(([, { endsAt }]) => endsAt <= now).slice(0, limit)
    for (const [name] of ended) this.#held.delete(name)
    return ended.length
  }
}
