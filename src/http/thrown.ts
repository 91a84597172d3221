/** Turns thrown values into errors. */

import type { FastifyReply, FastifyRequest } from 'fastify'

/** Returns the thrown error, or a new one for a rejection without an error: Fastify would let that request pass. */
export function errorFrom(thrown: unknown, what: string): Error {
  // Any other thrown value is passed on: Fastify makes an error of it.
  return thrown ? (thrown as Error) : new Error(`${what} without an error`)
}

/** Responds with an error that was thrown after a promise: without a caller to catch it, it would end the process. */
export function respondWithThrown(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const err = errorFrom(thrown, 'A request failed')
  try {
    if (reply.sent) request.log.error({ err }, 'a request failed after its response was sent')
    else reply.send(err)
  } catch (error) {
    request.log.error({ err: error }, 'a request failed, and so did its error response')
  }
}
