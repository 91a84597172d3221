/**
 * Classifies the errors of a store: an outage is 503, a fault for which a retry does not help is 500. An error never counts
 * as a refused or an accepted credential.
 */

import { InvalidOption, StoreFault, StoreUnavailable, unavailable } from '../errors.ts'
import type { TokenStore } from './token-store.ts'

/**
 * Wraps a store. Errors after boot become `FST_API_TOKENS_STORE_UNAVAILABLE`, or `FST_API_TOKENS_STORE_FAULT` if the
 * store's `isPermanent` returns `true`, with the original error as cause. After `close` every method fails, because a store
 * might open new connections that nothing closes.
 */
export function withOutages(store: TokenStore): TokenStore {
  const use = { isOver: false }
  const named = naming(store, use)
  return {
    shared: store.shared,
    isPermanent: (error) => isPermanent(store, error),
    feed: {
      changesSince: named((since) => store.feed.changesSince(since)),
      touchOwner: named((userId) => store.feed.touchOwner(userId)),
    },
    devices: {
      insert: named((device, rules) => store.devices.insert(device, rules)),
      find: named((userDigests) => store.devices.find(userDigests)),
      decide: named((deviceDigest, decision) => store.devices.decide(deviceDigest, decision)),
      poll: named((deviceDigest, clientId, rules) => store.devices.poll(deviceDigest, clientId, rules)),
      redeem: named((deviceDigest) => store.devices.redeem(deviceDigest)),
      prune: named((expiredForMs, limit) => store.devices.prune(expiredForMs, limit)),
    },
    ...(store.pubsub === undefined ? {} : { pubsub: store.pubsub }),
    // At boot the host developer sees the original error.
    open: () => store.open(),
    close: () => {
      use.isOver = true
      return store.close()
    },
    isEmpty: () => store.isEmpty(),
    insertToken: named((token, rules) => store.insertToken(token, rules)),
    findToken: named((id) => store.findToken(id)),
    findOwner: named((userId) => store.findOwner(userId)),
    listTokens: named((query) => store.listTokens(query)),
    updateToken: named((id, changes, scope) => store.updateToken(id, changes, scope)),
    revokeToken: named((id, scope) => store.revokeToken(id, scope)),
    rotateToken: named((id, successor, scope) => store.rotateToken(id, successor, scope)),
    endPredecessor: named((succession, now) => store.endPredecessor(succession, now)),
    setOwnerStatus: named((userId, status, now) => store.setOwnerStatus(userId, status, now)),
    recordUses: named((uses, rules) => store.recordUses(uses, rules)),
    dailyUses: named((tokenId, since) => store.dailyUses(tokenId, since)),
    pruneDailyUses: named((before, limit) => store.pruneDailyUses(before, limit)),
    markIdle: named((idleBefore, limit) => store.markIdle(idleBefore, limit)),
    listIdleWarnings: named((periods, limit) => store.listIdleWarnings(periods, limit)),
    takeLease: named((lease) => store.takeLease(lease)),
    pruneLeases: named((limit) => store.pruneLeases(limit)),
    newestStamp: named(async () => (await store.newestStamp?.()) ?? null),
    prune: named((endedBefore, limit, maxAgeMs) => store.prune(endedBefore, limit, maxAgeMs)),
  }
}

/** For boot: throws the cause itself, because it says what to correct. Use as `await open().catch(throwCause)`. */
export function throwCause(error: unknown): never {
  const isNamed = error instanceof StoreUnavailable || error instanceof StoreFault
  throw isNamed && error.cause !== undefined ? error.cause : error
}

function naming(store: TokenStore, use: { readonly isOver: boolean }) {
  return <Args extends unknown[], Answer>(ask: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      if (use.isOver) throw new StoreFault({ cause: new Error('the application has closed') })
      try {
        return await ask(...args)
      } catch (cause) {
        throw isPermanent(store, cause) ? new StoreFault({ cause }) : unavailable(cause)
      }
    }
}

/** An `InvalidOption` after boot, such as for a new connection, is permanent too. */
function isPermanent(store: TokenStore, error: unknown): boolean {
  return error instanceof InvalidOption || classify(store, error) === true
}

/** The result of the store's `isPermanent`. If that throws, the original error must not be lost. */
function classify(store: TokenStore, error: unknown): unknown {
  try {
    const answer: unknown = store.isPermanent?.(error)
    // A host's wrapper may make every method async. A promise is ignored, and its rejection must not end the process.
    if (answer instanceof Promise) answer.catch(() => undefined)
    return answer
  } catch {
    return undefined
  }
}
