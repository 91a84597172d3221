/** The check behind every hook: a valid bearer token with the required scopes. It never sends a reply itself. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { TokenEventEmitter } from '../lifecycle/token-events.ts'
import { type ScopeRequirement, satisfies } from '../token/scope.ts'
import type { LastClient } from '../token/token.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { TokenSignals } from '../verification/token-signals.ts'
import { CacheMiss, type Verification } from '../verification/verification.ts'
import type { RejectionReason, VerificationEntry } from '../verification/verification-entry.ts'
import { findCredential, isCredential, NOT_ONE_CREDENTIAL } from './authorization-header.ts'
import type { Challenges } from './challenge.ts'
import { ConnectionMemories } from './connection-memory.ts'
import { logTokenId } from './log-token-id.ts'
import type { HookDone, RequestCheck } from './registered-plugin.ts'
import { reportRejection } from './report-rejection.ts'
import { clearRequestToken, type RequestSlot, readSlot, writeSlot } from './request-slot.ts'
import { RequestVerification } from './request-verification.ts'
import { errorFrom, respondWithThrown } from './thrown.ts'

export interface VerifyHookDeps {
  readonly verification: Verification
  readonly signals: TokenSignals
  readonly challenges: Challenges
  readonly clock: Clock
  readonly events: TokenEventEmitter
  readonly recorder: Pick<UsageRecorder, 'recordScopes'>
  /** The request property in which this plugin instance stores its verification. */
  readonly slot: RequestSlot
  /** Whether the client of the last use is stored. */
  readonly storesClients: boolean
  /** Whether the token's id is added to the log lines of its request. */
  readonly logsTokenIds: boolean
  /** Called when a token lacks scopes that a hook requires. */
  onScopesMissing(scopes: readonly string[]): void
}

/**
 * The check behind every hook. On the warm path it is synchronous. A request counts as one use of its token, even if
 * several hooks verify it.
 */
export function requestCheck(deps: VerifyHookDeps): RequestCheck {
  const connections = new ConnectionMemories()
  return (request, reply, required, done) => {
    let now: number
    let found: VerificationEntry | CacheMiss | Error
    try {
      now = deps.clock.now()
      found = entryOf(deps, connections, request, required, now)
    } catch (thrown) {
      return done(refuseWith(thrown, request, deps))
    }
    if (found instanceof CacheMiss) return load(deps, found, request, reply, required, done)
    if (found instanceof Error) return done(refuseWith(found, request, deps))
    return done(respond(deps, found, request, reply, required))
  }
}

/** Returns the cached entry, an error, or the credential that is not cached and must be loaded. */
function entryOf(
  { verification, challenges, slot }: VerifyHookDeps,
  connections: ConnectionMemories,
  request: FastifyRequest,
  required: ScopeRequirement,
  now: number,
): VerificationEntry | CacheMiss | Error {
  const earlier = readSlot(request, slot)
  // The deadline is not checked again within one request.
  if (earlier?.entry.live === true) return earlier.entry
  const counts = earlier === null
  const { raw } = request
  const connection = connections.of(raw.socket)
  const known = verification.revalidateAndCount(connection.entryFor(raw), now, request, counts)
  if (known !== undefined) return known
  const start = findCredential(raw)
  if (typeof start !== 'number') return challenges.fault(start, required)
  const credential = raw.headers.authorization?.slice(start) ?? ''
  const found = verification.getAndCount(credential, now, request, counts)
  // Cached credentials are well-formed. This one has not been checked yet.
  if (found instanceof CacheMiss)
    return isCredential(credential) ? found : challenges.fault(NOT_ONE_CREDENTIAL, required)
  connection.store(raw, found)
  return found
}

/** The cold path. */
function load(
  deps: VerifyHookDeps,
  miss: CacheMiss,
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
  done: HookDone,
): void {
  let isSettled = false
  const take = (entry: VerificationEntry) => {
    isSettled = true
    done(respond(deps, entry, request, reply, required))
  }
  deps.verification
    .loadAndCount(miss, take, request, readSlot(request, deps.slot) === null)
    .catch((thrown) => {
      // This hook has already called `done`: the error comes from a later hook or the handler.
      if (isSettled) throw thrown
      done(refuseWith(thrown, request, deps))
    })
    .catch((thrown) => respondWithThrown(thrown, request, reply))
}

/**
 * Returns the error to refuse the request with, or `undefined` if every check passed. Only then `request.apiToken` is
 * set. A refusal also clears the token that an earlier hook set.
 */
function respond(
  deps: VerifyHookDeps,
  entry: VerificationEntry,
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
): Error | undefined {
  try {
    const error = accept(deps, entry, request, reply, required)
    return error === undefined ? undefined : refuseWith(error, request, deps)
  } catch (thrown) {
    return refuseWith(thrown, request, deps)
  }
}

function refuseWith(thrown: unknown, request: FastifyRequest, { slot }: VerifyHookDeps): Error {
  clearRequestToken(request, slot)
  return errorFrom(thrown, 'The verification of an API token failed')
}

function accept(
  deps: VerifyHookDeps,
  entry: VerificationEntry,
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
): Error | undefined {
  if (entry.rejection !== null) return refuse(deps, entry, entry.rejection, request, required)
  let verification = readSlot(request, deps.slot)
  if (verification?.entry !== entry) {
    if (deps.storesClients && entry.use !== null) entry.use.client = clientOf(request)
    if (deps.logsTokenIds && verification === null) logTokenId(request, reply, entry.tokenId)
    verification = new RequestVerification(entry, reply, deps.signals)
    writeSlot(request, deps.slot, verification)
  }
  const { scopes } = required
  if (scopes.length > 0) {
    if (!satisfies(entry.scopes, required)) return refuse(deps, entry, 'missing_scopes', request, required)
    if (entry.use !== null) deps.recorder.recordScopes(entry.use, entry.granted, scopes)
  }
  verification.isAccepted = true
  return undefined
}

function refuse(
  deps: VerifyHookDeps,
  { tokenId, userId }: VerificationEntry,
  reason: RejectionReason,
  request: FastifyRequest,
  required: ScopeRequirement,
): Error {
  reportRejection(deps, { reason, tokenId, userId }, request)
  if (reason !== 'missing_scopes') return deps.challenges.invalidToken(required)
  deps.onScopesMissing(required.scopes)
  return deps.challenges.insufficientScope(required)
}

/** The address follows the host's `trustProxy`. It is missing if the connection is already closed. */
function clientOf({ ip, headers }: FastifyRequest): LastClient | null {
  return typeof ip === 'string' ? { ip, userAgent: headers['user-agent'] ?? null } : null
}
