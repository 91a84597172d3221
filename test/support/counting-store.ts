/** A store that counts what is asked of it, and can be made to fail: the real store behind it does the work. */

import { devicesOf } from '../../src/store/devices-of.ts'
import type { TokenStore } from '../../src/store/token-store.ts'

export interface CountingStore extends TokenStore {
  /** How often each method was called. */
  readonly calls: Map<keyof TokenStore, number>
  /** Calls that read. */
  reads(): number
  /** Calls that write. */
  writes(): number
  /** From now on every call rejects with this, until it is `undefined` again. */
  outage: Error | undefined
}

const READS: readonly (keyof TokenStore)[] = ['findTokens', 'findOwner', 'listTokens', 'dailyUses', 'isEmpty']
const WRITES: readonly (keyof TokenStore)[] = [
  'insertToken',
  'updateToken',
  'revokeToken',
  'rotateToken',
  'endPredecessor',
  'setOwnerStatus',
  'recordUses',
  'markIdle',
  'listIdleWarnings',
  'prune',
  'acquireLease',
  'releaseLease',
]

export function countingStore(store: TokenStore): CountingStore {
  const calls = new Map<keyof TokenStore, number>()
  const sum = (names: readonly (keyof TokenStore)[]) =>
    names.reduce((all, name) => all + (calls.get(name) ?? 0), 0)
  const own = {
    calls,
    reads: () => sum(READS),
    writes: () => sum(WRITES),
    outage: undefined as Error | undefined,
  }
  return new Proxy(own as CountingStore, {
    get(target, name, receiver) {
      if (name in own) return Reflect.get(target, name, receiver)
      const method: unknown = Reflect.get(store, name)
      if (name === 'devices') return failing(devicesOf(store), () => own.outage)
      if (typeof method !== 'function') return method
      return async (...args: unknown[]) => {
        calls.set(name as keyof TokenStore, (calls.get(name as keyof TokenStore) ?? 0) + 1)
        if (own.outage !== undefined && name !== 'close') throw own.outage
        return Reflect.apply(method, store, args)
      }
    },
  })
}

/** The same, but every method rejects during an outage. */
function failing<Part extends object>(part: Part, outage: () => Error | undefined): Part {
  return new Proxy(part, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      return async (...args: unknown[]) => {
        const error = outage()
        if (error !== undefined) throw error
        return Reflect.apply(method as () => unknown, target, args)
      }
    },
  })
}
