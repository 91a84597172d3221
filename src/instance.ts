/** The composition root: creates the collaborators of one plugin instance, each after those that it needs. */

import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { V7Generator } from 'uuidv7'
import { systemClock } from './clock.ts'
import { TokenNotFound } from './errors.ts'
import { InvalidationBus } from './invalidation/invalidation-bus.ts'
import { RemoteInvalidation } from './invalidation/remote-invalidation.ts'
import { jobLog } from './jobs/job-log.ts'
import { SweepClock } from './jobs/sweep-clock.ts'
import { type SweeperDeps, type SweepResult, sweep } from './jobs/sweeper.ts'
import { loadKeys, warnOfPublicKeys } from './keys/key-source.ts'
import { createSigner, type Signer } from './keys/signer.ts'
import { viewOf } from './lifecycle/api-token.ts'
import type { CodeApiDeps } from './lifecycle/code-api.ts'
import type { Context } from './lifecycle/context.ts'
import { endPredecessor } from './lifecycle/end-predecessor.ts'
import { revokeToken } from './lifecycle/revoke-token.ts'
import type { ScopeCatalogue } from './lifecycle/scope-catalogue.ts'
import { createTokenEvents } from './lifecycle/token-events.ts'
import type { Settings } from './settings.ts'
import { throwCause, withOutages } from './store/store-outage.ts'
import type { TokenStore } from './store/token-store.ts'
import { SYSTEM } from './token/actor.ts'
import type { TokenRecord } from './token/token.ts'
import { UsageRecorder } from './usage/usage-recorder.ts'
import { DAY_MS } from './utc-day.ts'
import { ClockDrift } from './verification/clock-drift.ts'
import { TokenSignals } from './verification/token-signals.ts'
import { Verification } from './verification/verification.ts'
import { VerificationCache } from './verification/verification-cache.ts'

const DEFAULT_DATABASE = 'api-tokens.db'

export interface InstanceDeps {
  readonly settings: Settings
  readonly store: TokenStore
  readonly signer: Signer
  readonly catalogue: ScopeCatalogue
  readonly log: FastifyBaseLogger
}

export interface Instance extends Omit<CodeApiDeps, 'sweep' | 'rejected'> {
  /** Detects steps of the clock. Called every second. */
  watchClock(): void
  /** Sweeps once; the signal stops it early. */
  sweep(stopping?: AbortSignal): Promise<SweepResult>
  /** Called after the signer got other keys. */
  onKeysChanged(): void
}

/** Opens the store, loads the keys and creates the collaborators. They are closed with the Fastify instance. */
export async function openInstance(
  fastify: FastifyInstance,
  settings: Settings,
  catalogue: ScopeCatalogue,
): Promise<Instance> {
  const { log } = fastify
  const store = withOutages(settings.store ?? (await defaultStore()))
  await store.open()
  fastify.addHook('onClose', () => store.close())
  const keys = await loadKeys(settings.keys, {
    storeIsEmpty: () => store.isEmpty(),
    log: (message) => log.info(message),
    warn: (message) => log.warn(message),
  })
  warnOfPublicKeys(keys, (message) => log.warn(message))
  const signer = await createSigner(fastify, keys)
  const instance = assemble({ settings, store, signer, catalogue, log })
  const { remoteInvalidation, sweepClock } = instance
  await remoteInvalidation.open().catch(throwCause)
  fastify.addHook('onClose', () => remoteInvalidation.close())
  // Checks the clock once at boot: until then `isClockTrusted` is false, and an issue deletes no ended tokens.
  await sweepClock.now().catch(throwCause)
  return instance
}

/** The SQLite driver is loaded only if it is used. */
async function defaultStore(): Promise<TokenStore> {
  const { sqliteTokenStore } = await import('./store/kysely/dialects/sqlite/sqlite-token-store.ts')
  return sqliteTokenStore({ filename: DEFAULT_DATABASE })
}

export function assemble({ settings, store, signer, catalogue, log: hostLog }: InstanceDeps): Instance {
  const log = jobLog(hostLog)
  const { clock, idleTimeoutMs, cacheTtlMs: ttlMs } = settings
  const { maxAgeMs } = settings.expiry
  const invalidations = new InvalidationBus()
  const events = createTokenEvents((err) => log.error({ err }, 'a listener of API token events failed'))
  const sweepClock = new SweepClock({ clock, store: clock === systemClock ? store : null, log })
  const recorder = new UsageRecorder({
    store,
    clock,
    idleTimeoutMs,
    storesClients: settings.storesClients,
    onFlushFailed: (err) =>
      log.error({ err }, 'the usage of API tokens cannot be written: it stays in memory'),
    onFlushRecovered: () => log.info('the usage of API tokens is written again'),
  })
  const lifecycle: Context = {
    store,
    signer,
    clock,
    audience: { issuer: settings.issuer, audience: settings.audience },
    credentialForm: settings.credentialForm,
    tokenPrefixes: settings.tokenPrefixes,
    idleTimeoutMs,
    idleWarningMs: settings.idleWarningMs,
    maxAgeMs,
    storesClients: settings.storesClients,
    maxTokensPerUser: settings.maxTokensPerUser,
    expiry: settings.expiry,
    maxUsageDays: Math.floor(settings.dailyRetentionMs / DAY_MS),
    findUser: settings.findUser,
    // The operations pass on the request of a route, which is Fastify's.
    authorizeIssue: settings.authorizeIssue as Context['authorizeIssue'],
    identityProvider: settings.identityProvider,
    catalogue,
    recorder,
    invalidations,
    events,
    isClockTrusted: () => sweepClock.isTrusted(),
    onNotAsIssued: (tokenId, refused) =>
      log.warn({ reason: 'not_as_issued', tokenId }, `API token not ${refused}`),
    onTouchFailed: (err) => log.error({ err }, 'the invalidation of a user could not be published'),
    newId: createIds(),
  }
  const cache = new VerificationCache(settings.cacheMax, recorder)
  const verification = new Verification({
    ...lifecycle,
    cache,
    ttlMs,
    endToken: async (tokenId) => {
      await revokeToken(lifecycle, tokenId, { by: SYSTEM, reason: 'provider_ended' }).catch(ignoreNotFound)
    },
    endPredecessor: (successorId, predecessorId) => endPredecessor(lifecycle, successorId, predecessorId),
  })
  const signals = new TokenSignals({
    ...{ clock, maxAgeMs, ttlMs },
    recheck: (tokenId, userId) => verification.recheck(tokenId, userId),
  })
  // The cache first: code that runs when a signal fires must not find the old entry.
  invalidations.subscribe((change) => verification.onInvalidate(change))
  invalidations.subscribe((change) => signals.onInvalidate(change))
  const remoteInvalidation = createRemoteInvalidation({ settings, store, invalidations, cache, log })
  invalidations.publishTo((target) => remoteInvalidation.publish(target))
  const sweeping = sweeperDeps(settings, lifecycle, sweepClock)
  const drift = new ClockDrift()
  return {
    ...{ lifecycle, verification, cache, signals, recorder, events, remoteInvalidation, sweepClock },
    onKeysChanged: () => {
      verification.clear()
      signals.reevaluateAll()
    },
    watchClock: () => {
      const now = clock.now()
      cache.checkClock(now)
      // The pace of a host's own clock is unknown: it may stand still.
      if (clock === systemClock && drift.fellBehind(now)) cache.clear()
      sweepClock.watch()
    },
    sweep: (stopping) => sweep(sweeping, stopping),
  }
}

interface RemoteDeps extends Pick<InstanceDeps, 'settings' | 'store'> {
  readonly invalidations: InvalidationBus
  readonly cache: VerificationCache
  readonly log: ReturnType<typeof jobLog>
}

function createRemoteInvalidation({ settings, store, invalidations, cache, log }: RemoteDeps) {
  const { pubsub = store.pubsub ?? null, maxStalenessMs } = settings.invalidation
  return new RemoteInvalidation({
    feed: store.feed,
    pubsub,
    maxStalenessMs,
    log,
    onInvalidate: (target) => invalidations.receive(target),
    shortenEntries: (restMs, lifeMs) => {
      try {
        cache.shortenEntries(settings.clock.now() + restMs, lifeMs)
      } catch {
        // The host's own clock failed.
        cache.clearAndLimit(lifeMs)
      }
    },
    removeLimit: () => cache.removeLimit(),
  })
}

function sweeperDeps(settings: Settings, lifecycle: Context, sweepClock: SweepClock): SweeperDeps {
  const { store, recorder, idleTimeoutMs, idleWarningMs, maxAgeMs, clock, events, invalidations } = lifecycle
  const idlenessOf = (token: TokenRecord) => {
    const now = clock.now()
    const view = viewOf(token, null, now, lifecycle)
    return { at: new Date(now), by: SYSTEM, reason: 'idle', token: view } as const
  }
  return {
    ...{ store, recorder, idleTimeoutMs, idleWarningMs, maxAgeMs },
    now: () => sweepClock.now(),
    mayPruneByStoreClock: () => sweepClock.mayPruneByStoreClock(),
    flushIntervalMs: settings.flushIntervalMs,
    retentionMs: settings.retentionMs,
    dailyRetentionMs: settings.dailyRetentionMs,
    onIdle: (token) => {
      invalidations.publish({ target: { tokenId: token.id }, ended: true })
      events.emitSafely('idle', idlenessOf(token))
    },
    hasIdleWarningListener: () => events.listenerCount('idle-warning') > 0,
    onIdleWarning: (token) => events.emitSafely('idle-warning', idlenessOf(token)),
  }
}

/** Creates UUIDv7s of the clock's time, in order also within a millisecond (RFC 9562 §6.2). */
function createIds(): (now: number) => string {
  const generator = new V7Generator()
  return (now) => generator.generateOrResetWithTs(now).toString()
}

/** The token may have been deleted meanwhile. */
function ignoreNotFound(error: unknown): void {
  if (!(error instanceof TokenNotFound)) throw error
}
