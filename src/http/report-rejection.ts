/** Reports a refused credential in the log and by the event `rejected`. Clients never get the reason. */

import type { FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { emitRejected, type Rejection } from '../lifecycle/emit-rejected.ts'
import type { TokenEventEmitter } from '../lifecycle/token-events.ts'
import { addressOf } from './request-address.ts'

export interface ReportRejectionDeps {
  readonly events: TokenEventEmitter
  readonly clock: Clock
}

export function reportRejection(
  { events, clock }: ReportRejectionDeps,
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
