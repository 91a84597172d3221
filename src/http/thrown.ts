/** What others throw, as the error that a request is refused with. */

import type { FastifyReply, FastifyRequest } from 'fastify'

/** The error itself. A rejection without one refuses as well: Fastify takes a missing error for a pass. */
export function errorFrom(thrown: unknown, what: string): Error {
  // As Fastify does with what is thrown and no error: it makes one of it.
  return thrown ? (thrown as Error) : new Error(`${what} without an error`)
}

/**
 * Responds with what was thrown after a promise, where no caller is left to catch it. An exception there would end the
 * process.
 */
export function respondWithThrown(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const err = errorFrom(thrown, 'A request failed')
  try {
    if (reply.sent) request.log.error({ err }, 'a request failed after its response was sent')
    else reply.send(err)
  } catch (error) {
    request.log.error({ err: error }, 'a request failed, and so did its error response')
  }
}
