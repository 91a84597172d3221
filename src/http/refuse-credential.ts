/** Rejects a credential with one public message. The reason goes to the log and to the event `rejected`. */

import type { FastifyRequest } from 'fastify'
import type { TokenEventEmitter } from '../lifecycle/token-events.ts'
import type { ScopeRequirement } from '../token/scope.ts'
import type { RejectionReason } from '../verification/verification-entry.ts'
import type { Challenges } from './challenge.ts'

export interface RefuseCredentialDeps {
  readonly challenges: Pick<Challenges, 'invalidToken'>
  readonly events: TokenEventEmitter
}

/** Logs the reason, emits `rejected`, and returns the error for the client. */
export function refuseCredential(
  { challenges, events }: RefuseCredentialDeps,
  reason: RejectionReason,
  tokenId: string | null,
  request: FastifyRequest,
  required: ScopeRequirement,
): Error {
  if (reason === 'forged') {
    // The content of a credential with an invalid signature is not logged: anyone can have written it.
    request.log.debug({ reason }, 'API token refused')
    events.emitSafely('rejected', { reason, tokenId: null })
  } else {
    request.log.info({ reason, tokenId }, 'API token refused')
    events.emitSafely('rejected', { reason, tokenId })
  }
  return challenges.invalidToken(required)
}
