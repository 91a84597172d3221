/** A store whose answers a test holds back, to make a race happen at the moment that it names. */

import type { TokenStore } from '../../src/store/token-store.ts'

export interface PausedStore extends TokenStore {
  /**
   * Holds the next call of a method: `before` it reaches the real store, or its answer `after` that. Resolves when
   * the call is held; the returned `release` lets it go on.
   */
  hold(method: keyof TokenStore, when: 'before' | 'after'): { readonly held: Promise<void>; release(): void }
}

interface Hold {
  readonly when: 'before' | 'after'
  readonly arrived: () => void
  readonly released: Promise<void>
}

export function pausedStore(store: TokenStore): PausedStore {
  const holds = new Map<PropertyKey, Hold>()
  const hold: PausedStore['hold'] = (method, when) => {
    const arrival = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    holds.set(method, { when, arrived: arrival.resolve, released: gate.promise })
    return { held: arrival.promise, release: gate.resolve }
  }
  return new Proxy({ hold } as PausedStore, {
    get(target, name, receiver) {
      if (name === 'hold') return Reflect.get(target, name, receiver)
      const method: unknown = Reflect.get(store, name)
      if (typeof method !== 'function') return method
      return async (...args: unknown[]) => {
        const held = holds.get(name)
        holds.delete(name)
        if (held?.when === 'before') await pass(held)
        const answer: unknown = await Reflect.apply(method, store, args)
        if (held?.when === 'after') await pass(held)
        return answer
      }
    },
  })
}

async function pass({ arrived, released }: Hold): Promise<void> {
  arrived()
  await released
}
