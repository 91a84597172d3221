/** The body of a chat completion. The host reads only these members; the model may read others. */
import { type Static, type TSchema, Type } from '@fastify/type-provider-typebox'

const optional = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

const TextPart = Type.Object({ type: Type.String(), text: Type.Optional(Type.String()) })

const Message = Type.Object({
  role: Type.String({ minLength: 1 }),
  content: optional(Type.Union([Type.String(), Type.Array(TextPart)])),
})

export const ChatRequest = Type.Object({
  model: Type.String({ minLength: 1 }),
  messages: Type.Array(Message, { minItems: 1 }),
  stream: optional(Type.Boolean()),
  stream_options: optional(Type.Object({ include_usage: optional(Type.Boolean()) })),
  max_tokens: optional(Type.Integer({ minimum: 1 })),
  max_completion_tokens: optional(Type.Integer({ minimum: 1 })),
  n: optional(Type.Integer({ minimum: 1 })),
})

export type ChatRequest = Static<typeof ChatRequest>

/** The last message of the user. */
export function lastUserMessage(request: ChatRequest): string {
  const content = request.messages.findLast((message) => message.role === 'user')?.content ?? ''
  if (typeof content === 'string') return content
  return content.map((part) => part.text ?? '').join(' ')
}
