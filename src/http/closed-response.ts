/** Whether the connection of a response is closed. */

import type { Http2Stream } from 'node:http2'
import type { FastifyReply } from 'fastify'

/** Whether a response has emitted `close`. An HTTP/2 response has no `closed` property: its stream is destroyed. */
export function isClosed(raw: FastifyReply['raw'] & { readonly stream?: Http2Stream }): boolean {
  return raw.closed || raw.stream?.destroyed === true
}
