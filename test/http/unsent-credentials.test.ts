/** A token whose credential could not be sent is revoked, and a rotation is canceled. */

import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions, verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

interface Logged {
  readonly level: number
  readonly msg: string
  readonly tokenId?: string
}

interface FailingHost {
  readonly app: FastifyInstance
  readonly logged: Logged[]
  readonly store: ReturnType<typeof countingStore>
  /** Whether the host's hook does what it does, as of the next request. */
  fails: boolean
}

/** Adds a hook that asks `fails` each time. */
type AddHook = (app: FastifyInstance, fails: () => boolean) => void

async function startHost(
  t: Test,
  addHook: AddHook,
  server: FastifyServerOptions = {},
  options: ApiTokensOptions = {},
): Promise<FailingHost> {
  const logged: Logged[] = []
  const stream = { write: (line: string) => logged.push(JSON.parse(line)) }
  const app = Fastify({ ...server, logger: { level: 'warn', stream } })
  t.teardown(() => app.close())
  const store = countingStore(memoryTokenStore())
  const host = { app, logged, store, fails: false }
  addHook(app, () => host.fails)
  await app.register(apiTokens, {
    ...{ store, keys: [hs256Key()], authenticateUser: () => ({ id: 'ada' }) },
    ...options,
  })
  app.get('/protected', { onRequest: verifyApiToken }, async () => ({}))
  await app.ready()
  return host
}

const post = (app: FastifyInstance, url = '/tokens', payload: Record<string, unknown> = {}) =>
  app.inject({ method: 'POST', url, payload })

async function statuses(app: FastifyInstance): Promise<string[]> {
  const { data } = await app.apiTokens.list({ userId: 'ada' })
  return data.map(({ status }) => status)
}

const FAILURES: Readonly<Record<string, AddHook>> = {
  'an onSend that throws': (app, fails) =>
    app.addHook('onSend', () => {
      if (fails()) throw new Error('of the host')
      return Promise.resolve()
    }),
  'an onSend that rejects': (app, fails) =>
    app.addHook('onSend', async () => {
      if (fails()) throw new Error('of the host')
    }),
  'an onSend that calls done with an error later': (app, fails) =>
    app.addHook('onSend', (_request, _reply, payload, done) => {
      setTimeout(() => (fails() ? done(new Error('of the host')) : done(null, payload)), 2)
    }),
  'an onSend that throws nothing': (app, fails) =>
    app.addHook('onSend', async () => {
      if (fails()) throw undefined
    }),
  'an onSend of a route that an onRoute hook adds': (app, fails) =>
    app.addHook('onRoute', (route) => {
      route.onSend = async () => {
        if (fails()) throw new Error('of the host')
      }
    }),
  'a header that cannot be sent': (app, fails) =>
    app.addHook('onSend', async (_request, { raw }, payload) => {
      if (fails()) Object.defineProperty(raw, 'writeHead', { value: failOnce(raw.writeHead), writable: true })
      return payload
    }),
  'an error handler of the host, which responds 200': (app, fails) => {
    app.addHook('onSend', async () => {
      if (fails()) throw new Error('of the host')
    })
    app.setErrorHandler<{ statusCode?: number }>(({ statusCode = 200 }, _request, reply) =>
      reply.code(statusCode).send({ fine: true }),
    )
  },
}

function failOnce(writeHead: (...args: never[]) => unknown) {
  let failed = false
  return function (this: unknown, ...args: never[]) {
    if (failed) return Reflect.apply(writeHead, this, args)
    failed = true
    throw new TypeError('Invalid character in header content')
  }
}

for (const [name, addHook] of Object.entries(FAILURES)) {
  t.test(`an issue whose response fails leaves no token: ${name}`, async (t) => {
    const host = await startHost(t, addHook)
    const { app, logged } = host
    host.fails = true
    const failed = await post(app)
    t.not(failed.statusCode, 201)
    t.notMatch(failed.body, '"token"')
    t.same(await statuses(app), ['revoked'], 'by the time of the response')
    const [token] = (await app.apiTokens.list({ userId: 'ada' })).data
    t.equal(token?.statusReason, 'not_delivered')
    const errors = logged.filter(({ level, tokenId }) => level === 50 && tokenId === token?.id)
    t.match(errors, [{ msg: /was revoked: a hook of the host failed after it was issued/ }])
    host.fails = false
    const issued = await post(app)
    t.equal(issued.statusCode, 201)
    t.equal(await statusOf(app, issued.json().token), 200)
  })

  t.test(`a rotation whose response fails is cancelled: ${name}`, async (t) => {
    const host = await startHost(t, addHook)
    const { app } = host
    const { id, token } = (await post(app)).json()
    for (const payload of [{}, { grace_period: 0 }, { grace_period: 60 }]) {
      host.fails = true
      t.not((await post(app, `/tokens/${id}/rotate`, payload)).statusCode, 201)
      host.fails = false
      t.equal(await statusOf(app, token), 200, `the predecessor works: ${JSON.stringify(payload)}`)
      const predecessor = await app.apiTokens.get(id)
      t.match(predecessor, { status: 'active', expiresAt: null })
      t.same(
        (await statuses(app)).filter((status) => status === 'active').length,
        1,
        'the successor has ended',
      )
      host.fails = false
    }
    const rotated = await post(app, `/tokens/${id}/rotate`)
    t.equal(rotated.statusCode, 201)
    t.equal(await statusOf(app, rotated.json().token), 200)
    t.equal(await statusOf(app, token), 401, 'and a rotation whose response was sent ends it')
  })
}

t.test("the host's error handler sees the error, and the token is revoked by then", async (t) => {
  const seen: unknown[] = []
  const host = await startHost(t, (app, fails) => {
    app.addHook('onSend', async () => {
      if (fails()) throw new Error('of the host')
    })
    app.setErrorHandler(async (error: Error, _request, reply) => {
      host.fails = false
      seen.push(error.message, await statuses(app))
      return reply.code(418).send({ problem: true })
    })
  })
  host.fails = true
  const response = await post(host.app)
  t.equal(response.statusCode, 418)
  t.same(response.json(), { problem: true })
  t.same(seen, ['of the host', ['revoked']])
})

/** Waits until the one token that was issued has a status. */
async function becomes(t: Test, app: FastifyInstance, status: string): Promise<void> {
  for (let n = 0; n < 100; n += 1) {
    if ((await statuses(app)).join() === status) break
    await wait(10)
  }
  t.same(await statuses(app), [status])
}

t.test('a hook of the host that sends another response ends the token', async (t) => {
  const ways: Record<string, AddHook> = {
    'and goes on': (app, fails) =>
      app.addHook('onSend', async (_request, reply, payload) => {
        if (fails()) reply.raw.writeHead(204).end()
        return payload
      }),
    'and hijacks': (app, fails) =>
      app.addHook('onSend', async (_request, reply, payload) => {
        if (!fails()) return payload
        reply.hijack()
        reply.raw.end('of the host')
        return payload
      }),
    'and never calls done': (app, fails) =>
      app.addHook('onSend', (_request, reply, payload, done) => {
        if (fails()) reply.raw.end('of the host')
        else done(null, payload)
      }),
  }
  for (const [name, addHook] of Object.entries(ways)) {
    const host = await startHost(t, addHook)
    host.fails = true
    t.notMatch((await post(host.app)).body, '"token"', name)
    await becomes(t, host.app, 'revoked')
    t.match(host.logged, [{ level: 50, msg: /was revoked/ }], name)
  }
})

t.test('a client that disconnects before its response ends the token', async (t) => {
  const ways: Record<string, AddHook> = {
    'while a hook of the host works': (app) =>
      app.addHook('onSend', async (_request, reply, payload) => {
        await once(reply.raw, 'close')
        return payload
      }),
    'before the token is issued': (app) =>
      app.addHook('preHandler', async (_request, reply) => void (await once(reply.raw, 'close'))),
    'while a hook of the host never ends': (app) => app.addHook('onSend', () => undefined),
  }
  for (const [name, addHook] of Object.entries(ways)) {
    const host = await startHost(t, addHook)
    await host.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = host.app.server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    socket.write('POST /tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
    await wait(100)
    socket.destroy()
    await becomes(t, host.app, 'revoked')
    t.match(host.logged, [{ level: 40, msg: /its client disconnected before the credential was sent/ }], name)
  }
})

t.test('a token that is issued after a timeout of the host is revoked', async (t) => {
  const slow = { findUser: async () => wait(150, { active: true }) }
  const host = await startHost(t, () => undefined, { handlerTimeout: 50 }, slow)
  t.equal((await post(host.app)).statusCode, 503)
  await becomes(t, host.app, 'revoked')
  t.match(host.logged.at(-1), { level: 50, msg: /was revoked/ })
})

t.test('when the store is unavailable, a log line names the token that was not revoked', async (t) => {
  const host = await startHost(t, (app, fails) =>
    app.addHook('onSend', async () => {
      if (!fails()) return
      host.store.outage = new Error('gone')
      throw new Error('of the host')
    }),
  )
  host.fails = true
  t.equal((await post(host.app)).statusCode, 500)
  host.store.outage = undefined
  const [token] = (await host.app.apiTokens.list({ userId: 'ada' })).data
  t.match(host.logged[0], { level: 50, tokenId: token?.id, msg: /could not be revoked/ })
})

t.test('a credential that was sent stays valid, with HTTP/1.1, keep-alive and HTTP/2', async (t) => {
  const host = await startHost(t, () => undefined)
  await host.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = host.app.server.address() as AddressInfo
  const credentials: string[] = []
  for (const connection of ['close', 'keep-alive', 'keep-alive']) {
    const response = await fetch(`http://127.0.0.1:${port}/tokens`, {
      method: 'POST',
      headers: { connection },
    })
    const { token } = (await response.json()) as { token: string }
    credentials.push(token)
  }
  await wait(50)
  for (const credential of credentials) t.equal(await statusOf(host.app, credential), 200)
  t.same(host.logged, [])

  const server: object = { http2: true }
  const second = await startHost(t, () => undefined, server)
  await second.app.listen({ host: '127.0.0.1', port: 0 })
  const address = second.app.server.address() as AddressInfo
  const session = connectHttp2(`http://127.0.0.1:${address.port}`)
  const stream = session.request({ ':method': 'POST', ':path': '/tokens' })
  stream.end()
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  session.close()
  await once(session, 'close')
  await wait(50)
  t.same(await statuses(second.app), ['active'], JSON.parse(Buffer.concat(chunks).toString()).id)
  t.same(second.logged, [])
})
