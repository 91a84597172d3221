/** Tells whether the connection of a response is gone. */

import type { Http2Stream } from 'node:http2'
import type { FastifyReply } from 'fastify'

/** Whether a response has emitted its `close`. A response of HTTP/2 has no `closed`; its stream is destroyed then. */
export function isClosed(raw: FastifyReply['raw'] & { readonly stream?: Http2Stream }): boolean {
  return raw.closed || raw.stream?.destroyed === true
}
