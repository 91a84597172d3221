/**
 * Responses of the plugin's own routes. They are sent as bytes with a content type, so that no `preSerialization` hook and
 * no serializer of the host sees them. The host's `onSend` hooks run and may add headers; status, content type and
 * body stay as the plugin sent them.
 */

import type { FastifyInstance, FastifyReply, onSendHookHandler } from 'fastify'
import { isClosed } from './closed-response.ts'

/** Why a response did not leave: an error of the host's, or a connection that was closed before. */
export type SendFailure = 'failed' | 'closed'

export interface OwnResponse {
  readonly status: number
  /** The content type; left out for a response without a body. */
  readonly type?: string
  readonly body?: string
  /** Called once if the response could not be sent. An error response waits for it. It must not reject. */
  readonly onUnsent?: (failure: SendFailure) => Promise<void>
}

interface Sending {
  readonly response: OwnResponse
  /** Whether it came as far as the last hook. */
  isComplete: boolean
  unsent(failure: SendFailure): Promise<void>
}

/** What is being sent. `'failed'` once an error response takes its place. */
const sendings = new WeakMap<FastifyReply, Sending | 'failed'>()

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Sends JSON. */
export function sendJson(
  reply: FastifyReply,
  status: number,
  body: object,
  onUnsent?: OwnResponse['onUnsent'],
): FastifyReply {
  return sendOwn(reply, {
    ...{ status, type: JSON_TYPE, body: JSON.stringify(body) },
    ...(onUnsent && { onUnsent }),
  })
}

/** Sends a response without a body. */
export function sendNothing(reply: FastifyReply, status: number): FastifyReply {
  return sendOwn(reply, { status })
}

/** Sends a response of the plugin's own, unless an error response has taken its place, as after a timeout. */
export function sendOwn(reply: FastifyReply, response: OwnResponse): FastifyReply {
  if (sendings.get(reply) !== 'failed' && !reply.sent) return send(reply, response)
  void response.onUnsent?.('failed')
  return reply
}

/** Sends an error response from an error handler of the plugin's own. */
export function sendOwnError(reply: FastifyReply, response: OwnResponse): FastifyReply {
  return send(reply, response)
}

/**
 * Keeps the responses of a scope as they are sent.
 *
 * @param headers For every response of the scope, error responses included, whatever the host's hooks set.
 */
export function keepResponses(scope: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  const restore = restoreWith(headers)
  // Hooks of a route run after those of an application. An `onRoute` hook of the host, such as that of
  // @fastify/compress, adds to them: this scope's own comes after it.
  scope.addHook('onRoute', (route) => {
    route.onSend = [...[route.onSend ?? []].flat(), restore]
  })
  scope.addHook('onError', async (_request, reply) => {
    const sending = sendings.get(reply)
    sendings.set(reply, 'failed')
    if (sending !== undefined && sending !== 'failed') await sending.unsent('failed')
  })
}

function send(reply: FastifyReply, response: OwnResponse): FastifyReply {
  const { status, type, body, onUnsent } = response
  let unsent: Promise<void> | undefined
  const sending: Sending = {
    response,
    isComplete: false,
    unsent: (failure) => {
      unsent ??= onUnsent?.(failure) ?? Promise.resolve()
      return unsent
    },
  }
  sendings.set(reply, sending)
  if (onUnsent !== undefined) watch(reply, sending)
  if (type !== undefined) reply.type(type)
  return reply.code(status).send(body === undefined ? undefined : Buffer.from(body))
}

/** A hook of the host may send a response of its own, or none. A client may go before it has the whole response. */
function watch({ raw }: FastifyReply, sending: Sending): void {
  if (isClosed(raw)) {
    void sending.unsent('closed')
    return
  }
  let isFinished = false
  raw.once('finish', () => {
    isFinished = true
    if (!sending.isComplete) void sending.unsent('failed')
  })
  raw.once('close', () => {
    if (!isFinished) void sending.unsent('closed')
  })
}

/** What the host may have said of another body. Fastify computes the length again. */
const OF_ANOTHER_BODY = ['content-encoding', 'content-length', 'transfer-encoding']

/** The last of all hooks of a route. */
function restoreWith(headers: Readonly<Record<string, string>>): onSendHookHandler {
  return (request, reply, payload, done) => {
    // A hook of the host has sent a response of its own: a second one would be an error.
    if (reply.raw.headersSent) return
    reply.headers(headers)
    const sending = sendings.get(reply)
    if (sending === undefined || sending === 'failed') return done(null, payload)
    const { status, type, body } = sending.response
    sending.isComplete = true
    reply.code(status)
    if (type === undefined) removeHeader(reply, 'content-type')
    else reply.type(type)
    // Fastify has made the headers of a HEAD response, and left out its body.
    if (request.method === 'HEAD') return done(null, payload)
    for (const name of OF_ANOTHER_BODY) removeHeader(reply, name)
    discard(payload)
    // `undefined` would leave the payload as it is.
    done(null, body === undefined ? null : Buffer.from(body))
  }
}

function removeHeader(reply: FastifyReply, name: string): void {
  reply.removeHeader(name)
  reply.raw.removeHeader(name)
}

/** Nobody reads a stream that a hook of the host put in the place of the body. */
function discard(payload: unknown): void {
  if (typeof payload !== 'object' || payload === null || Buffer.isBuffer(payload)) return
  if ('destroy' in payload && typeof payload.destroy === 'function') payload.destroy()
  else if (payload instanceof ReadableStream) payload.cancel().catch(() => undefined)
}
