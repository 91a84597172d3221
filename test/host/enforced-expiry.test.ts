/** `expiry.enforce: 'all'`: a token ends at `expiry.max` after its issue, also when the option was set after that. */

import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { BASIC, basic, clients, form, SECRET } from '../oauth/oauth-host.ts'
import { as, issue, START, startHost, statusOf, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const DAY = 86_400_000
const ALL = { max: '10d', enforce: 'all' } as const
const END = new Date(START + 10 * DAY)

/** Two hosts with one store, key and clock: one without the option, one with it. */
async function twoHosts(t: Test, options: ApiTokensOptions) {
  const shared = {
    ...{ store: memoryTokenStore(), keys: [hs256Key()], clock: manualClock(START) },
    issuer: 'https://app.example.com',
  }
  const { app: before } = await startHost(t, { idleTimeout: false, ...shared })
  const { app } = await startHost(
    t,
    { idleTimeout: false, ...shared, ...options },
    (routes) =>
      void routes.get('/expires', { onRequest: routes.verifyApiToken }, async ({ apiToken }) => ({
        at: apiToken?.expiresAt,
      })),
  )
  return { before, app, clock: shared.clock, store: shared.store }
}

t.test('a token without expiry works until the maximum age, cached or not', async (t) => {
  const { before, app, clock } = await twoHosts(t, { expiry: ALL })
  const { token } = await issue(before, 'ada')
  const reasons: string[] = []
  app.apiTokens.events.on('rejected', ({ reason }) => reasons.push(reason))
  clock.advance(10 * DAY - 1)
  t.same((await app.inject(withToken(token, '/expires'))).json(), { at: END.toISOString() })
  t.equal(await statusOf(app, token), 200, 'from the cache')
  clock.advance(1)
  t.equal(await statusOf(app, token), 401, 'the cached entry ends with it')
  t.same(app.apiTokens.stats().verification.loads, 2, 'its row was read again')
  t.same(reasons, ['expired'])
})

for (const state of ['answers', 'is gone']) {
  t.test(`the request's signal fires at the maximum age, while the store ${state}`, async (t) => {
    const { before, app, clock, store } = await twoHosts(t, { expiry: ALL })
    const { credential } = await before.apiTokens.issue({ userId: 'ada' })
    clock.advance(10 * DAY - 20)
    // Not `using`: Node.js 22 does not know it.
    const verified = await app.apiTokens.verify(credential)
    t.teardown(() => verified[Symbol.dispose]())
    const { signal } = verified
    if (state === 'is gone') store.findTokens = () => Promise.reject(new Error('the disk is gone'))
    clock.advance(20)
    for (let n = 0; n < 100 && !signal.aborted; n += 1) await sleep(20)
    t.ok(signal.aborted)
  })
}

t.test('the token object and the lists show when it ends and that it has', async (t) => {
  const { before, app, clock } = await twoHosts(t, { expiry: ALL })
  const { id } = await issue(before, 'ada')
  const earlier = await issue(before, 'ada', { expires_in: 3600 })
  t.same((await app.apiTokens.get(id)).expiresAt, END)
  t.same((await app.apiTokens.get(earlier.id)).expiresAt, new Date(START + 3_600_000))
  clock.advance(10 * DAY)
  const { status, expiresAt } = await app.apiTokens.get(id)
  t.same({ status, expiresAt }, { status: 'expired', expiresAt: END })
  const pageOf = async (query: string) => {
    const page = (await app.inject(as('ada', { url: `/tokens?status=${query}` }))).json()
    return { ids: page.data.map((each: { id: string }) => each.id), total: page.total }
  }
  t.same(await pageOf('expired'), { ids: [earlier.id, id], total: 2 })
  t.same(await pageOf('active'), { ids: [], total: 0 })
})

t.test('a token of the maximum age is neither changed nor rotated, and cannot end itself', async (t) => {
  const { before, app, clock } = await twoHosts(t, { expiry: ALL })
  const { id, token } = await issue(before, 'ada')
  clock.advance(10 * DAY)
  const request = async (method: 'PATCH' | 'POST', url: string, payload: object) =>
    (await app.inject(as('ada', { method, url, payload }))).statusCode
  t.equal(await request('PATCH', `/tokens/${id}`, { name: 'new' }), 409)
  t.equal(await request('POST', `/tokens/${id}/rotate`, {}), 409)
  t.equal((await app.inject({ ...withToken(token, '/tokens/current'), method: 'DELETE' })).statusCode, 401)
  t.equal((await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${id}` }))).statusCode, 204)
})

t.test('a successor lives as long as max says, and outlives a predecessor of the maximum age', async (t) => {
  const { before, app, clock } = await twoHosts(t, { expiry: ALL })
  const old = await before.apiTokens.issue({ userId: 'ada' })
  clock.advance(10 * DAY - 1_000)
  const { token: successor } = await app.apiTokens.rotate(old.token.id, { gracePeriod: '1d' })
  t.same(successor.expiresAt, new Date(START + 20 * DAY - 1_000))
  t.same((await app.apiTokens.get(old.token.id)).expiresAt, END, 'before the end of its grace')
  await t.rejects(app.apiTokens.rotate(successor.id), { code: 'FST_API_TOKENS_CONFLICT' })
  clock.advance(1_000)
  t.equal(await statusOf(app, old.credential), 401)
  await t.resolves(app.apiTokens.rotate(successor.id), 'the one that it replaces has ended')
})

t.test('RFC 7662 §2.2: exp is the time at which the token ends', async (t) => {
  const { before, app, clock } = await twoHosts(t, { expiry: ALL, oauth: clients(BASIC) })
  const ask = async (token: string) =>
    (await app.inject(form('/oauth2/introspect', { token }, basic(BASIC.client_id, SECRET)))).json()
  const [hour, never] = [await issue(before, 'ada', { expires_in: 3600 }), await issue(before, 'ada')]
  t.match(await ask(hour.token), { active: true, exp: START / 1000 + 3600 })
  t.match(await ask(never.token), { active: true, exp: END.getTime() / 1000 })
  clock.advance(10 * DAY)
  t.same(await ask(never.token), { active: false })
})

t.test('retention counts from the maximum age', async (t) => {
  const { before, app, clock, store } = await twoHosts(t, { expiry: ALL, retention: '5d' })
  const { id } = await issue(before, 'ada')
  clock.advance(15 * DAY)
  t.match(await app.apiTokens.sweep(), { pruned: 0 })
  clock.advance(1)
  t.match(await before.apiTokens.sweep(), { pruned: 0 }, 'without the option it has not ended')
  t.match(await app.apiTokens.sweep(), { pruned: 1 })
  t.equal(await findToken(store, id), null)
})

t.test('promise 14: a token that was in use when the option was set stays for the retention', async (t) => {
  const { before, app, clock, store } = await twoHosts(t, { expiry: ALL, retention: '5d' })
  const { id, token } = await issue(before, 'ada')
  clock.advance(100 * DAY)
  t.equal(await statusOf(before, token), 200)
  await before.apiTokens.flush()
  t.equal(await statusOf(app, token), 401)
  clock.advance(5 * DAY)
  t.match(await app.apiTokens.sweep(), { pruned: 0 })
  t.equal(await statusOf(before, token), 200, 'the option can be taken back')
  await before.apiTokens.flush()
  clock.advance(5 * DAY + 1)
  t.match(await app.apiTokens.sweep(), { pruned: 1 })
  t.equal(await findToken(store, id), null)
})

t.test('a token of the maximum age does not count for maxTokensPerUser', async (t) => {
  const { before, app, clock } = await twoHosts(t, { expiry: ALL, maxTokensPerUser: 1 })
  await issue(before, 'ada')
  clock.advance(10 * DAY - 1)
  await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_CONFLICT' })
  clock.advance(1)
  await t.resolves(app.apiTokens.issue({ userId: 'ada' }))
})

t.test('no idle warning for a token that has the maximum age', async (t) => {
  const idle = { idleTimeout: '12d', idleWarning: '5d' } as const
  const { before, app, clock } = await twoHosts(t, { expiry: ALL, ...idle })
  await issue(before, 'ada')
  app.apiTokens.events.on('idle-warning', () => t.fail('it has ended'))
  clock.advance(10 * DAY)
  t.match(await app.apiTokens.sweep(), { idleWarning: 0 })
})

t.test("an instance without the option accepts the token, and so does 'new'", async (t) => {
  const { before, app, clock } = await twoHosts(t, { expiry: { max: '10d', enforce: 'new' } })
  const { token } = await issue(before, 'ada')
  clock.advance(11 * DAY)
  t.equal(await statusOf(app, token), 200)
  t.equal(await statusOf(before, token), 200)
})
