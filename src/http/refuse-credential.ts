/** Refuses a request for its credential: one public message, the reason in the log and in the event `rejected`. */

import type { FastifyRequest } from 'fastify'
import type { TokenEventEmitter } from '../lifecycle/token-events.ts'
import type { ScopeRequirement } from '../token/scope.ts'
import type { RejectionReason } from '../verification/verification-entry.ts'
import type { Challenges } from './challenge.ts'

export interface RefuseCredentialDeps {
  readonly challenges: Pick<Challenges, 'invalidToken'>
  readonly events: TokenEventEmitter
}

/** The client learns that it is refused, the log and the host's audit why. */
export function refuseCredential(
  { challenges, events }: RefuseCredentialDeps,
  reason: RejectionReason,
  tokenId: string | null,
  request: FastifyRequest,
  required: ScopeRequirement,
): Error {
  if (reason === 'forged') {
    // Whatever a forged token says is its maker's text.
    request.log.debug({ reason }, 'API token refused')
    events.emitSafely('rejected', { reason, tokenId: null })
  } else {
    request.log.info({ reason, tokenId }, 'API token refused')
    events.emitSafely('rejected', { reason, tokenId })
  }
  return challenges.invalidToken(required)
}
