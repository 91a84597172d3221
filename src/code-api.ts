/** `fastify.apiTokens`, as it works and as it answers in the non-authenticated mode. */

import { withCheckedArguments } from './code-arguments.ts'
import { AuthenticationDisabled } from './errors.ts'
import type { Challenges } from './http/challenge.ts'
import { disposableToken } from './http/request-token.ts'
import type { Instance } from './instance.ts'
import type { ApiTokens } from './lifecycle/api-tokens.ts'
import { deactivateUser, invalidateUser, reactivateUser, removeUser } from './lifecycle/change-owner.ts'
import { getToken } from './lifecycle/get-token.ts'
import { issueToken } from './lifecycle/issue-token.ts'
import { listTokens } from './lifecycle/list-tokens.ts'
import { revokeToken } from './lifecycle/revoke-token.ts'
import { rotateToken } from './lifecycle/rotate-token.ts'
import { createTokenEvents } from './lifecycle/token-events.ts'
import { tokenUsage } from './lifecycle/token-usage.ts'
import { updateToken } from './lifecycle/update-token.ts'
import type { Settings } from './settings.ts'
import { NO_SCOPES } from './token/scope.ts'
import type { VerifiedToken } from './token/verified-token.ts'
import { BoundedSignals } from './verification/bounded-signals.ts'
import type { VerificationEntry } from './verification/verification-entry.ts'

export function createApiTokens(instance: Instance, challenges: Challenges): ApiTokens {
  const { lifecycle, verification, cache, signals, recorder, events, remoteInvalidation } = instance
  const bounded = new BoundedSignals(signals)
  const accept = (entry: VerificationEntry): VerifiedToken & Disposable => {
    if (entry.rejection !== null) throw challenges.invalidToken(NO_SCOPES)
    return disposableToken(entry, () => bounded.hold(entry))
  }
  return withCheckedArguments({
    issue: (request) => issueToken(lifecycle, request),
    list: (request) => listTokens(lifecycle, request),
    get: (id, scope) => getToken(lifecycle, id, scope),
    update: (id, changes, scope) => updateToken(lifecycle, id, changes, scope),
    revoke: (id, scope) => revokeToken(lifecycle, id, scope),
    rotate: (id, request, scope) => rotateToken(lifecycle, id, request, scope),
    usage: (id, request, scope) => tokenUsage(lifecycle, id, request, scope),
    verify: async (credential) => {
      const now = lifecycle.clock.now()
      const entry = verification.getAndCount(credential, now)
      return entry === undefined ? verification.loadAndCount(credential, now, accept) : accept(entry)
    },
    deactivateUser: (userId) => deactivateUser(lifecycle, userId),
    reactivateUser: (userId) => reactivateUser(lifecycle, userId),
    removeUser: (userId) => removeUser(lifecycle, userId),
    invalidateUser: (userId) => invalidateUser(lifecycle, userId),
    flush: () => recorder.flush(),
    sweep: () => instance.sweep(),
    stats: () => ({
      verification: verification.stats(),
      cache: { size: cache.size, max: cache.max },
      usage: recorder.stats(),
      invalidation: remoteInvalidation.stats(),
      sweep: instance.sweepClock.stats(),
    }),
    events,
  })
}

/**
 * No tokens are stored in this mode: operations on tokens are refused, the others have nothing to do. Wrong arguments
 * are refused here, too, so that they are found where the mode is used for development.
 */
export function createDisabledApiTokens({ cacheMax }: Settings): ApiTokens {
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
