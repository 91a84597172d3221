/** `POST /tokens/:id/rotate`: a new token replaces an old one, with a grace period in which both work. */

import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const DAY = 86_400_000

t.test('the new token carries name, description, scopes and owner, and both work for a day', async (t) => {
  const { app, clock } = await startHost(t)
  const texts = { name: 'ci', description: 'for the build' }
  const old = await issue(app, 'ada', { ...texts, scopes: ['chat:write', 'models:read'] })
  clock.advance('3d')
  const response = await app.inject(rotation(old.id))
  t.equal(response.statusCode, 201)
  t.equal(response.headers['cache-control'], 'no-store')
  const rotated = response.json()
  t.match(rotated, { ...texts, user_id: 'ada', scopes: ['chat:write', 'models:read'], status: 'active' })
  t.match(rotated, { token_type: 'Bearer', expires_at: null, use_count: 0, status_reason: null })
  t.equal(rotated.created_at, new Date(clock.now()).toISOString())
  t.not(rotated.id, old.id)
  t.equal(rotated.hint, rotated.token.slice(-4))
  t.match(await view(app, old.id), {
    status: 'active',
    expires_at: new Date(clock.now() + DAY).toISOString(),
    updated_at: new Date(clock.now()).toISOString(),
  })
  t.equal(await status(app, old.token), 200)
  clock.advance(DAY - 1)
  t.equal(await status(app, old.token), 200, 'from the cache too')
  clock.advance(1)
  t.equal(await status(app, old.token), 401)
  t.match(await view(app, old.id), { status: 'revoked', status_reason: 'rotated', idle_expires_at: null })
  t.equal(await status(app, rotated.token), 200, 'the new one outlives it')
})

t.test(
  'promise 12: the first use of the new token waits until the old one is revoked, the next is warm',
  async (t) => {
    const store = countingStore(memoryTokenStore())
    const { app } = await startHost(t, { store, usage: { flushInterval: '1d' } })
    const old = await issue(app, 'ada')
    const rotated = await rotate(app, old.id)
    t.equal(await status(app, old.token), 200)
    store.calls.clear()
    t.equal(await status(app, rotated.token), 200)
    t.equal(store.calls.get('endPredecessor'), 1)
    t.match(await view(app, old.id), { status: 'revoked', status_reason: 'rotated' })
    t.equal(await status(app, old.token), 401)
    store.calls.clear()
    for (let time = 0; time < 3; time += 1) t.equal(await status(app, rotated.token), 200)
    t.same([...store.calls], [])
  },
)

t.test(
  'an outage at the first use is 503: the new token is not accepted while the old one is active',
  async (t) => {
    const store = memoryTokenStore()
    let out = true
    const failing = new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          if (name === 'endPredecessor' && out) throw new Error('gone')
          return Reflect.apply(member, target, args)
        }
      },
    })
    const { app } = await startHost(t, { store: failing })
    const old = await issue(app, 'ada')
    const rotated = await rotate(app, old.id)
    t.equal(await status(app, rotated.token), 503)
    t.equal(await status(app, old.token), 200)
    out = false
    t.equal(await status(app, rotated.token), 200)
    t.equal(await status(app, old.token), 401)
  },
)

t.test('a refused use of the new token ends nothing', async (t) => {
  let active = true
  const { app } = await startHost(t, { findUser: () => ({ active }) })
  const old = await issue(app, 'ada')
  const rotated = await rotate(app, old.id)
  active = false
  app.apiTokens.invalidateUser('ada')
  t.equal(await status(app, rotated.token), 401)
  active = true
  app.apiTokens.invalidateUser('ada')
  t.equal(await status(app, old.token), 200)
})

t.test('the grace period is the requested one: 0 ends the old token immediately', async (t) => {
  const { app, clock } = await startHost(t)
  const short = await issue(app, 'ada')
  await rotate(app, short.id, { grace_period: 60 })
  const none = await issue(app, 'ada')
  t.equal(await status(app, none.token), 200)
  const rotated = await rotate(app, none.id, { grace_period: 0 })
  t.equal(await status(app, none.token), 401)
  t.match(await view(app, none.id), { status: 'revoked', status_reason: 'rotated' })
  t.equal(await status(app, rotated.token), 200)
  clock.advance(59_999)
  t.equal(await status(app, short.token), 200)
  clock.advance(1)
  t.equal(await status(app, short.token), 401)
})

t.test(
  'after a lost response a second rotation replaces the unused successor, and only the last one works',
  async (t) => {
    const { app } = await startHost(t)
    const old = await issue(app, 'ada')
    const lost = await rotate(app, old.id)
    const found = await rotate(app, old.id)
    t.equal(await status(app, lost.token), 401)
    t.match(await view(app, lost.id), { status: 'revoked', status_reason: 'rotated' })
    t.equal(await status(app, old.token), 200, 'the lost one ended nothing')
    t.equal(await status(app, found.token), 200)
    t.equal(await status(app, old.token), 401)
  },
)

t.test('revoking the unused successor cancels the rotation', async (t) => {
  const { app, clock } = await startHost(t)
  const old = await issue(app, 'ada')
  const rotated = await rotate(app, old.id)
  t.equal(await status(app, old.token), 200)
  await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${rotated.id}` }))
  t.match(await view(app, old.id), { status: 'active', expires_at: null })
  clock.advance('8d')
  t.equal(await status(app, old.token), 200)
  t.equal((await app.inject(rotation(old.id))).statusCode, 201, 'and it can be rotated again')
})

t.test('an unused successor is not rotated while its predecessor works, a used one is', async (t) => {
  const { app, clock } = await startHost(t)
  const old = await issue(app, 'ada')
  const second = await rotate(app, old.id)
  const refused = await app.inject(rotation(second.id))
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), {
    code: 'FST_API_TOKENS_CONFLICT',
    message: /has not been used since its rotation/,
  })
  t.equal(await status(app, second.token), 200)
  const third = await rotate(app, second.id)
  clock.advance('1d')
  const fourth = await rotate(app, third.id)
  t.equal(await status(app, fourth.token), 200, 'after the grace an unused one is, its answer may be lost')
  t.equal(await status(app, third.token), 401)
})

t.test('a token that is not active is 409, and nothing is changed', async (t) => {
  const { app, clock } = await startHost(t)
  const off = await issue(app, 'ada')
  await app.apiTokens.update(off.id, { status: 'inactive' })
  const revoked = await issue(app, 'ada')
  await app.apiTokens.revoke(revoked.id)
  const expired = await issue(app, 'ada', { expires_in: 60 })
  const idle = await issue(app, 'ada')
  clock.advance('31d')
  for (const [{ id }, word] of [
    [off, 'inactive'],
    [revoked, 'revoked'],
    [expired, 'expired'],
    [idle, 'inactive'],
  ] as const) {
    const response = await app.inject(rotation(id))
    t.equal(response.statusCode, 409, word)
    t.match(response.json(), { code: 'FST_API_TOKENS_CONFLICT', message: new RegExp(`is ${word}`) })
  }
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 4)
})

t.test(
  'promise 8: requested scopes beyond the owner’s are refused, inherited ones are removed',
  async (t) => {
    let scopes = ['models:read', 'chat:write']
    const { app } = await startHost(t, { findUser: () => ({ active: true, scopes }) })
    const old = await issue(app, 'ada', { scopes: ['models:read', 'chat:write'] })
    t.same((await rotate(app, old.id, { scopes: ['models:read'] }))['scopes'], ['models:read'])
    t.same((await rotate(app, old.id, { scopes: [] }))['scopes'], [])
    const narrow = as('ada', rotation(old.id, { scopes: ['chat:write'] }))
    const refused = await app.inject({
      ...narrow,
      headers: { ...narrow.headers, 'x-user-scopes': 'models:read' },
    })
    t.match(refused.json(), { statusCode: 403, code: 'FST_API_TOKENS_SCOPE_NOT_GRANTABLE' })
    const carried = await app.inject({
      ...rotation(old.id),
      headers: { 'x-user': 'ada', 'x-user-scopes': 'chat:write' },
    })
    t.same(carried.json().scopes, ['chat:write'])
    scopes = ['models:read']
    t.same((await rotate(app, old.id))['scopes'], ['models:read'])
    t.match((await app.inject(rotation(old.id, { scopes: ['chat:write'] }))).json(), { statusCode: 403 })
    t.match((await app.inject(rotation(old.id, { scopes: ['nope'] }))).json(), { statusCode: 400 })
  },
)

t.test('the successor of a token that expires has the same lifetime, within expiry.max', async (t) => {
  const store = memoryTokenStore()
  const keys = [hs256Key()]
  const { app, clock } = await startHost(t, { store, keys })
  const old = await issue(app, 'ada', { expires_in: 3600 })
  clock.advance('59m')
  const rotated = await rotate(app, old.id)
  t.equal(rotated['expires_at'], new Date(clock.now() + 3_600_000).toISOString())
  t.equal((await view(app, old.id))['expires_at'], old['expires_at'], 'the expiry is earlier than the grace')
  const limited = await startHost(t, { store, keys, clock, expiry: { max: '60s' } })
  t.equal((await rotate(limited.app, old.id))['expires_at'], new Date(clock.now() + 60_000).toISOString())
  const forever = await app.apiTokens.issue({ userId: 'ada' })
  t.equal(
    (await rotate(limited.app, forever.token.id))['expires_at'],
    new Date(clock.now() + 60_000).toISOString(),
  )
})

t.test('a rotation may name the lifetime of the new token, within the option expiry', async (t) => {
  const store = memoryTokenStore()
  const keys = [hs256Key()]
  const { app, clock } = await startHost(t, { store, keys })
  const old = await issue(app, 'ada', { expires_in: 3600 })
  const expiry = async (payload: Record<string, unknown>) =>
    (await rotate(app, old.id, payload))['expires_at']
  clock.advance('1m')
  t.equal(await expiry({ expires_in: 120 }), new Date(clock.now() + 120_000).toISOString())
  t.equal(await expiry({ expires_in: null }), null)
  t.equal(await expiry({}), new Date(clock.now() + 3_600_000).toISOString())
  const { token } = await app.apiTokens.rotate(old.id, { expiresIn: '2h', gracePeriod: '30m' })
  t.same(token.expiresAt, new Date(clock.now() + 7_200_000))
  t.same((await app.apiTokens.get(old.id)).expiresAt, new Date(clock.now() + 1_800_000))
  const bounded = await startHost(t, { store, keys, clock, expiry: { min: '1m', max: '2h' } })
  for (const expires_in of [59, 7_201, null]) {
    const response = await bounded.app.inject(rotation(old.id, { expires_in }))
    t.equal(response.statusCode, 400, String(expires_in))
    t.match(response.json().message, 'expires_in')
  }
  await t.rejects(bounded.app.apiTokens.rotate(old.id, { expiresIn: '3h' }), {
    message: /^expiresIn must be/,
  })
  await t.rejects(bounded.app.apiTokens.rotate(old.id, { expiresIn: null }), {
    message: /^expiresIn must not/,
  })
})

t.test('a rotation does not count toward the limit of tokens', async (t) => {
  const { app } = await startHost(t, { maxTokensPerUser: 1 })
  const old = await issue(app, 'ada')
  t.equal((await app.inject(rotation(old.id))).statusCode, 201)
})

t.test('promise 14: an invalid body is 400 and names the member, also for code', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  for (const [payload, message] of [
    [{ grace_period: -1 }, /grace_period/],
    [{ grace_period: 604_801 }, /grace_period/],
    [{ grace_period: 1.5 }, /grace_period/],
    [{ grace_period: '60' }, /grace_period/],
    [{ grace_period: null }, /grace_period/],
    [{ expires_in: 0 }, /expires_in/],
    [{ expires_in: '60' }, /expires_in must be integer/],
    [{ expires_in: 3_155_760_001 }, /expires_in/],
    [{ scopes: 'models:read' }, /scopes/],
    [{ name: 'x' }, /name is not a known field/],
    [{ user_id: 'bob' }, /user_id/],
  ] as const) {
    const response = await app.inject(rotation(id, payload))
    t.equal(response.statusCode, 400, JSON.stringify(payload))
    t.match(response.json(), { code: 'FST_ERR_VALIDATION', message })
  }
  for (const gracePeriod of [-1, 604_800_001, 0.5, Number.NaN, '60', '8d', '-1s']) {
    await t.rejects(app.apiTokens.rotate(id, { gracePeriod }), { statusCode: 400, message: /^gracePeriod/ })
  }
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
  t.equal((await app.inject(rotation(id, { grace_period: 604_800 }))).statusCode, 201)
})

t.test('promise 9: tokens of a deactivated owner cannot be rotated, by owner or code', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  await app.apiTokens.deactivateUser('ada')
  t.match((await app.inject(rotation(id))).json(), { statusCode: 403, code: 'FST_API_TOKENS_USER_INACTIVE' })
  await t.rejects(app.apiTokens.rotate(id), { code: 'FST_API_TOKENS_USER_INACTIVE' })
})

t.test('a request from another site, with a token, or without a user is refused', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada')
  const request = rotation(id)
  for (const [headers, code] of [
    [{ ...request.headers, 'sec-fetch-site': 'cross-site' }, 'CROSS_SITE'],
    [{ ...request.headers, authorization: `Bearer ${token}` }, 'SESSION_ONLY'],
    [{}, 'USER_REQUIRED'],
  ] as const) {
    const response = await app.inject({ ...request, headers })
    t.equal(response.json().code, `FST_API_TOKENS_${code}`)
    t.equal(response.headers['cache-control'], 'no-store')
  }
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
})

function rotation(id: string, payload: Record<string, unknown> = {}) {
  return as('ada', { method: 'POST', url: `/tokens/${id}/rotate`, payload })
}

async function rotate(
  app: FastifyInstance,
  id: string,
  payload: Record<string, unknown> = {},
): Promise<{ id: string; token: string; [member: string]: unknown }> {
  const response = await app.inject(rotation(id, payload))
  if (response.statusCode !== 201) throw new Error(`not rotated: ${response.body}`)
  return response.json()
}

async function view(app: FastifyInstance, id: string): Promise<Record<string, unknown>> {
  return (await app.inject(as('ada', { url: `/tokens/${id}` }))).json()
}

async function status(app: FastifyInstance, credential: string): Promise<number> {
  return (await app.inject(withToken(credential))).statusCode
}
