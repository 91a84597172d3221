/**
 * Classifies the errors of a store: an outage is 503, a fault for which a retry does not help is 500. An error never counts
 * as a refused or an accepted credential.
 */

import { InvalidOption, StoreFault, StoreUnavailable, unavailable } from '../errors.ts'
import { withTimeout } from '../with-timeout.ts'
import type { AdministrationStore } from './administration-store.ts'
import type { DeviceAuthorizationStore } from './device-authorization-store.ts'
import type { TokenStore } from './token-store.ts'

/**
 * The time limit of a read of tokens, in milliseconds, for a store without a limit of its own: further requests with the same
 * token join the read. It is longer than the limit of the package's stores. A write has no limit here, because it may take
 * effect later.
 */
const READ_TIMEOUT_MS = 30_000

/**
 * Wraps a store. Errors after boot become `FST_API_TOKENS_STORE_UNAVAILABLE`, or `FST_API_TOKENS_STORE_FAULT` if the
 * store's `isPermanent` returns `true`, with the original error as cause. After `close` every method fails, because a store
 * might open new connections that nothing closes.
 */
export function withOutages(store: TokenStore): TokenStore {
  const state = { isClosed: false }
  const classified = classifyingErrors(store, state)
  return {
    shared: store.shared,
    isPermanent: (error) => isPermanent(store, error),
    feed: {
      changesSince: classified((since) => store.feed.changesSince(since)),
      touchOwner: classified((userId) => store.feed.touchOwner(userId)),
    },
    ...(store.devices === undefined ? {} : { devices: classifiedDevices(store.devices, classified) }),
    ...(store.administration === undefined
      ? {}
      : { administration: classifiedAdministration(store.administration, classified) }),
    ...(store.pubsub === undefined ? {} : { pubsub: store.pubsub }),
    // At boot the host developer sees the original error.
    open: () => store.open(),
    close: () => {
      state.isClosed = true
      return store.close()
    },
    isEmpty: () => store.isEmpty(),
    insertToken: classified((token, rules) => store.insertToken(token, rules)),
    findTokens: classified((ids) => withTimeout(store.findTokens(ids), READ_TIMEOUT_MS, 'the store')),
    findOwner: classified((userId) => store.findOwner(userId)),
    listTokens: classified((query) => store.listTokens(query)),
    updateToken: classified((id, changes, scope) => store.updateToken(id, changes, scope)),
    revokeToken: classified((id, scope) => store.revokeToken(id, scope)),
    rotateToken: classified((id, successor, scope) => store.rotateToken(id, successor, scope)),
    endPredecessor: classified((succession, now) => store.endPredecessor(succession, now)),
    setOwnerStatus: classified((userId, status, now) => store.setOwnerStatus(userId, status, now)),
    recordUses: classified((uses, rules) => store.recordUses(uses, rules)),
    dailyUses: classified((tokenId, days) => store.dailyUses(tokenId, days)),
    markIdle: classified((idleBefore, limit) => store.markIdle(idleBefore, limit)),
    listIdleWarnings: classified((periods, limit) => store.listIdleWarnings(periods, limit)),
    acquireLease: classified((lease) => store.acquireLease(lease)),
    releaseLease: classified((lease) => store.releaseLease(lease)),
    newestStamp: classified(async () => (await store.newestStamp?.()) ?? null),
    prune: classified((target, limit) => store.prune(target, limit)),
  }
}

type Classified = ReturnType<typeof classifyingErrors>

function classifiedDevices(
  devices: DeviceAuthorizationStore,
  classified: Classified,
): DeviceAuthorizationStore {
  return {
    insert: classified((device, rules) => devices.insert(device, rules)),
    find: classified((userDigests) => devices.find(userDigests)),
    decide: classified((deviceDigest, decision) => devices.decide(deviceDigest, decision)),
    poll: classified((deviceDigest, clientId, rules) => devices.poll(deviceDigest, clientId, rules)),
    redeem: classified((deviceDigest) => devices.redeem(deviceDigest)),
    prune: classified((expiredForMs, limit) => devices.prune(expiredForMs, limit)),
  }
}

function classifiedAdministration(
  administration: AdministrationStore,
  classified: Classified,
): AdministrationStore {
  return {
    readTokens: classified((range, place) => administration.readTokens(range, place)),
    readOwners: classified((range) => administration.readOwners(range)),
    revokeTokens: classified((ids, scope) => administration.revokeTokens(ids, scope)),
    revokeAllTokens: classified((userId, scope) => administration.revokeAllTokens(userId, scope)),
  }
}

/** For boot: throws the cause itself, because it says what to correct. Use as `await open().catch(throwCause)`. */
export function throwCause(error: unknown): never {
  const isClassified = error instanceof StoreUnavailable || error instanceof StoreFault
  throw isClassified && error.cause !== undefined ? error.cause : error
}

function classifyingErrors(store: TokenStore, state: { readonly isClosed: boolean }) {
  return <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (state.isClosed) throw new StoreFault({ cause: new Error('the application has closed') })
      try {
        return await call(...args)
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
