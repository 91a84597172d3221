/** Serves the API Tokens page: its HTML, and what it is made of, under names that change with their content. */

import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { announceOwnRoutes, ownRoute } from '../http/own-routes.ts'
import { type Asset, scriptAsset, styleAsset } from './asset.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { defaultLayout } from './layout.ts'
import { messagesFor } from './messages/languages.ts'
import type { Messages } from './messages/messages.ts'
import { type ApiTokensPageOptions, readPageOptions } from './page-options.ts'
import { pageParts } from './page-parts.ts'

const HTML = 'text/html; charset=utf-8'
const PUBLIC_FOR_EVER = 'public, max-age=31536000, immutable'

/**
 * Registers the page under its prefix. It needs no session of its own: its script asks the token routes, which ask
 * `authenticateUser`.
 *
 * @example app.register(apiTokensPage, { prefix: '/settings/api-tokens', signInUrl: '/sign-in' })
 */
export async function apiTokensPage(fastify: FastifyInstance, options: ApiTokensPageOptions): Promise<void> {
  const settings = readPageOptions(options)
  const messages: Messages = { ...messagesFor(settings.lang), ...settings.messages }
  const { prefix } = fastify
  const parts = pageParts({
    settings,
    messages,
    scriptUrl: `${prefix}/${scriptAsset.name}`,
    styleUrl: `${prefix}/${styleAsset.name}`,
  })
  const layout = settings.layout ?? defaultLayout
  // A hook of the whole application leaves the page to the checks of the routes that it asks.
  announceOwnRoutes(fastify)

  const schema: FastifySchema & { hide: boolean } = { hide: true }
  const own = { schema, config: ownRoute }
  fastify.get('/', own, async (request, reply) => {
    const page = await layout(parts, request)
    // As bytes, so that no serializer of the host sees it.
    return reply.headers(PAGE_HEADERS).type(HTML).send(Buffer.from(page))
  })
  for (const asset of [scriptAsset, styleAsset]) {
    fastify.get(`/${asset.name}`, own, async (request, reply) => sendAsset(asset, request, reply))
  }
}

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

function sendAsset(asset: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { encoding, content } = asset.encodedFor(request.headers['accept-encoding'])
  if (encoding !== undefined) reply.header('content-encoding', encoding)
  return reply
    .headers({
      'cache-control': PUBLIC_FOR_EVER,
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    })
    .type(asset.type)
    .send(content)
}
