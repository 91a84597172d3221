/**
 * Sends the responses of the plugin's own routes as Buffers with a content type, so that no `preSerialization` hook and
 * no serializer of the host sees them. The host's `onSend` hooks run and may add headers, but status, content type and
 * body are restored after them.
 */

import type { FastifyInstance, FastifyReply, onSendHookHandler } from 'fastify'
import { isClosed } from './closed-response.ts'

/** Why a response was not sent: an error of the host, or a connection that was closed before. */
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
  /** Whether the last `onSend` hook has run. */
  isComplete: boolean
  unsent(failure: SendFailure): Promise<void>
}

/** The response that is being sent; `'failed'` after an error response has replaced it. */
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

/** Sends a response, unless an error response has replaced it, for example after a timeout. */
export function sendOwn(reply: FastifyReply, response: OwnResponse): FastifyReply {
  if (sendings.get(reply) !== 'failed' && !reply.sent) return send(reply, response)
  void response.onUnsent?.('failed')
  return reply
}

/** Sends an error response from one of the plugin's own error handlers. */
export function sendOwnError(reply: FastifyReply, response: OwnResponse): FastifyReply {
  return send(reply, response)
}

/**
 * Protects the responses of a scope against changes by the host's hooks.
 *
 * @param headers Set on every response of the scope, including error responses, after the host's hooks.
 */
export function keepResponses(scope: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  const restore = restoreWith(headers)
  // Route hooks run after application hooks. An `onRoute` hook of the host, such as the one of @fastify/compress, may
  // add route hooks: this `onRoute` hook runs later, so `restore` comes last.
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

/** Detects that a host hook replaced or dropped the response, or that the client disconnected before its end. */
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

/** Headers that describe a body of the host. Fastify computes the length again. */
const OF_ANOTHER_BODY = ['content-encoding', 'content-length', 'transfer-encoding']

/** The last `onSend` hook of a route: restores what the plugin sent. */
function restoreWith(headers: Readonly<Record<string, string>>): onSendHookHandler {
  return (request, reply, payload, done) => {
    // A host hook has already sent another response: a second one would be an error.
    if (reply.raw.headersSent) return
    reply.headers(headers)
    const sending = sendings.get(reply)
    if (sending === undefined || sending === 'failed') return done(null, payload)
    const { status, type, body } = sending.response
    sending.isComplete = true
    reply.code(status)
    if (type === undefined) removeHeader(reply, 'content-type')
    else reply.type(type)
    // Fastify has already set the headers of a HEAD response and removed its body.
    if (request.method === 'HEAD') return done(null, payload)
    for (const name of OF_ANOTHER_BODY) removeHeader(reply, name)
    discard(payload)
    // `undefined` would keep the payload.
    done(null, body === undefined ? null : Buffer.from(body))
  }
}

function removeHeader(reply: FastifyReply, name: string): void {
  reply.removeHeader(name)
  reply.raw.removeHeader(name)
}

/** Destroys a stream that a host hook had put in place of the body, since it will not be read. */
function discard(payload: unknown): void {
  if (typeof payload !== 'object' || payload === null || Buffer.isBuffer(payload)) return
  if ('destroy' in payload && typeof payload.destroy === 'function') payload.destroy()
  else if (payload instanceof ReadableStream) payload.cancel().catch(() => undefined)
}
