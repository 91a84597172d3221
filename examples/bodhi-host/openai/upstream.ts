/** Forwards the model's routes to an OpenAI-compatible server, with the host's key instead of the client's token. */
import type { FastifyReply } from 'fastify'
import type { UpstreamSettings } from '../settings.ts'
import type { ChatBackend } from './chat-backend.ts'
import { errorOf, sendEventStream } from './event-stream.ts'
import { OpenAiError } from './openai-error.ts'

interface UpstreamRequest {
  readonly path: string
  readonly body?: unknown
  readonly ending: AbortSignal
  readonly reply: FastifyReply
}

/** The backend that forwards to another server. */
export function upstream(settings: UpstreamSettings): ChatBackend {
  return {
    listModels: (ending, reply) => passOn(settings, { path: '/models', ending, reply }),
    completeChat: (body, ending, reply) =>
      passOn(settings, { path: '/chat/completions', body, ending, reply }),
  }
}

async function passOn(settings: UpstreamSettings, request: UpstreamRequest): Promise<unknown> {
  const { ending, reply } = request
  const answer = await ask(settings, request)

  // The client's token is valid. The upstream refused the host's own key, so a 401 would mislead the client.
  if (answer.status === 401 || answer.status === 403) {
    await answer.body?.cancel()
    throw new OpenAiError(502, 'upstream_refused', "The upstream refused the host's key")
  }

  const type = answer.headers.get('content-type') ?? 'application/json'
  reply.code(answer.status)
  if (answer.body && type.startsWith('text/event-stream')) return sendEventStream(reply, answer.body, ending)
  return reply.type(type).send(await wholeBody(answer, ending))
}

/** Sends the request without the client's headers, and waits until the response begins. */
async function ask(settings: UpstreamSettings, { path, body, ending }: UpstreamRequest): Promise<Response> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), settings.timeoutMs)
  try {
    return await fetch(`${settings.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(settings.apiKey !== null && { authorization: `Bearer ${settings.apiKey}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error', // the key must not follow wherever a redirect leads
      signal: AbortSignal.any([ending, late.signal]),
    })
  } catch (cause) {
    const early = errorOf(ending)
    if (early) throw early
    if (late.signal.aborted) {
      throw new OpenAiError(504, 'upstream_timeout', 'The upstream took too long to respond', { cause })
    }
    throw new OpenAiError(502, 'upstream_unreachable', 'The upstream cannot be reached', { cause })
  } finally {
    clearTimeout(timer)
  }
}

async function wholeBody(answer: Response, ending: AbortSignal): Promise<Buffer> {
  try {
    return Buffer.from(await answer.arrayBuffer())
  } catch (cause) {
    throw errorOf(ending) ?? new OpenAiError(502, 'upstream_failed', 'The answer broke off', { cause })
  }
}
