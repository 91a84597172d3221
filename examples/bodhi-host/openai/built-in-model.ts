/** Serves the built-in model with OpenAI's response types: a model list, completions and streams. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ChatBackend } from './chat-backend.ts'
import { type ChatRequest, lastUserMessage } from './chat-request.ts'
import { sendEventStream, serverSentEvent } from './event-stream.ts'
import { MODEL_ID, reply as replyOf, wordsOf } from './model.ts'
import { OpenAiError } from './openai-error.ts'

export interface BuiltInModelOptions {
  /** The delay before each word of a stream. */
  readonly wordDelayMs: number
}

interface Answer {
  readonly id: string
  readonly created: number
  readonly words: readonly string[]
  readonly finishReason: 'stop' | 'length'
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}

/** The backend that needs no other server. */
export function builtInModel({ wordDelayMs }: BuiltInModelOptions): ChatBackend {
  return {
    async listModels() {
      return { object: 'list', data: [{ id: MODEL_ID, object: 'model', created: 0, owned_by: 'bodhi-host' }] }
    },

    async completeChat(chat, ending, reply) {
      const answer = answerTo(chat)
      if (!chat.stream) return completion(answer)
      return sendEventStream(reply, chunks(answer, chat, { wordDelayMs, ending }), ending)
    },
  }
}

function answerTo(chat: ChatRequest): Answer {
  if (chat.model !== MODEL_ID) {
    throw new OpenAiError(404, 'model_not_found', `The model ${chat.model} does not exist`, {
      param: 'model',
    })
  }
  if ((chat.n ?? 1) > 1) {
    throw new OpenAiError(400, 'unsupported_value', 'This model returns only one choice', { param: 'n' })
  }

  const prompt = lastUserMessage(chat)
  const most = chat.max_completion_tokens ?? chat.max_tokens ?? Number.POSITIVE_INFINITY
  const all = replyOf(prompt)
  const words = all.slice(0, most)
  const promptTokens = wordsOf(prompt).length
  return {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    words,
    finishReason: words.length < all.length ? 'length' : 'stop',
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: words.length,
      total_tokens: promptTokens + words.length,
    },
  }
}

function completion({ id, created, words, finishReason, usage }: Answer) {
  const message = { role: 'assistant', content: words.join(' '), refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }]
  return { id, object: 'chat.completion', created, model: MODEL_ID, choices, usage }
}

async function* chunks(
  answer: Answer,
  chat: ChatRequest,
  { wordDelayMs, ending }: { wordDelayMs: number; ending: AbortSignal },
): AsyncGenerator<string> {
  const withUsage = chat.stream_options?.include_usage === true
  const chunk = (choices: readonly object[], usage: Answer['usage'] | null = null) =>
    serverSentEvent({
      id: answer.id,
      object: 'chat.completion.chunk',
      created: answer.created,
      model: MODEL_ID,
      choices,
      ...(withUsage && { usage }),
    })
  const choice = (delta: object, finishReason: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }])

  yield choice({ role: 'assistant', content: '' })
  for (const [index, word] of answer.words.entries()) {
    await delay(wordDelayMs, undefined, { signal: ending })
    yield choice({ content: index === 0 ? word : ` ${word}` })
  }
  yield choice({}, answer.finishReason)
  if (withUsage) yield chunk([], answer.usage)
  yield 'data: [DONE]\n\n'
}
