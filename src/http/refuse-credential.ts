/** Refuses a credential. The reason goes to the log and to the event `rejected`. */

import type { FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { emitRejected, type Rejection } from '../lifecycle/emit-rejected.ts'
import type { TokenEventEmitter } from '../lifecycle/token-events.ts'
import type { ScopeRequirement } from '../token/scope.ts'
import type { Challenges } from './challenge.ts'
import { addressOf } from './request-address.ts'

export interface RefuseCredentialDeps {
  readonly challenges: Pick<Challenges, 'invalidToken'>
  readonly events: TokenEventEmitter
  readonly clock: Clock
}

/** The error for a rejected credential: one public message for all reasons. */
export function refuseCredential(
  deps: RefuseCredentialDeps,
  rejection: Rejection,
  request: FastifyRequest,
  required: ScopeRequirement,
): Error {
  reportRejection(deps, rejection, request)
  return deps.challenges.invalidToken(required)
}

/** Logs the reason and emits `rejected`. */
export function reportRejection(
  { events, clock }: Pick<RefuseCredentialDeps, 'events' | 'clock'>,
  rejection: Rejection,
  request: FastifyRequest,
): void {
  const { reason, tokenId } = rejection
  // The content of a credential with an invalid signature is not logged: anyone can have written it.
  if (reason === 'forged') request.log.debug({ reason }, 'API token refused')
  else request.log.info({ reason, tokenId }, 'API token refused')
  if (events.listenerCount('rejected') === 0) return
  emitRejected(events, rejection, { now: clock.now(), ip: addressOf(request) })
}
