/** Adds the token's id to the log lines of a request. */

import type { FastifyReply, FastifyRequest } from 'fastify'

/** Replaces the loggers of the request: Fastify writes `request completed` with the one of the reply. */
export function logTokenId(request: FastifyRequest, reply: FastifyReply, tokenId: string): void {
  request.log = request.log.child({ tokenId })
  reply.log = request.log
}
