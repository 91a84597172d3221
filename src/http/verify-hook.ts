/** `verifyApiToken`: lets a request pass with a verified bearer token, and answers nothing itself. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { TokenEventEmitter } from '../lifecycle/token-events.ts'
import type { LastClient } from '../token/token.ts'
import type { TokenSignals } from '../verification/token-signals.ts'
import type { Verification } from '../verification/verification.ts'
import type { Refusal, VerificationEntry } from '../verification/verification-entry.ts'
import { findCredential, isCredential, NOT_ONE_CREDENTIAL } from './authorization-header.ts'
import type { Challenges } from './challenge.ts'
import { ConnectionMemories } from './connection-memory.ts'
import type { HookSteps } from './hook.ts'
import { type RequestSlot, readSlot, writeSlot } from './request-slot.ts'
import { RequestVerification } from './request-token.ts'

export interface VerifyHookParts {
  readonly verification: Verification
  readonly signals: TokenSignals
  readonly challenges: Challenges
  readonly clock: Clock
  readonly events: TokenEventEmitter
  /** Where on a request this instance of the plugin keeps what it verified. */
  readonly slot: RequestSlot
  /** Whether it is kept who used a token last. */
  readonly keepsClients: boolean
}

/**
 * The steps of the hook. On the warm path everything happens within the call. A request that was verified already
 * passes, unless news has come since.
 */
export function verifySteps(parts: VerifyHookParts): HookSteps {
  const { verification, challenges, clock, slot } = parts
  const connections = new ConnectionMemories()
  return (request, reply, done) => {
    if (readSlot(request, slot)?.entry.live === true) return done()
    const { raw } = request
    const now = clock.now()
    const connection = connections.of(raw.socket)
    const known = verification.reuse(connection.recall(raw), now)
    if (known !== undefined) return settle(parts, known, request, reply, done)
    const start = findCredential(raw)
    if (typeof start !== 'number') return done(challenges.fault(start))
    const { authorization: header = '' } = raw.headers
    // Read where it stands: from a part of a text each character is slower to read.
    const entry = verification.recall(header, now, start)
    if (entry !== undefined) {
      connection.remember(raw, entry)
      return settle(parts, entry, request, reply, done)
    }
    const credential = header.slice(start)
    // A credential that was verified before is well-formed; this one may be anything.
    if (!isCredential(credential)) return done(challenges.fault(NOT_ONE_CREDENTIAL))
    verification.load(credential, now, (loaded) => settle(parts, loaded, request, reply, done)).catch(done)
  }
}

function settle(
  parts: VerifyHookParts,
  entry: VerificationEntry,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const { refusal, tokenId } = entry
  if (refusal !== null) return done(refuse(parts, refusal, tokenId, request))
  if (parts.keepsClients && entry.use !== null) entry.use.client = clientOf(request)
  writeSlot(request, parts.slot, new RequestVerification(entry, reply, parts.signals))
  done()
}

/** As the host's `trustProxy` has it. A connection that is gone already has no address. */
function clientOf({ ip, headers }: FastifyRequest): LastClient | null {
  return typeof ip === 'string' ? { ip, userAgent: headers['user-agent'] ?? null } : null
}

/** The client learns that it is refused, the log and the host's audit why. */
function refuse(
  { challenges, events }: VerifyHookParts,
  reason: Refusal,
  tokenId: string,
  request: FastifyRequest,
): Error {
  if (reason === 'forged') {
    // Whatever a forged token says is its maker's text.
    request.log.debug({ reason }, 'API token refused')
    events.tell('rejected', { reason, tokenId: null })
  } else {
    request.log.info({ reason, tokenId }, 'API token refused')
    events.tell('rejected', { reason, tokenId })
  }
  return challenges.invalidToken()
}
