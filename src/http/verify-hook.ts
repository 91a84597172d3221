/** The check behind every hook: a verified bearer token with the scopes that are required. It never replies itself. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { TokenEventEmitter } from '../lifecycle/token-events.ts'
import { type ScopeRequirement, satisfies } from '../token/scope.ts'
import type { LastClient } from '../token/token.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { TokenSignals } from '../verification/token-signals.ts'
import type { Verification } from '../verification/verification.ts'
import type { VerificationEntry } from '../verification/verification-entry.ts'
import { findCredential, isCredential, NOT_ONE_CREDENTIAL } from './authorization-header.ts'
import type { Challenges } from './challenge.ts'
import { ConnectionMemories } from './connection-memory.ts'
import { refuseCredential } from './refuse-credential.ts'
import type { HookCheck, HookDone } from './registered-plugin.ts'
import { type RequestSlot, readSlot, takeBackToken, writeSlot } from './request-slot.ts'
import { RequestVerification } from './request-token.ts'
import { errorFrom, respondWithThrown } from './thrown.ts'

export interface VerifyHookDeps {
  readonly verification: Verification
  readonly signals: TokenSignals
  readonly challenges: Challenges
  readonly clock: Clock
  readonly events: TokenEventEmitter
  readonly recorder: Pick<UsageRecorder, 'ask'>
  /** Where on a request this instance of the plugin keeps what it verified. */
  readonly slot: RequestSlot
  /** Whether it is kept who used a token last. */
  readonly storesClients: boolean
  /** Called when a token lacks scopes that a hook requires. */
  onScopesMissing(scopes: readonly string[]): void
}

/**
 * The check behind every hook. On the warm path everything happens within the call. A request is one use of its token,
 * however many hooks verify it.
 */
export function verifyCheck(parts: VerifyHookDeps): HookCheck {
  const connections = new ConnectionMemories()
  return (request, reply, required, done) => {
    let now: number
    let found: VerificationEntry | Error | string
    try {
      now = parts.clock.now()
      found = getAndCount(parts, connections, request, required, now)
    } catch (thrown) {
      return done(refuseWith(thrown, request, parts))
    }
    if (typeof found === 'string') return load(parts, found, now, request, reply, required, done)
    if (found instanceof Error) return done(refuseWith(found, request, parts))
    return done(settle(parts, found, request, reply, required))
  }
}

/** What is known of the request's credential without a wait, or the credential when it must be looked up. */
function getAndCount(
  { verification, challenges, slot }: VerifyHookDeps,
  connections: ConnectionMemories,
  request: FastifyRequest,
  required: ScopeRequirement,
  now: number,
): VerificationEntry | Error | string {
  const standing = readSlot(request, slot)
  if (standing?.entry.live === true) return standing.entry
  const counts = standing === null
  const { raw } = request
  const connection = connections.of(raw.socket)
  const known = verification.revalidate(connection.getAndCount(raw), now, counts)
  if (known !== undefined) return known
  const start = findCredential(raw)
  if (typeof start !== 'number') return challenges.fault(start, required)
  const { authorization: header = '' } = raw.headers
  // Read where it stands: from a part of a text each character is slower to read.
  const entry = verification.getAndCount(header, now, start, counts)
  if (entry !== undefined) {
    connection.remember(raw, entry)
    return entry
  }
  const credential = header.slice(start)
  // A credential that was verified before is well-formed; this one may be anything.
  return isCredential(credential) ? credential : challenges.fault(NOT_ONE_CREDENTIAL, required)
}

/** The cold path. */
function load(
  parts: VerifyHookDeps,
  credential: string,
  now: number,
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
  done: HookDone,
): void {
  let isAnswered = false
  const take = (entry: VerificationEntry) => {
    isAnswered = true
    done(settle(parts, entry, request, reply, required))
  }
  parts.verification
    .loadAndCount(credential, now, take, readSlot(request, parts.slot) === null)
    .catch((thrown) => {
      // What `done` threw comes from further down: this hook has answered already.
      if (isAnswered) throw thrown
      done(refuseWith(thrown, request, parts))
    })
    .catch((thrown) => respondWithThrown(thrown, request, reply))
}

/**
 * The error to refuse the request with, or `undefined` when every check passed: only then `request.apiToken` is set. A
 * refusal takes back what an earlier hook accepted.
 */
function settle(
  parts: VerifyHookDeps,
  entry: VerificationEntry,
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
): Error | undefined {
  try {
    const error = accept(parts, entry, request, reply, required)
    return error === undefined ? undefined : refuseWith(error, request, parts)
  } catch (thrown) {
    return refuseWith(thrown, request, parts)
  }
}

function refuseWith(thrown: unknown, request: FastifyRequest, { slot }: VerifyHookDeps): Error {
  takeBackToken(request, slot)
  return errorFrom(thrown, 'The verification of an API token failed')
}

function accept(
  parts: VerifyHookDeps,
  entry: VerificationEntry,
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
): Error | undefined {
  const { rejection, tokenId } = entry
  if (rejection !== null) return refuseCredential(parts, rejection, tokenId, request, required)
  let verification = readSlot(request, parts.slot)
  if (verification?.entry !== entry) {
    if (parts.storesClients && entry.use !== null) entry.use.client = clientOf(request)
    verification = new RequestVerification(entry, reply, parts.signals)
    writeSlot(request, parts.slot, verification)
  }
  const { scopes } = required
  if (scopes.length > 0) {
    if (!satisfies(entry.scopes, required)) {
      parts.onScopesMissing(scopes)
      return parts.challenges.insufficientScope(required)
    }
    if (entry.token !== null && entry.use !== null) parts.recorder.ask(entry.use, entry.token.scopes, scopes)
  }
  verification.isAccepted = true
  return undefined
}

/** As the host's `trustProxy` has it. A connection that is gone already has no address. */
function clientOf({ ip, headers }: FastifyRequest): LastClient | null {
  return typeof ip === 'string' ? { ip, userAgent: headers['user-agent'] ?? null } : null
}
