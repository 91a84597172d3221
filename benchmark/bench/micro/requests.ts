/** Requests as Node and Fastify make them, without the network: each with a header that nobody has read before. */

import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** A request, and the answer to it. */
export type Exchange = readonly [request: FastifyRequest, reply: FastifyReply]

export interface Requests {
  /** A new request on a connection, with the credential as a string of its own, as the parser makes one. */
  next(connection: Socket, credential: string): Exchange
  /** The same as Node sees it. */
  nextRaw(connection: Socket, credential: string): IncomingMessage
}

type RequestConstructor = new (
  id: string,
  params: unknown,
  raw: IncomingMessage,
  query: unknown,
  log: unknown,
  context: unknown,
) => FastifyRequest

/** Learns from one request how this host makes its own. */
export async function requestsOf(app: FastifyInstance): Promise<Requests> {
  let model: Exchange | undefined
  app.get('/', (request, reply) => {
    model = [request, reply]
    return reply.send('')
  })
  await app.inject('/')
  if (model === undefined) throw new Error('the host has answered nothing')
  const [request, reply] = model
  // The class that Fastify made for this host, with its decorations.
  const Request = request.constructor as RequestConstructor
  return {
    nextRaw,
    next: (connection, credential) => [
      new Request('1', {}, nextRaw(connection, credential), {}, app.log, undefined),
      reply,
    ],
  }
}

function nextRaw(connection: Socket, credential: string): IncomingMessage {
  const raw = new IncomingMessage(connection)
  raw.rawHeaders = ['Host', 'localhost:3000', 'Authorization', fresh(`Bearer ${credential}`), 'Accept', '*/*']
  // Node reads the lines into `headers` when they are first asked for, which is by Fastify itself.
  raw.headers = { host: 'localhost:3000', authorization: raw.rawHeaders[3], accept: '*/*' }
  return raw
}

/** The same text in memory of its own: no hash of it is known yet. */
export function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

export function newConnection(): Socket {
  return new Socket()
}
