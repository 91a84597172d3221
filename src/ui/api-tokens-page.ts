/** Serves the API Tokens page: its HTML, and its script and style under names that change with their content. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hiddenRoute, markOwnScope } from '../http/own-routes.ts'
import { type Asset, scriptAsset, styleAsset } from './asset.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { defaultLayout } from './layout.ts'
import { messagesFor } from './messages/languages.ts'
import type { Messages } from './messages/messages.ts'
import { pageContent } from './page-content.ts'
import { type ApiTokensPageOptions, readPageOptions } from './page-options.ts'

const HTML = 'text/html; charset=utf-8'
const IMMUTABLE = 'public, max-age=31536000, immutable'

/**
 * Registers the page under its prefix. The page itself needs no session: its script calls the token routes, which call
 * `authenticateUser`.
 *
 * @example app.register(apiTokensPage, { prefix: '/settings/api-tokens', signInUrl: '/sign-in' })
 */
export async function apiTokensPage(fastify: FastifyInstance, options: ApiTokensPageOptions): Promise<void> {
  const settings = readPageOptions(options)
  const messages: Messages = { ...messagesFor(settings.lang), ...settings.messages }
  const { prefix } = fastify
  const content = pageContent({
    settings,
    messages,
    scriptUrl: `${prefix}/${scriptAsset.name}`,
    styleUrl: `${prefix}/${styleAsset.name}`,
  })
  const layout = settings.layout ?? defaultLayout
  // A hook of the whole application skips the page: the token routes that it calls have their own checks.
  markOwnScope(fastify)

  fastify.get('/', hiddenRoute, async (request, reply) => {
    const page = await layout(content, request)
    // Sent as a Buffer, so that no serializer of the host sees it.
    return reply.headers(PAGE_HEADERS).type(HTML).send(Buffer.from(page))
  })
  for (const asset of [scriptAsset, styleAsset]) {
    fastify.get(`/${asset.name}`, hiddenRoute, async (request, reply) => sendAsset(asset, request, reply))
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
      'cache-control': IMMUTABLE,
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    })
    .type(asset.type)
    .send(content)
}
