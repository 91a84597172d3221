/** The cached header of a connection never has another result than the verification cache. */

import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, connect as openSocket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { ConnectionMemory } from '../../src/http/connection-memory.ts'
import apiTokens from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { FORGED } from '../../src/verification/verification-entry.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

interface Answer {
  readonly status: number
  readonly body: { readonly userId?: string }
  /** The client's port: the same for two requests on one connection. */
  readonly port: number | undefined
}

/** One keep-alive connection for requests one after another. */
async function connect(t: Test, app: FastifyInstance) {
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  return (credential: string, path = '/protected'): Promise<Answer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const headers = { authorization: `Bearer ${credential}` }
    const sent = request({ agent, port, path, headers }, async (response) => {
      const clientPort = response.socket.localPort
      const body = JSON.parse((await response.toArray()).join(''))
      resolve({ status: response.statusCode ?? 0, body, port: clientPort })
    })
    sent.on('error', reject)
    sent.end()
    return promise
  }
}

/** As often as it takes until the token is stored for the connection. */
async function carry(t: Test, get: (credential: string) => Promise<Answer>, credential: string) {
  for (let times = 0; times < 3; times += 1) t.equal((await get(credential)).status, 200)
}

t.test('a connection with the same token in each request reads nothing, and every use counts', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { id, token } = await issue(app, 'ada')
  const get = await connect(t, app)
  const first = await get(token)
  const reads = store.reads()
  for (let times = 0; times < 9; times += 1) t.match(await get(token), { status: 200, port: first.port })
  t.equal(store.reads(), reads)
  t.match(await app.apiTokens.get(id), { useCount: 10 })
})

t.test('promise 11: a token that only one connection uses is not evicted while it is used', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store, cache: { max: 2 } })
  const [used, idle, other] = [await issue(app, 'ada'), await issue(app, 'bob'), await issue(app, 'eve')]
  const get = await connect(t, app)
  await carry(t, get, used.token)
  t.equal(await statusOf(app, idle.token), 200)
  t.equal((await get(used.token)).status, 200)
  t.equal(await statusOf(app, other.token), 200)
  const reads = store.reads()
  t.equal((await get(used.token)).status, 200)
  t.equal(store.reads(), reads, 'the entry is still in the cache')
})

t.test('promise 4: it refuses the next request after a revocation, disabling and deactivation', async (t) => {
  const { app } = await startHost(t)
  const get = await connect(t, app)
  const revoked = await issue(app, 'ada')
  await carry(t, get, revoked.token)
  await app.apiTokens.revoke(revoked.id)
  t.equal((await get(revoked.token)).status, 401)

  const off = await issue(app, 'ada')
  await carry(t, get, off.token)
  await app.apiTokens.update(off.id, { status: 'inactive' })
  t.equal((await get(off.token)).status, 401)
  await app.apiTokens.update(off.id, { status: 'active' })
  await carry(t, get, off.token)
  await app.apiTokens.deactivateUser('ada')
  t.equal((await get(off.token)).status, 401)
})

t.test(
  'promise 11: its cached entry ends with the ttl, at expiry and when the token becomes idle',
  async (t) => {
    const store = countingStore(memoryTokenStore())
    const { app, clock } = await startHost(t, { store, cache: { ttl: '60s' }, idleTimeout: '10m' })
    const get = await connect(t, app)
    const { token } = await issue(app, 'ada', { expires_in: 90 })
    await carry(t, get, token)
    const reads = store.reads()
    clock.advance(59_999)
    t.equal((await get(token)).status, 200)
    t.equal(store.reads(), reads)
    clock.advance(1)
    await carry(t, get, token)
    t.equal(store.reads(), reads + 1)
    clock.advance(29_999)
    t.equal((await get(token)).status, 200)
    clock.advance(1)
    t.equal((await get(token)).status, 401)

    const idle = await issue(app, 'ada')
    await carry(t, get, idle.token)
    clock.advance('10m')
    clock.advance(1)
    t.equal((await get(idle.token)).status, 401)
  },
)

t.test('alternating tokens on one connection, as behind a proxy, are never confused', async (t) => {
  const { app } = await startHost(t)
  const get = await connect(t, app)
  const ada = await issue(app, 'ada')
  const bob = await issue(app, 'bob')
  for (let turns = 0; turns < 3; turns += 1) {
    for (let times = 0; times <= turns; times += 1)
      t.match(await get(ada.token), { status: 200, body: { userId: 'ada' } })
    t.match(await get(bob.token), { status: 200, body: { userId: 'bob' } })
    t.equal((await get(`${ada.token}x`)).status, 401)
  }
})

t.test('a header is stored when it comes twice in a row, and not when tokens alternate', async (t) => {
  const memory = new ConnectionMemory()
  const carried = (authorization: string) => ({
    headers: { authorization },
    rawHeaders: ['Authorization', authorization],
  })
  const [ada, bob] = [
    { ...FORGED, live: true },
    { ...FORGED, live: true },
  ]
  for (let turns = 0; turns < 3; turns += 1) {
    for (const [header, entry] of [
      ['Bearer ada', ada],
      ['Bearer bob', bob],
    ] as const) {
      t.equal(memory.entryFor(carried(header)), undefined)
      memory.store(carried(header), entry)
    }
  }
  memory.store(carried('Bearer bob'), bob)
  t.equal(memory.entryFor(carried('Bearer bob')), bob)
  t.equal(memory.entryFor(carried('Bearer ada')), undefined)
  memory.store(carried('Bearer ada'), ada)
  t.equal(memory.entryFor(carried('Bearer ada')), undefined)
  t.equal(memory.entryFor(carried('Bearer bob')), undefined)
})

t.test('promise 11: a verification of one plugin instance is not used by another', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const prefix of ['/one', '/two']) {
    await app.register(
      async (scope) => {
        await scope.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
        scope.get('/protected', { onRequest: scope.verifyApiToken }, async ({ apiToken }) => ({
          userId: apiToken?.userId,
        }))
        scope.get('/issue', async () => (await scope.apiTokens.issue({ userId: 'ada' })).credential)
      },
      { prefix },
    )
  }
  const get = await connect(t, app)
  const credential = (await app.inject('/one/issue')).body
  await carry(t, (each) => get(each, '/one/protected'), credential)
  t.equal((await get(credential, '/two/protected')).status, 401)
})

t.test('a second Authorization line is malformed, also after a request with only the first', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo
  const socket = openSocket(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const statuses: string[] = []
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
    statuses.push(...[...String(chunk).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status))
  })
  const line = `Authorization: Bearer ${token}`
  for (const lines of [[line], [line], [line], [line, line], [line, 'Authorization: Basic eA=='], [line]]) {
    const before = statuses.length
    socket.write(['GET /protected HTTP/1.1', 'Host: localhost', ...lines, '', ''].join('\r\n'))
    while (statuses.length === before) await once(socket, 'data')
  }
  t.same(statuses, ['200', '200', '200', '400', '400', '200'], text.slice(-200))
})

t.test('each stream of an HTTP/2 connection is verified by its own token', async (t) => {
  // Fastify's types of HTTP/2 hosts fit no hook that is written for others.
  const app = Fastify({ http2: true }) as unknown as FastifyInstance
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  app.get('/', { onRequest: app.verifyApiToken }, async ({ apiToken }) => ({ userId: apiToken?.userId }))
  t.teardown(() => app.close())
  await app.listen({ port: 0 })
  const issued = await Promise.all(['ada', 'bob'].map((userId) => app.apiTokens.issue({ userId })))
  const session = connectHttp2(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  t.teardown(() => session.close())
  const get = async (credential: string) => {
    const stream = session.request({ authorization: `Bearer ${credential}` })
    const [headers] = await once(stream, 'response')
    const body = JSON.parse((await stream.toArray()).join(''))
    return { status: headers[':status'], userId: body.userId }
  }
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all(
      issued.flatMap(({ credential }) => [get(credential), get(credential), get(`${credential}x`)]),
    )
    t.same(answers, [
      { status: 200, userId: 'ada' },
      { status: 200, userId: 'ada' },
      { status: 401, userId: undefined },
      { status: 200, userId: 'bob' },
      { status: 200, userId: 'bob' },
      { status: 401, userId: undefined },
    ])
  }
  const [ada] = issued
  await app.apiTokens.revoke(ada?.token.id ?? '')
  t.match(await get(ada?.credential ?? ''), { status: 401 })
})
