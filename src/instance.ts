/** Puts the parts of one instance together: who verifies, who keeps, who counts, who tells whom. */

import type { FastifyBaseLogger } from 'fastify'
import { V7Generator } from 'uuidv7'
import { systemClock } from './clock.ts'
import { TokenNotFound } from './errors.ts'
import { InvalidationBus } from './invalidation/invalidation-bus.ts'
import { RemoteInvalidation } from './invalidation/remote-invalidation.ts'
import { jobLog } from './jobs/job-log.ts'
import { SweepClock } from './jobs/sweep-clock.ts'
import { type SweeperDeps, type SweepResult, sweep } from './jobs/sweeper.ts'
import type { Signer } from './keys/signer.ts'
import { viewOf } from './lifecycle/api-token.ts'
import type { Context } from './lifecycle/context.ts'
import { endPredecessor } from './lifecycle/end-predecessor.ts'
import { revokeToken } from './lifecycle/revoke-token.ts'
import type { ScopeCatalogue } from './lifecycle/scope-catalogue.ts'
import { createTokenEvents, type TokenEventEmitter } from './lifecycle/token-events.ts'
import type { Settings } from './settings.ts'
import type { TokenStore } from './store/token-store.ts'
import { UsageRecorder } from './usage/usage-recorder.ts'
import { DAY_MS } from './utc-day.ts'
import { ClockDrift } from './verification/clock-drift.ts'
import { TokenSignals } from './verification/token-signals.ts'
import { Verification } from './verification/verification.ts'
import { VerificationCache } from './verification/verification-cache.ts'

export interface InstanceDeps {
  readonly settings: Settings
  readonly store: TokenStore
  readonly signer: Signer
  readonly catalogue: ScopeCatalogue
  readonly log: FastifyBaseLogger
}

export interface Instance {
  readonly lifecycle: Context
  readonly verification: Verification
  readonly cache: VerificationCache
  readonly signals: TokenSignals
  readonly recorder: UsageRecorder
  readonly events: TokenEventEmitter
  readonly remoteInvalidation: RemoteInvalidation
  readonly sweepClock: SweepClock
  /** To be called every second: entries must not outlive their time when the clock goes back. */
  watchClock(): void
  /** The signal ends it early. */
  sweep(stopping?: AbortSignal): Promise<SweepResult>
  /** Called when the signer has other keys. */
  keysChanged(): void
}

export function assemble({ settings, store, signer, catalogue, log: hostLog }: InstanceDeps): Instance {
  const log = jobLog(hostLog)
  const { clock, idleTimeoutMs, findUser, tokenPrefixes } = settings
  const { maxAgeMs } = settings.expiry
  const audience = { issuer: settings.issuer, audience: settings.audience }
  const invalidations = new InvalidationBus()
  const events = createTokenEvents((err) => log.error({ err }, 'a listener of API token events failed'))
  const recorder = new UsageRecorder({
    store,
    clock,
    idleTimeoutMs,
    storesClients: settings.storesClients,
    onFlushFailed: (err) =>
      log.error({ err }, 'the usage of API tokens cannot be written: it stays in memory'),
    onFlushRecovered: () => log.info('the usage of API tokens is written again'),
  })
  const cache = new VerificationCache(settings.cacheMax, recorder)
  const verification = new Verification({
    signer,
    store,
    cache,
    recorder,
    clock,
    audience,
    tokenPrefixes,
    idleTimeoutMs,
    maxAgeMs,
    ttlMs: settings.cacheTtlMs,
    findUser,
    identityProvider: settings.identityProvider,
    endToken: async (tokenId) => {
      await revokeToken(lifecycle, tokenId, {}, 'provider_ended').catch(unlessGone)
    },
    endPredecessor: (successorId, predecessorId) => endPredecessor(lifecycle, successorId, predecessorId),
  })
  const signals = new TokenSignals({
    clock,
    maxAgeMs,
    ttlMs: settings.cacheTtlMs,
    recheck: (tokenId, userId) => verification.recheck(tokenId, userId),
  })
  // What is remembered goes first, so that who is woken by a signal cannot be let in by it.
  invalidations.subscribe((change) => verification.onInvalidate(change))
  invalidations.subscribe((change) => signals.onInvalidate(change))
  const { pubsub = store.pubsub ?? null, maxStalenessMs } = settings.invalidation
  const remoteInvalidation = new RemoteInvalidation({
    feed: store.feed,
    pubsub,
    maxStalenessMs,
    log,
    onInvalidate: (target) => invalidations.receive(target),
    limitLives: (restMs, lifeMs) => {
      try {
        cache.limitLives(clock.now() + restMs, lifeMs)
      } catch {
        // A clock of the host's own that fails.
        cache.limitNewLives(lifeMs)
      }
    },
    liftLimit: () => cache.liftLimit(),
  })
  invalidations.publishTo((target) => remoteInvalidation.publish(target))
  const sweepClock = new SweepClock({ clock, store: clock === systemClock ? store : null, log })
  const drift = new ClockDrift()
  const lifecycle: Context = {
    store,
    signer,
    clock,
    audience,
    tokenPrefixes,
    idleTimeoutMs,
    idleWarningMs: settings.idleWarningMs,
    maxAgeMs,
    storesClients: settings.storesClients,
    maxTokensPerUser: settings.maxTokensPerUser,
    expiry: settings.expiry,
    maxUsageDays: Math.floor(settings.dailyRetentionMs / DAY_MS),
    findUser,
    identityProvider: settings.identityProvider,
    catalogue,
    recorder,
    invalidations,
    events,
    isClockTrusted: () => sweepClock.isTrusted(),
    onTouchFailed: (err) => log.error({ err }, 'the invalidation of a user could not be published'),
    newId: createIds(),
  }
  const sweeping: SweeperDeps = {
    store,
    recorder,
    idleTimeoutMs,
    maxAgeMs,
    now: () => sweepClock.now(),
    mayPruneByStoreClock: () => sweepClock.mayPruneByStoreClock(),
    flushIntervalMs: settings.flushIntervalMs,
    idleWarningMs: settings.idleWarningMs,
    retentionMs: settings.retentionMs,
    dailyRetentionMs: settings.dailyRetentionMs,
    onIdle: (token) => {
      invalidations.publish({ target: { tokenId: token.id }, ended: true })
      events.emitSafely('idle', { token: viewOf(token, null, clock.now(), lifecycle) })
    },
    hasIdleWarningListener: () => events.listenerCount('idle-warning') > 0,
    onIdleWarning: (token) =>
      events.emitSafely('idle-warning', { token: viewOf(token, null, clock.now(), lifecycle) }),
  }
  return {
    lifecycle,
    verification,
    cache,
    signals,
    recorder,
    events,
    keysChanged: () => {
      verification.clear()
      signals.reevaluateAll()
    },
    remoteInvalidation,
    sweepClock,
    watchClock: () => {
      const now = clock.now()
      cache.checkClock(now)
      // A host's own clock may stand still: nothing is known of its pace.
      if (clock === systemClock && drift.fellBehind(now)) cache.clear()
      sweepClock.watch()
    },
    sweep: (stopping) => sweep(sweeping, stopping),
  }
}

/** UUIDv7 of the clock's time, in order also within a millisecond (RFC 9562 §6.2). */
function createIds(): (now: number) => string {
  const generator = new V7Generator()
  return (now) => generator.generateOrResetWithTs(now).toString()
}

/** A token that was pruned meanwhile needs no end. */
function unlessGone(error: unknown): void {
  if (!(error instanceof TokenNotFound)) throw error
}
