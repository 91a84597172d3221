/** `allowedIps`: a token is accepted from its addresses only, wherever a credential is accepted. */

import { Agent, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { requireScopes, verifyApiToken } from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { BASIC, basic, clients, form, SECRET } from '../oauth/oauth-host.ts'
import { countingStore } from '../support/counting-store.ts'
import { type Host, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { pausedStore } from '../support/paused-store.ts'
import { within } from '../support/within.ts'

const ALLOWED = ['192.0.2.0/24', '2001:db8::/32', '::ffff:198.51.100.7']
const INSIDE = '192.0.2.7'
const OUTSIDE = '203.0.113.7'

const from = (remoteAddress: string, credential: string, url?: string): InjectOptions => ({
  ...withToken(credential, url),
  remoteAddress,
})

async function statusFrom(app: FastifyInstance, address: string, credential: string, url?: string) {
  return (await app.inject(from(address, credential, url))).statusCode
}

/** The rejections of a host, as pairs of reason and address. */
function rejectionsOf({ app }: Pick<Host, 'app'>): unknown[] {
  const rejections: unknown[] = []
  app.apiTokens.events.on('rejected', ({ reason, by, tokenId, userId }) =>
    rejections.push([reason, by.ip, tokenId, userId]),
  )
  return rejections
}

/** An address, and whether the token may be used from it. */
const ADDRESSES: readonly (readonly [address: string, allowed: boolean])[] = [
  [INSIDE, true],
  [OUTSIDE, false],
  ['192.0.2.255', true],
  ['192.0.3.0', false],
  ['::ffff:192.0.2.7', true],
  ['::ffff:c000:207', true],
  ['::FFFF:192.0.2.7', true],
  ['::ffff:203.0.113.7', false],
  ['198.51.100.7', true],
  ['::ffff:198.51.100.7', true],
  ['198.51.100.8', false],
  ['2001:db8::1', true],
  ['2001:0DB8:0:0::1', true],
  ['2001:db9::1', false],
  ['2001:db8::1%eth0', true],
  ['2001:db8::1%br-lan.100', true],
  ['::ffff:192.0.2.7%eth0', true],
  ['fe80::1%eth0', false],
  // An IPv4-compatible address is another one (RFC 4291 §2.5.5.1).
  ['::192.0.2.7', false],
  ['192.0.2', false],
  ['192.000.2.7', false],
  ['0xc0000207', false],
  ['3221225991', false],
  ['192.0.2.7:443', false],
  ['192.0.2.7, 203.0.113.7', false],
  ['unknown', false],
]

for (const credentials of ['jwt', 'compact'] as const) {
  t.test(`a token is accepted from its addresses only, warm and cold (${credentials})`, async (t) => {
    const log: string[] = []
    const options = { credentials, tokenPrefix: 'acme_' }
    const { app } = await startHost(t, options, undefined, (line) => void log.push(line))
    const rejections = rejectionsOf({ app })
    const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: ALLOWED })
    let uses = 0
    for (const isWarm of [false, true, true]) {
      for (const [address, allowed] of ADDRESSES) {
        if (!isWarm) app.apiTokens.invalidateUser('ada')
        const response = await app.inject(from(address, credential))
        t.equal(response.statusCode, allowed ? 200 : 401, `${address} ${isWarm ? 'warm' : 'cold'}`)
        if (allowed) {
          uses += 1
          continue
        }
        t.match(response.json(), { code: 'FST_API_TOKENS_INVALID', message: 'The API token is not active' })
        t.match(response.headers['www-authenticate'], /error="invalid_token"/)
        t.same(rejections.at(-1), ['address_not_allowed', address, token.id, 'ada'])
        t.ok(log.some((line) => line.includes('address_not_allowed') && line.includes(token.id)))
      }
    }
    t.equal((await app.apiTokens.get(token.id)).useCount, uses, 'a refused request is no use')
  })
}

t.test('a list of everything accepts every address, of one version only its addresses', async (t) => {
  const { app } = await startHost(t)
  const everything = await app.apiTokens.issue({ userId: 'ada', allowedIps: ['0.0.0.0/0', '::/0'] })
  const ipv6 = await app.apiTokens.issue({ userId: 'ada', allowedIps: ['::/0'] })
  for (const address of [INSIDE, `::ffff:${INSIDE}`, '2001:db8::1', '::1']) {
    t.equal(await statusFrom(app, address, everything.credential), 200, address)
    const isIpv6 = !address.includes(INSIDE)
    t.equal(await statusFrom(app, address, ipv6.credential), isIpv6 ? 200 : 401, `${address} of IPv6 only`)
  }
  t.equal(await statusFrom(app, 'unknown', everything.credential), 401, 'no address')
})

t.test('a request without an address is refused', async (t) => {
  const { app } = await startHost(t, {}, (app) => {
    // As after the connection has been closed.
    app.addHook('onRequest', async (request) => {
      if (request.headers['x-closed'] !== undefined)
        Object.defineProperty(request, 'ip', { value: undefined })
    })
    app.get('/closed', { onRequest: verifyApiToken }, async () => ({}))
  })
  const rejections = rejectionsOf({ app })
  const limited = await app.apiTokens.issue({ userId: 'ada', allowedIps: ['0.0.0.0/0', '::/0'] })
  const free = await app.apiTokens.issue({ userId: 'ada' })
  const closed = (credential: string) => {
    const request = withToken(credential, '/closed')
    return app.inject({ ...request, headers: { ...request.headers, 'x-closed': '1' } })
  }
  for (const state of ['cold', 'warm']) {
    t.equal((await closed(limited.credential)).statusCode, 401, state)
    t.same(rejections.at(-1), ['address_not_allowed', null, limited.token.id, 'ada'])
    t.equal((await closed(free.credential)).statusCode, 200, state)
  }
})

t.test('on one connection each request is evaluated, also with the cached header', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: ['127.0.0.0/8'] })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const headers = { authorization: `Bearer ${credential}` }
  const request = () =>
    new Promise<number | undefined>((resolve) => {
      get({ agent, port, host: '127.0.0.1', path: '/protected', headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
    })
  for (let times = 0; times < 4; times += 1) t.equal(await request(), 200)
  const reads = store.reads()
  t.equal(await request(), 200)
  t.equal(store.reads(), reads, 'warm')
  await app.apiTokens.update(token.id, { allowedIps: ['192.0.2.0/24'] })
  for (let times = 0; times < 4; times += 1) t.equal(await request(), 401)
  await app.apiTokens.update(token.id, { allowedIps: null })
  for (let times = 0; times < 4; times += 1) t.equal(await request(), 200)
})

async function behindProxy(t: Test, trustProxy: boolean | string) {
  const app = Fastify({ trustProxy })
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  app.get('/protected', { onRequest: verifyApiToken }, async ({ ip }) => ({ ip }))
  await app.ready()
  const { credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: [INSIDE] })
  return async (remoteAddress: string, forwarded: string) => {
    const request = withToken(credential)
    const headers = { ...request.headers, 'x-forwarded-for': forwarded }
    return (await app.inject({ ...request, headers, remoteAddress })).statusCode
  }
}

t.test('the address follows trustProxy', async (t) => {
  const trusting = await behindProxy(t, '10.0.0.0/8')
  t.equal(await trusting('10.0.0.1', INSIDE), 200)
  t.equal(await trusting('10.0.0.1', OUTSIDE), 401)
  t.equal(await trusting('10.0.0.1', `${OUTSIDE}, ${INSIDE}`), 200, 'the entry that the proxy added')
  t.equal(await trusting('10.0.0.1', `${INSIDE}, ${OUTSIDE}`), 401, 'an entry of the client has no effect')
  t.equal(await trusting('10.0.0.1', `::ffff:${INSIDE}`), 200)
  t.equal(await trusting(OUTSIDE, INSIDE), 401, 'not from a proxy')
  t.equal(await trusting('10.0.0.1', 'unknown'), 401)
})

t.test('without trustProxy a header of the client has no effect', async (t) => {
  const direct = await behindProxy(t, false)
  t.equal(await direct(OUTSIDE, INSIDE), 401)
  t.equal(await direct(INSIDE, OUTSIDE), 200)
})

t.test('promise 4: a narrower list takes effect on the next request, also while requests run', async (t) => {
  const store = pausedStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: [INSIDE, OUTSIDE] })
  const load = store.hold('findTokens', 'after')
  const overtaken = [1, 2, 3].map(() => app.inject(from(OUTSIDE, credential)))
  await load.held
  await app.apiTokens.update(token.id, { allowedIps: [INSIDE] })
  t.equal(await statusFrom(app, OUTSIDE, credential), 401)
  load.release()
  for (const { statusCode } of await Promise.all(overtaken)) t.equal(statusCode, 401)
  t.equal(await statusFrom(app, INSIDE, credential), 200)
})

t.test(
  'a list that changes while requests run applies to each of them before or after the change',
  async (t) => {
    const { app } = await startHost(t)
    const lists = [[INSIDE], [OUTSIDE], [INSIDE, OUTSIDE], null, [INSIDE]]
    const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: [INSIDE] })
    const permits = (list: readonly string[] | null, address: string) =>
      list === null || list.includes(address)
    let before: readonly string[] | null = [INSIDE]
    for (let change = 0; change < 40; change += 1) {
      const next = lists[change % lists.length] ?? null
      // Every second change meets a cold cache.
      if (change % 2 === 0) app.apiTokens.invalidateUser('ada')
      const running = [INSIDE, OUTSIDE, INSIDE, OUTSIDE].map(
        async (address) => [address, await statusFrom(app, address, credential)] as const,
      )
      await app.apiTokens.update(token.id, { allowedIps: next })
      for (const address of [INSIDE, OUTSIDE])
        t.equal(await statusFrom(app, address, credential), permits(next, address) ? 200 : 401)
      for (const [address, status] of await Promise.all(running)) {
        const possible = [before, next].map((list) => (permits(list, address) ? 200 : 401))
        t.ok(possible.includes(status as 200 | 401), `${address} ${status}`)
      }
      before = next
    }
  },
)

t.test('a predecessor is ended only by a use from an allowed address', async (t) => {
  const { app } = await startHost(t)
  const first = await app.apiTokens.issue({ userId: 'ada', allowedIps: ALLOWED })
  const second = await app.apiTokens.rotate(first.token.id)
  for (let times = 0; times < 2; times += 1)
    t.equal(await statusFrom(app, OUTSIDE, second.credential), 401, 'refused')
  t.equal(await statusFrom(app, INSIDE, first.credential), 200, 'the predecessor works on')
  t.equal((await app.apiTokens.get(second.token.id)).useCount, 0)
  t.equal(await statusFrom(app, INSIDE, second.credential), 200)
  t.equal(await statusFrom(app, INSIDE, first.credential), 401, 'the first accepted use ends it')
})

t.test('a refused address does not delay the idle timeout, nor record a scope or a client', async (t) => {
  const { app, clock } = await startHost(t, { usage: { lastClient: true } })
  const scopes = ['models:read']
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: [INSIDE], scopes })
  await app.inject(from(INSIDE, credential))
  clock.advance('29d')
  t.equal(await statusFrom(app, OUTSIDE, credential, '/models'), 401)
  t.match(await app.apiTokens.get(token.id), { useCount: 1, lastClient: { ip: INSIDE } })
  t.same((await app.apiTokens.usage(token.id)).scopes, [])
  clock.advance('2d')
  t.equal((await app.apiTokens.get(token.id)).statusReason, 'idle')
})

t.test(
  'request.apiToken is null after the refusal, also if the list changes between two hooks',
  async (t) => {
    const seen: unknown[] = []
    const { app } = await startHost(t, {}, (app) => {
      app.get(
        '/twice',
        {
          onRequest: [
            verifyApiToken,
            async () => void (await app.apiTokens.update(id, { allowedIps: [INSIDE] })),
            requireScopes('models:read'),
          ],
          onError: async ({ apiToken }) => void seen.push(apiToken),
        },
        async () => ({}),
      )
    })
    const issued = await app.apiTokens.issue({ userId: 'ada', scopes: ['models:read'] })
    const { id } = issued.token
    t.equal(await statusFrom(app, OUTSIDE, issued.credential, '/twice'), 401)
    t.same(seen, [null])
    t.equal(await statusFrom(app, INSIDE, issued.credential, '/twice'), 200)
  },
)

t.test('verify() takes the address, and refuses without one', async (t) => {
  const { app } = await startHost(t)
  const rejections = rejectionsOf({ app })
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: ALLOWED })
  const free = await app.apiTokens.issue({ userId: 'ada' })
  const refused = { code: 'FST_API_TOKENS_INVALID', statusCode: 401 }
  for (const state of ['cold', 'warm']) {
    if (state === 'cold') app.apiTokens.invalidateUser('ada')
    await t.rejects(app.apiTokens.verify(credential), refused, state)
    t.same(rejections.at(-1), ['address_not_allowed', null, token.id, 'ada'])
    await t.rejects(app.apiTokens.verify(credential, { ip: undefined }), refused, state)
    await t.rejects(app.apiTokens.verify(credential, { ip: OUTSIDE }), refused, state)
    t.same(rejections.at(-1), ['address_not_allowed', OUTSIDE, token.id, 'ada'])
    const verified = await app.apiTokens.verify(credential, { ip: `::ffff:${INSIDE}` })
    t.equal(verified.id, token.id)
    const other = await app.apiTokens.verify(free.credential)
    t.equal(other.id, free.token.id)
  }
  for (const ip of ['', 'localhost', '192.0.2', null, 7, [INSIDE]]) {
    const options = { ip } as { ip: string }
    await t.rejects(app.apiTokens.verify(credential, options), {
      code: 'FST_ERR_VALIDATION',
      message: /^ip must be/,
    })
  }
  await t.rejects(app.apiTokens.verify(credential, { address: INSIDE } as object), {
    code: 'FST_ERR_VALIDATION',
    message: /^address is not a member of the options/,
  })
})

t.test(
  'promise 4: a changed list fires the signals of open requests and results from other addresses',
  async (t) => {
    const signals = new Map<string, AbortSignal>()
    const finished = Promise.withResolvers<void>()
    const { app } = await startHost(t, {}, (app) => {
      app.get('/stream', { onRequest: verifyApiToken }, async ({ ip, apiToken }) => {
        if (apiToken !== null) signals.set(ip, apiToken.signal)
        await finished.promise
      })
    })
    const { token, credential } = await app.apiTokens.issue({ userId: 'ada' })
    const open = [INSIDE, OUTSIDE].map((address) => app.inject(from(address, credential, '/stream')))
    await within(2_000, () => signals.size === 2)
    const inside = await app.apiTokens.verify(credential, { ip: INSIDE })
    const outside = await app.apiTokens.verify(credential, { ip: OUTSIDE })
    const unknown = await app.apiTokens.verify(credential)
    for (const [name, { signal }] of Object.entries({ inside, outside, unknown })) signals.set(name, signal)
    const fired = () => [...signals].flatMap(([name, { aborted }]) => (aborted ? name : []))
    await app.apiTokens.update(token.id, { allowedIps: ['192.0.2.0/24', '203.0.113.7'] })
    await within(2_000, () => fired().length > 0)
    t.same(fired(), ['unknown'])
    await app.apiTokens.update(token.id, { allowedIps: ALLOWED })
    await within(2_000, () => fired().length > 1)
    t.same(fired(), [OUTSIDE, 'outside', 'unknown'])
    t.equal(signals.get(OUTSIDE)?.reason.name, 'AbortError')
    await app.apiTokens.revoke(token.id)
    t.equal(fired().length, 5, 'the others are still watched')
    finished.resolve()
    await Promise.all(open)
  },
)

t.test('GET /tokens/current needs an allowed address, DELETE does not', async (t) => {
  const { app } = await startHost(t)
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: ALLOWED })
  t.equal(await statusFrom(app, OUTSIDE, credential, '/tokens/current'), 401)
  t.equal(await statusFrom(app, INSIDE, credential, '/tokens/current'), 200)
  const end = { ...from(OUTSIDE, credential, '/tokens/current'), method: 'DELETE' } as const
  t.equal((await app.inject(end)).statusCode, 204)
  t.equal((await app.apiTokens.get(token.id)).status, 'revoked')
})

for (const introspectionCountsAsUse of [false, true]) {
  t.test(
    `introspection says that a limited token is not active, and revocation ends it (counting ${introspectionCountsAsUse})`,
    async (t) => {
      const { app } = await startHost(t, {
        issuer: 'https://app.example.com',
        oauth: { ...clients(BASIC), introspectionCountsAsUse },
      })
      const { token, credential } = await app.apiTokens.issue({ userId: 'ada', allowedIps: ['127.0.0.1'] })
      const ask = (url: string) =>
        app.inject(form(url, { token: credential }, basic(BASIC.client_id, SECRET)))
      t.same((await ask('/oauth2/introspect')).json(), { active: false }, 'cold')
      t.equal(await statusFrom(app, '127.0.0.1', credential), 200)
      t.same((await ask('/oauth2/introspect')).json(), { active: false }, 'warm')
      t.equal((await app.apiTokens.get(token.id)).useCount, 1)
      t.equal((await ask('/oauth2/revoke')).statusCode, 200)
      t.equal((await app.apiTokens.get(token.id)).status, 'revoked')
    },
  )
}

t.test('metadata and the rate limit are on request.apiToken, frozen', async (t) => {
  // Not the memory store, which has the frozen copy of the issue.
  const store = sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })
  const { app } = await startHost(t, { store }, (app) => {
    app.get('/limits', { onRequest: verifyApiToken }, async ({ apiToken }) => {
      t.ok(Object.isFrozen(apiToken?.metadata) && Object.isFrozen(apiToken?.rateLimit))
      t.throws(() => Object.assign(apiToken?.metadata?.['deep'] as object, { admin: true }), TypeError)
      return { metadata: apiToken?.metadata, rateLimit: apiToken?.rateLimit }
    })
  })
  const limits = {
    metadata: { team: 'core', deep: { list: [1] } },
    rateLimit: { max: 5, timeWindow: 60_000 },
  }
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada', ...limits })
  for (const state of ['cold', 'warm'])
    t.same((await app.inject(withToken(credential, '/limits'))).json(), limits, state)
  const verified = await app.apiTokens.verify(credential)
  t.match(verified, limits)
  await app.apiTokens.update(token.id, { metadata: null })
  const changed = await app.apiTokens.verify(credential)
  t.match(changed, { ...limits, metadata: null })
})
