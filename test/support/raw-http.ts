/** Speaks HTTP/1.1 over a bare socket, for headers that no client library would send. */

import { type AddressInfo, connect } from 'node:net'
import type { FastifyInstance } from 'fastify'

export interface RawAnswer {
  readonly status: number
  /** The head as it came, one string. */
  readonly head: string
  readonly body: string
}

/** Sends a GET with these header lines, byte for byte (latin1), to a listening host, and reads the whole response. */
export async function rawGet(
  app: FastifyInstance,
  path: string,
  lines: readonly string[],
): Promise<RawAnswer> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // A server that refuses a head before it has read it all may reset the connection after its answer.
  socket.on('error', () => undefined)
  const head = [`GET ${path} HTTP/1.1`, 'Host: localhost', ...lines, 'Connection: close', '', '']
  socket.write(head.join('\r\n'), 'latin1')
  await new Promise((resolve) => socket.once('close', resolve))
  const [answer = '', body = ''] = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n', 2)
  return { status: Number(answer.split(' ', 2)[1]), head: answer, body }
}
