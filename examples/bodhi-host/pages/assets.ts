/** Serves the script and the style of the host's pages. They are public and revalidated by ETag. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import caching from '@fastify/caching'
import type { FastifyPluginAsync } from 'fastify'

const ASSETS = [
  { file: 'users.js', type: 'text/javascript; charset=utf-8' },
  { file: 'bodhi.css', type: 'text/css; charset=utf-8' },
]

const MAX_AGE_SECONDS = 60
const ETAG_LIFE_MS = 24 * 60 * 60 * 1000

/** Registers the assets, with @fastify/etag only for them: protected routes must not use it. */
export const assets: FastifyPluginAsync = async (app) => {
  await app.register(caching, { privacy: caching.privacy.PUBLIC, expiresIn: MAX_AGE_SECONDS })

  for (const { file, type } of ASSETS) {
    const source = readFileSync(join(import.meta.dirname, 'assets', file))
    const etag = `"${createHash('sha256').update(source).digest('base64url')}"`
    app.get(`/${file}`, { schema: { hide: true } }, async (_, reply) => {
      return reply.etag(etag, ETAG_LIFE_MS).type(type).send(source)
    })
  }
}
