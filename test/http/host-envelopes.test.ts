/** Hosts that change all responses do not change those of the plugin's own routes. */

import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance, type FastifyServerOptions, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'

interface HostStyle {
  readonly server?: FastifyServerOptions
  readonly change?: (app: FastifyInstance) => void
}

/** Ways in which a host changes its responses. Each also adds a header, which may stay. */
const STYLES: Readonly<Record<string, HostStyle>> = {
  'a preSerialization that wraps': {
    change: (app) =>
      app.addHook('preSerialization', async (_request, _reply, payload) => ({ data: payload })),
  },
  'a preSerialization that throws': {
    change: (app) =>
      app.addHook('preSerialization', async () => {
        throw new Error('of the host')
      }),
  },
  setReplySerializer: { change: (app) => app.setReplySerializer(() => 'of the host') },
  setSerializerCompiler: { change: (app) => app.setSerializerCompiler(() => () => 'of the host') },
  'a schemaController': {
    server: {
      schemaController: {
        compilersFactory: { buildSerializer: () => () => () => 'of the host' },
      } as NonNullable<FastifyServerOptions['schemaController']>,
    },
  },
  'a serializer of the reply': {
    change: (app) =>
      app.addHook('preHandler', async (_request, reply) => {
        reply.type('text/plain').serializer(() => 'of the host')
      }),
  },
  'an onSend that wraps': {
    change: (app) =>
      app.addHook('onSend', async (_request, reply, payload) => {
        reply.header('content-length', '5').type('application/vnd.host+json')
        return `{"data":${payload}}`
      }),
  },
  'an onSend that wraps later': {
    change: (app) =>
      app.addHook('onSend', (_request, _reply, payload, done) => {
        setTimeout(() => done(null, `{"data":${payload}}`), 5)
      }),
  },
  'an onSend that compresses': {
    change: (app) =>
      app.addHook('onSend', async (_request, reply, payload) => {
        reply.header('content-encoding', 'gzip')
        return gzipSync(String(payload))
      }),
  },
  'an onSend of a route that an onRoute hook adds, as @fastify/compress does': {
    change: (app) =>
      app.addHook('onRoute', (route) => {
        const compress = async (
          _request: unknown,
          reply: { header(name: string, value: string): unknown },
        ) => {
          reply.header('content-encoding', 'gzip')
          return Readable.from(gzipSync('of the host'))
        }
        route.onSend = [...[route.onSend ?? []].flat(), compress]
      }),
  },
  'an onSend that returns a stream': {
    change: (app) =>
      app.addHook('onSend', async (_request, reply) => {
        reply.header('transfer-encoding', 'chunked')
        return Readable.from(['of the host'])
      }),
  },
  'an onSend that returns a web stream': {
    change: (app) => app.addHook('onSend', async () => new Blob(['of the host']).stream()),
  },
  'an onSend that returns nothing': { change: (app) => app.addHook('onSend', async () => '') },
  'an onSend that returns null': { change: (app) => app.addHook('onSend', async () => null) },
  'an onSend that returns undefined': { change: (app) => app.addHook('onSend', async () => undefined) },
  'an onSend that changes the bytes': {
    change: (app) =>
      app.addHook('onSend', async (_request, _reply, payload) => {
        if (Buffer.isBuffer(payload)) payload.fill('x')
        return payload
      }),
  },
  'an onSend that responds 304, as ETag plugins do': {
    change: (app) =>
      app.addHook('onSend', async (_request, reply) => {
        reply.header('etag', '"1"').code(304)
        return ''
      }),
  },
  'an onSend that sets headers on the raw response': {
    change: (app) =>
      app.addHook('onSend', async (_request, { raw }, payload) => {
        raw.setHeader('content-encoding', 'br')
        raw.setHeader('content-length', '1')
        raw.setHeader('cache-control', 'public')
        return payload
      }),
  },
  'an onSend that caches': {
    change: (app) =>
      app.addHook('onSend', async (_request, reply, payload) => {
        reply.header('cache-control', 'public, max-age=60')
        return payload
      }),
  },
}

async function startHost(t: Test, { server = {}, change = () => undefined }: HostStyle) {
  const app = Fastify(server)
  t.teardown(() => app.close())
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('x-host', 'ada')
    return payload
  })
  change(app)
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    scopes: { read: 'Read' },
    authenticateUser: ({ headers }) => (headers.cookie === 'ada' ? { id: 'ada' } : null),
  })
  await app.ready()
  return app
}

for (const [name, style] of Object.entries(STYLES)) {
  t.test(`the management routes respond unchanged: ${name}`, async (t) => {
    const app = await startHost(t, style)
    const send = async (request: InjectOptions, status: number) => {
      const response = await app.inject({ headers: { cookie: 'ada' }, ...request })
      const of = `${request.method ?? 'GET'} ${request.url}`
      t.equal(response.statusCode, status, of)
      t.equal(response.headers['cache-control'], 'no-store', of)
      t.equal(response.headers['content-encoding'], undefined, of)
      t.equal(response.headers['x-host'], 'ada', of)
      const isEmpty = status === 204
      t.equal(response.headers['content-type'], isEmpty ? undefined : 'application/json; charset=utf-8', of)
      if (isEmpty) {
        t.equal(response.body, '', of)
        return {}
      }
      t.equal(response.headers['content-length'], String(Buffer.byteLength(response.body)), of)
      return response.json()
    }
    const issued = await send(
      { method: 'POST', url: '/tokens', payload: { name: 'ci', scopes: ['read'] } },
      201,
    )
    t.match(issued, { name: 'ci', status: 'active', token_type: 'Bearer', scopes: ['read'] })
    const bearer = { authorization: `Bearer ${issued.token}` }
    t.match(await send({ url: '/tokens/current', headers: bearer }, 200), { id: issued.id })
    t.match(await send({ url: '/tokens' }, 200), { data: [{ id: issued.id }], total: 1 })
    t.match(await send({ url: '/tokens/scopes' }, 200), { data: [{ name: 'read', description: 'Read' }] })
    t.match(await send({ url: `/tokens/${issued.id}` }, 200), { id: issued.id, name: 'ci' })
    t.equal((await send({ url: `/tokens/${issued.id}/usage?days=1` }, 200)).data.length, 1)
    const renamed = { method: 'PATCH', url: `/tokens/${issued.id}`, payload: { name: 'new' } } as const
    t.match(await send(renamed, 200), { name: 'new' })
    const rotated = await send({ method: 'POST', url: `/tokens/${issued.id}/rotate` }, 201)
    t.match(rotated, { name: 'new', status: 'active', token: String })
    await send({ method: 'DELETE', url: `/tokens/${issued.id}` }, 204)
    const successor = { authorization: `Bearer ${rotated.token}` }
    await send({ method: 'DELETE', url: '/tokens/current', headers: successor }, 204)
    t.equal((await app.apiTokens.get(rotated.id)).status, 'revoked')
  })
}

t.test('HEAD responds without a body, and with no-store', async (t) => {
  const app = await startHost(t, STYLES['an onSend that wraps'] ?? {})
  const response = await app.inject({ method: 'HEAD', url: '/tokens', headers: { cookie: 'ada' } })
  t.equal(response.statusCode, 200)
  t.equal(response.body, '')
  t.equal(response.headers['cache-control'], 'no-store')
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
})

t.test("errors have the form of Fastify, or that of the host's own error handler", async (t) => {
  const plain = await startHost(t, {
    change: (app) =>
      app.addHook('preSerialization', async (_request, _reply, payload) => ({ data: payload })),
  })
  for (const [url, status, code] of [
    ['/tokens', 401, 'FST_API_TOKENS_USER_REQUIRED'],
    ['/tokens/current', 401, 'FST_API_TOKENS_MISSING'],
    ['/tokens?limit=x', 400, 'FST_ERR_VALIDATION'],
  ] as const) {
    const headers = status === 400 ? { cookie: 'ada' } : {}
    const response = await plain.inject({ url, headers })
    t.equal(response.statusCode, status, url)
    t.match(response.json(), { statusCode: status, code, message: String, error: String }, url)
    t.equal(response.headers['cache-control'], 'no-store')
  }
  const own = await startHost(t, {
    change: (app) => {
      app.addHook('preSerialization', async (_request, _reply, payload) => ({ wrapped: payload }))
      app.setErrorHandler<{ code: string; statusCode: number }>(({ code, statusCode }, _request, reply) =>
        reply.code(statusCode).send({ problem: code }),
      )
    },
  })
  const refused = await own.inject('/tokens/current')
  t.equal(refused.statusCode, 401)
  t.same(refused.json(), { wrapped: { problem: 'FST_API_TOKENS_MISSING' } })
  t.match(refused.headers['www-authenticate'], 'Bearer realm=')
  t.equal(refused.headers['cache-control'], 'no-store')
})
