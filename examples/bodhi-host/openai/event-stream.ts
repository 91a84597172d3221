/** Sends a response as server-sent events, and ends it early with an error if necessary. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { hostStopping, OpenAiError, openAiErrorBody, tokenEnded } from './openai-error.ts'

/** One server-sent event with a JSON value. */
export function serverSentEvent(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

/**
 * Streams the parts of a response. If it must end early, or its source fails, the last event is an error and `[DONE]`
 * is not sent, so that a client can recognize an incomplete response.
 */
export function sendEventStream(
  reply: FastifyReply,
  parts: AsyncIterable<string | Uint8Array>,
  ending: AbortSignal,
): FastifyReply {
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('x-accel-buffering', 'no') // a proxy in front must not hold words back
    .send(Readable.from(untilTheEnd(parts, ending, reply), { objectMode: false, highWaterMark: 0 }))
}

async function* untilTheEnd(
  parts: AsyncIterable<string | Uint8Array>,
  ending: AbortSignal,
  reply: FastifyReply,
): AsyncGenerator<string | Uint8Array> {
  try {
    for await (const part of parts) {
      if (ending.aborted) break
      yield part
    }
  } catch (error) {
    if (!ending.aborted) {
      reply.log.error({ err: error }, 'an answer broke off')
      yield lastWords(new OpenAiError(502, 'upstream_failed', 'The answer broke off'))
      return
    }
  }
  const error = errorOf(ending)
  if (error) yield lastWords(error)
}

/** The error for a response that ended early; `null` if the client has disconnected. */
export function errorOf(ending: AbortSignal): OpenAiError | null {
  if (ending.reason === 'token_ended') return tokenEnded()
  if (ending.reason === 'host_stopping') return hostStopping()
  return null
}

/** The blank lines at the start end an event that was interrupted. */
function lastWords(error: OpenAiError): string {
  return `\n\n${serverSentEvent(openAiErrorBody(error))}`
}
