/** The leases of a memory store. */

import type { Clock } from '../../clock.ts'
import type { Lease } from '../token-store.ts'
import { BATCH_MEMORY_MS, type UseBatch } from '../token-use.ts'

export class MemoryLeases {
  readonly #clock: Clock
  readonly #leases = new Map<string, { readonly holder: string; readonly endsAt: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take({ name, holder, ms }: Lease): boolean {
    const now = this.#clock.now()
    const last = this.#leases.get(name)
    if (last !== undefined && last.holder !== holder && last.endsAt > now) return false
    this.#leases.set(name, { holder, endsAt: now + ms })
    return true
  }

  release({ name, holder }: Pick<Lease, 'name' | 'holder'>): void {
    const now = this.#clock.now()
    const last = this.#leases.get(name)
    if (last?.holder === holder && last.endsAt > now) this.#leases.set(name, { holder, endsAt: now })
  }

  /** Stores the batch, if it is identified, as its writer's last one; `false` when it is stored already. */
  storeBatch(batch: UseBatch | undefined): boolean {
    if (batch === undefined) return true
    const { writer, id } = batch
    const name = `uses ${writer}`
    if (this.#leases.get(name)?.holder === id) return false
    this.#leases.set(name, { holder: id, endsAt: Date.now() + BATCH_MEMORY_MS })
    return true
  }

  prune(limit: number): number {
    const now = this.#clock.now()
    let pruned = 0
    for (const [name, { endsAt }] of this.#leases) {
      if (pruned === limit) break
      if (endsAt > now) continue
      this.#leases.delete(name)
      pruned += 1
    }
    return pruned
  }
}
