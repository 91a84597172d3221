/** The OpenAI-compatible routes, `/v1/models` and `/v1/chat/completions`, each behind its scope. */
import caching from '@fastify/caching'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { requireScopes } from 'fastify-api-tokens'
import { type ChatBackend, endingOf } from './chat-backend.ts'
import { ChatRequest } from './chat-request.ts'
import { OpenAiError, OpenAiErrorBody, sendOpenAiError } from './openai-error.ts'

const documented = { tags: ['Model'], security: [{ apiToken: [] }] }

/** Registers the routes. */
export const openAiRoutes: FastifyPluginAsyncTypebox<{ backend: ChatBackend }> = async (app, { backend }) => {
  // Clients may cache a response but must revalidate it. Do not use `reply.etag` here: @fastify/etag responds 304 in
  // `onRequest`, before the token is verified.
  await app.register(caching, { privacy: caching.privacy.NOCACHE })
  app.setErrorHandler(sendOpenAiError)
  app.setNotFoundHandler((request) => {
    throw new OpenAiError(404, 'unknown_url', `There is no ${request.method} ${request.url.split('?')[0]}`)
  })

  const stopping = new AbortController()
  app.addHook('preClose', async () => stopping.abort())

  app.get(
    '/models',
    {
      schema: {
        ...documented,
        operationId: 'listModels',
        summary: 'List the models (scope models:read)',
        response: { 200: { description: 'The models' }, '4xx': OpenAiErrorBody },
      },
      onRequest: requireScopes('models:read'),
    },
    async (request, reply) => backend.listModels(endingOf(request, reply, stopping.signal), reply),
  )

  app.post(
    '/chat/completions',
    {
      schema: {
        ...documented,
        operationId: 'createChatCompletion',
        summary: 'Chat with a model, with or without a stream (scope chat:write)',
        body: ChatRequest,
        response: { 200: { description: 'The completion, or its events' }, '4xx': OpenAiErrorBody },
      },
      // On `onRequest`, so that the body of an unauthenticated request is never parsed.
      onRequest: requireScopes('chat:write'),
    },
    async (request, reply) =>
      backend.completeChat(request.body, endingOf(request, reply, stopping.signal), reply),
  )
}
