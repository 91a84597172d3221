/** The interface of the model's backends: the built-in model, or another server. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ChatRequest } from './chat-request.ts'

export interface ChatBackend {
  /** Handles `GET /v1/models`. */
  listModels(ending: AbortSignal, reply: FastifyReply): Promise<unknown>

  /** Handles `POST /v1/chat/completions`. */
  completeChat(chat: ChatRequest, ending: AbortSignal, reply: FastifyReply): Promise<unknown>
}

/** Why a response must end early: the `reason` of the signal that backends receive. */
export type Ending = 'client_gone' | 'token_ended' | 'host_stopping'

/**
 * Aborts when a response must end early: the client disconnected, its token ended, or the host stops.
 * Without a token (the non-authenticated mode) only the other two apply.
 */
export function endingOf(request: FastifyRequest, reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const ending = new AbortController()
  const follow = (signal: AbortSignal | undefined, reason: Ending) => {
    if (!signal) return
    const end = () => ending.abort(reason)
    if (signal.aborted) return end()
    signal.addEventListener('abort', end, { once: true })
    reply.raw.once('close', () => signal.removeEventListener('abort', end))
  }

  follow(request.apiToken?.signal, 'token_ended')
  follow(stopping, 'host_stopping')
  reply.raw.once('close', () => ending.abort('client_gone' satisfies Ending))
  return ending.signal
}
