/** Who has which lease in a memory store. */

import type { TokenStore } from '../token-store.ts'

/** The store's `takeLease`, with leases of its own. */
export function memoryLeases(): TokenStore['takeLease'] {
  const held = new Map<string, { readonly holder: string; readonly endsAt: number }>()
  return async ({ name, holder, ms }) => {
    const now = Date.now()
    const last = held.get(name)
    if (last !== undefined && last.holder !== holder && last.endsAt > now) return false
    held.set(name, { holder, endsAt: now + ms })
    return true
  }
}
