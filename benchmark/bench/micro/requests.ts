/** Creates requests as Node and Fastify do, without the network. Each has a new header string. */

import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** A request and its reply. */
export type Exchange = readonly [request: FastifyRequest, reply: FastifyReply]

export interface Requests {
  /** A new request on a connection, with a new string for the credential, as from the HTTP parser. */
  next(connection: Socket, credential: string): Exchange
  /** The same as Node's own request object. */
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

/** Takes the request class of the host from one request. */
export async function requestsOf(app: FastifyInstance): Promise<Requests> {
  let model: Exchange | undefined
  app.get('/', (request, reply) => {
    model = [request, reply]
    return reply.send('')
  })
  await app.inject('/')
  if (model === undefined) throw new Error('the host has answered nothing')
  const [request, reply] = model
  // Fastify creates one class per host, with the decorations.
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
  // Node fills `headers` on first access, and Fastify accesses them for every request.
  raw.headers = { host: 'localhost:3000', authorization: raw.rawHeaders[3], accept: '*/*' }
  return raw
}

/** A copy of the string, because V8 stores the hash of a string that was used as a key. */
export function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

export function newConnection(): Socket {
  return new Socket()
}
