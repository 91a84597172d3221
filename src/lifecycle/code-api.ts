/** `app.apiTokens`: its implementation, and the one of the non-authenticated mode. */

import { AuthenticationDisabled } from '../errors.ts'
import type { RemoteInvalidation } from '../invalidation/remote-invalidation.ts'
import type { SweepClock } from '../jobs/sweep-clock.ts'
import type { SweepResult } from '../jobs/sweeper.ts'
import { actorOf } from '../token/actor.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import { BoundedSignals } from '../verification/bounded-signals.ts'
import type { TokenSignals } from '../verification/token-signals.ts'
import { CacheMiss, type Verification } from '../verification/verification.ts'
import type { VerificationCache } from '../verification/verification-cache.ts'
import type { VerificationEntry } from '../verification/verification-entry.ts'
import { disposableToken } from '../verification/verified-token.ts'
import type { ApiTokens, VerifyOptions } from './api-tokens.ts'
import { deactivateUser, invalidateUser, reactivateUser, removeUser } from './change-owner.ts'
import { withCheckedArguments } from './code-arguments.ts'
import type { ActingScope, Context, TokenChangeOptions } from './context.ts'
import { emitRejected } from './emit-rejected.ts'
import { findByCredential } from './find-by-credential.ts'
import { getToken } from './get-token.ts'
import { issueToken } from './issue-token.ts'
import { listTokens } from './list-tokens.ts'
import { revokeAllTokens } from './revoke-all.ts'
import { revokeByCredential } from './revoke-by-credential.ts'
import { revokeToken } from './revoke-token.ts'
import { rotateToken } from './rotate-token.ts'
import { searchTokens } from './search-tokens.ts'
import { createTokenEvents, type TokenEventEmitter } from './token-events.ts'
import { tokenUsage } from './token-usage.ts'
import { updateToken } from './update-token.ts'

export interface CodeApiDeps {
  readonly lifecycle: Context
  readonly verification: Verification
  readonly cache: VerificationCache
  readonly signals: TokenSignals
  readonly recorder: UsageRecorder
  readonly events: TokenEventEmitter
  readonly remoteInvalidation: RemoteInvalidation
  readonly sweepClock: SweepClock
  sweep(): Promise<SweepResult>
  /** The error for a credential that `verify` rejects. */
  rejected(): Error
}

export function createApiTokens(deps: CodeApiDeps): ApiTokens {
  const { lifecycle, verification, cache, recorder, events } = deps
  const bounded = new BoundedSignals(deps.signals)
  const accept = (entry: VerificationEntry, source: VerifyOptions): VerifiedToken & Disposable => {
    const { rejection: reason, tokenId, userId } = entry
    if (reason !== null) {
      emitRejected(events, { reason, tokenId, userId }, { now: lifecycle.clock.now(), ip: source.ip ?? null })
      throw deps.rejected()
    }
    return disposableToken(entry, () => bounded.hold(entry, source))
  }
  return withCheckedArguments({
    issue: ({ by, ...request }) => issueToken(lifecycle, request, actorOf(by)),
    list: (request) => listTokens(lifecycle, request),
    get: (id, scope) => getToken(lifecycle, id, scope),
    update: (id, changes, options) => updateToken(lifecycle, id, changes, actingScope(options)),
    revoke: (id, options) => revokeToken(lifecycle, id, { ...actingScope(options), reason: options?.reason }),
    rotate: (id, request = {}, options) => rotateToken(lifecycle, id, request, actingScope(options)),
    usage: (id, request, scope) => tokenUsage(lifecycle, id, request, scope),
    verify: async (credential, options = {}) => {
      const now = lifecycle.clock.now()
      const found = verification.getAndCount(credential, now, options)
      if (!(found instanceof CacheMiss)) return accept(found, options)
      return verification.loadAndCount(found, (entry) => accept(entry, options), options)
    },
    search: (request = {}) => searchTokens(lifecycle, request),
    find: (credential) => findByCredential(lifecycle, credential),
    revokeCredential: (credential, { by, reason } = {}) =>
      revokeByCredential(lifecycle, credential, () => actorOf(by), reason),
    revokeAll: ({ by, ...request }) => revokeAllTokens(lifecycle, { ...request, by: actorOf(by) }),
    deactivateUser: (userId, { by } = {}) => deactivateUser(lifecycle, userId, actorOf(by)),
    reactivateUser: (userId, { by } = {}) => reactivateUser(lifecycle, userId, actorOf(by)),
    removeUser: (userId, { by } = {}) => removeUser(lifecycle, userId, actorOf(by)),
    invalidateUser: (userId) => invalidateUser(lifecycle, userId),
    flush: () => recorder.flush(),
    sweep: () => deps.sweep(),
    stats: () => ({
      verification: verification.stats(),
      cache: { size: cache.size, max: cache.max },
      usage: recorder.stats(),
      invalidation: deps.remoteInvalidation.stats(),
      sweep: deps.sweepClock.stats(),
    }),
    events,
  })
}

function actingScope({ userId, by }: TokenChangeOptions = {}): ActingScope {
  return { userId, by: actorOf(by) }
}

/**
 * With `authentication: 'none'` operations on tokens are refused and the others do nothing. Arguments are checked all the
 * same, so that mistakes are found during development.
 */
export function createDisabledApiTokens(cacheMax: number): ApiTokens {
  const refuse = async (): Promise<never> => {
    throw new AuthenticationDisabled()
  }
  return withCheckedArguments({
    issue: refuse,
    list: refuse,
    get: refuse,
    update: refuse,
    revoke: refuse,
    rotate: refuse,
    usage: refuse,
    verify: refuse,
    search: refuse,
    find: refuse,
    revokeCredential: refuse,
    revokeAll: refuse,
    deactivateUser: refuse,
    reactivateUser: refuse,
    removeUser: refuse,
    invalidateUser: () => undefined,
    flush: async () => undefined,
    sweep: async () => ({ idle: 0, idleWarning: 0, pruned: 0 }),
    stats: () => ({
      verification: { hits: 0, misses: 0, loads: 0 },
      cache: { size: 0, max: cacheMax },
      usage: { pending: 0, flushed: 0 },
      invalidation: {
        feed: 'available',
        feedLagMs: null,
        pubsubName: null,
        pubsub: null,
        pubsubLagMs: null,
      },
      sweep: { suspended: null, clockAheadMs: null },
    }),
    events: createTokenEvents(() => undefined),
  })
}
