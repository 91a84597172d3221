/** Serves a page: its HTML, and its script and style under names that change with their content. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hiddenRoute, markOwnScope } from '../http/own-routes.ts'
import { type Asset, styleAsset } from './asset.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { defaultLayout } from './layout.ts'
import { type PageContentRequest, pageContent } from './page-content.ts'

const HTML = 'text/html; charset=utf-8'
const IMMUTABLE = 'public, max-age=31536000, immutable'

export interface ServedPage extends Pick<PageContentRequest, 'element' | 'settings' | 'messages'> {
  /** The bundled element. */
  readonly script: Asset
}

/** Registers the routes of the page in this scope. */
export function servePage(fastify: FastifyInstance, { script, ...page }: ServedPage): void {
  const { prefix } = fastify
  const content = pageContent({
    ...page,
    scriptUrl: `${prefix}/${script.name}`,
    styleUrl: `${prefix}/${styleAsset.name}`,
  })
  const layout = page.settings.layout ?? defaultLayout
  // A hook of the whole application skips the page: the routes that it calls have their own checks.
  markOwnScope(fastify)

  fastify.get('/', hiddenRoute, async (request, reply) => {
    const document = await layout(content, request)
    // Sent as a Buffer, so that no serializer of the host sees it.
    return reply.headers(PAGE_HEADERS).type(HTML).send(Buffer.from(document))
  })
  for (const asset of [script, styleAsset]) {
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
