/** `app.apiTokens.find`, `revokeCredential` and `revokeAll`: tokens of any owner, by a credential or all of an owner. */

import { join } from 'node:path'
import t from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { startHost, statusOf, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const FORMS = [{}, { credentials: 'compact', tokenPrefix: 'acme_' }] as const

for (const form of FORMS) {
  const name = 'credentials' in form ? form.credentials : 'jwt'

  t.test(`${name}: find returns the token, whatever its status`, async (t) => {
    const { app, clock } = await startHost(t, form)
    const api = app.apiTokens
    const { token, credential } = await api.issue({ userId: 'ada', name: 'ci', expiresIn: '90d' })
    t.match(await api.find(credential), { id: token.id, name: 'ci', status: 'active' })
    await api.update(token.id, { status: 'inactive' })
    t.match(await api.find(credential), { status: 'inactive', statusReason: 'disabled' })
    await api.update(token.id, { status: 'active' })
    await api.deactivateUser('ada')
    t.match(await api.find(credential), { status: 'active' }, 'the status of the owner is not its own')
    clock.advance('31d')
    t.match(await api.find(credential), { status: 'inactive', statusReason: 'idle' })
    clock.advance('60d')
    t.match(await api.find(credential), { status: 'expired' })
    await api.revoke(token.id, { reason: 'leaked', by: { kind: 'admin', id: 'root' } })
    t.match(await api.find(credential), { status: 'revoked', statusReason: 'leaked' })
  })

  t.test(`${name}: find counts no use, stores nothing and emits nothing`, async (t) => {
    const store = countingStore(memoryTokenStore())
    const { app } = await startHost(t, { ...form, store })
    const api = app.apiTokens
    let rejected = 0
    api.events.on('rejected', () => {
      rejected += 1
    })
    const { token, credential } = await api.issue({ userId: 'ada' })
    await api.find(credential)
    await api.find(credential)
    await api.flush()
    t.match(await api.get(token.id), { useCount: 0, lastUsedAt: null })
    t.equal(api.stats().cache.size, 0)
    const reads = store.reads()
    for (const wrong of [`${credential}x`, `${credential.slice(0, -1)}?`, 'x', '', 'x'.repeat(9_999)])
      t.equal(await api.find(wrong), null)
    t.equal(store.reads(), reads, 'an invalid signature costs no read')
    t.equal(rejected, 0)
  })

  t.test(`${name}: find returns null for a retired key, a missing row and a changed row`, async (t) => {
    const keys = [hs256Key(), hs256Key()] as const
    const { app: issuer } = await startHost(t, { ...form, keys: [keys[0]] })
    const { credential } = await issuer.apiTokens.issue({ userId: 'ada' })
    const { app: another } = await startHost(t, { ...form, keys: [keys[0]] })
    t.equal(await another.apiTokens.find(credential), null, 'no row')
    t.equal(await another.apiTokens.revokeCredential(credential), null)
    const store = memoryTokenStore()
    const { app: signing } = await startHost(t, { ...form, store, keys: [keys[0]] })
    const issued = await signing.apiTokens.issue({ userId: 'ada' })
    const { app: retired } = await startHost(t, { ...form, store, keys: [keys[1]] })
    t.equal(await retired.apiTokens.find(issued.credential), null, 'a retired key')
    t.equal(await retired.apiTokens.revokeCredential(issued.credential), null)
    const findTokens = store.findTokens.bind(store)
    const { app: intact } = await startHost(t, { ...form, store, keys: [keys[0]] })
    t.match(await intact.apiTokens.find(issued.credential), { id: issued.token.id })
    Object.assign(store, {
      findTokens: async (ids: readonly string[]) => {
        const found = [...(await findTokens(ids))]
        return new Map(
          found.map(([id, owned]) => [id, { ...owned, token: { ...owned.token, userId: 'eve' } }]),
        )
      },
    })
    t.equal(await intact.apiTokens.find(issued.credential), null, 'a changed row')
    t.equal(await intact.apiTokens.revokeCredential(issued.credential), null)
    Object.assign(store, { findTokens })
    t.equal(await statusOf(signing, issued.credential), 200)
  })

  t.test(`${name}: revokeCredential revokes the token, with reason and by`, async (t) => {
    const { app } = await startHost(t, form)
    const api = app.apiTokens
    const events: unknown[] = []
    api.events.on('revoked', ({ by, reason, token }) => events.push([{ ...by }, reason, token.id]))
    const { token, credential } = await api.issue({ userId: 'ada' })
    t.equal(await statusOf(app, credential), 200)
    const by = { kind: 'admin', id: 'root' } as const
    t.match(await api.revokeCredential(credential, { by, reason: 'leaked' }), {
      id: token.id,
      status: 'revoked',
      statusReason: 'leaked',
    })
    t.equal(await statusOf(app, credential), 401)
    t.match(await api.revokeCredential(credential, { reason: 'other' }), { statusReason: 'leaked' })
    t.same(events, [[{ ...by, ip: null }, 'leaked', token.id]], 'the second has no effect')
    t.equal(await api.revokeCredential('x'), null)
  })
}

t.test(
  'revokeCredential of a token that is deleted meanwhile returns null, an outage is an error',
  async (t) => {
    const store = memoryTokenStore()
    const { app } = await startHost(t, { store })
    const { credential } = await app.apiTokens.issue({ userId: 'ada' })
    Object.assign(store, { revokeToken: async () => ({ outcome: 'not_found' }) })
    t.equal(await app.apiTokens.revokeCredential(credential), null)
    Object.assign(store, { revokeToken: () => Promise.reject(new Error('the store is unavailable')) })
    await t.rejects(app.apiTokens.revokeCredential(credential), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
  },
)

t.test('promise 9: revokeAll ends all tokens of a user, who stays and gets new ones', async (t) => {
  const { app } = await startHost(t, {})
  const api = app.apiTokens
  const events: unknown[] = []
  api.events.on('user-tokens-revoked', ({ by, reason, userId }) => events.push([{ ...by }, reason, userId]))
  api.events.on('revoked', () => events.push('revoked'))
  const old = [await api.issue({ userId: 'ada' }), await api.issue({ userId: 'ada' })] as const
  const other = await api.issue({ userId: 'bob' })
  await api.update(old[1].token.id, { status: 'inactive' })
  const ended = await api.issue({ userId: 'ada' })
  await api.revoke(ended.token.id)
  events.splice(0)
  for (const { credential } of [old[0], other]) t.equal(await statusOf(app, credential), 200)
  const by = { kind: 'admin', id: 'root' } as const
  t.same(await api.revokeAll({ userId: 'ada', by, reason: 'leaked' }), { revoked: 2 })
  t.same(events, [[{ ...by, ip: null }, 'leaked', 'ada']], 'one event for the user')
  t.equal(await statusOf(app, old[0].credential), 401)
  t.match(await api.get(old[1].token.id), { status: 'revoked', statusReason: 'leaked' })
  t.equal(await statusOf(app, other.credential), 200)
  const next = await api.issue({ userId: 'ada' })
  t.equal(await statusOf(app, next.credential), 200)
  t.same(await api.revokeAll({ userId: 'nobody' }), { revoked: 0 })
  t.same(await api.revokeAll({ userId: 'ada' }), { revoked: 1 })
})

t.test('promise 4: revokeAll aborts the signals of open requests', async (t) => {
  const { app } = await startHost(t, {})
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  const verified = await app.apiTokens.verify(credential)
  const { signal } = verified
  t.equal(signal.aborted, false)
  await app.apiTokens.revokeAll({ userId: 'ada' })
  t.equal(signal.aborted, true)
})

t.test('revokeAll counts up to 1,000 stored tokens', async (t) => {
  const store = sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })
  const { app } = await startHost(t, { store, maxTokensPerUser: 2_000 })
  const api = app.apiTokens
  for (let n = 0; n < 1_000; n += 1) await api.issue({ userId: 'ada' })
  t.same(await api.revokeAll({ userId: 'ada' }), { revoked: 1_000 })
  const { credential } = await api.issue({ userId: 'ada' })
  t.same(await api.revokeAll({ userId: 'ada' }), { revoked: null }, '1,001 are stored')
  t.equal(await statusOf(app, credential), 401)
})

t.test('an error of the count keeps no token valid', async (t) => {
  const listTokens = () => Promise.reject(new Error('the store is unavailable'))
  const { app } = await startHost(t, { store: Object.assign(memoryTokenStore(), { listTokens }) })
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  t.same(await app.apiTokens.revokeAll({ userId: 'ada' }), { revoked: null })
  t.equal(await statusOf(app, credential), 401)
})

t.test('a failed revokeAll drops the cached verifications: it may have been committed', async (t) => {
  const store = memoryTokenStore()
  const { administration } = store
  if (administration === undefined) throw new Error('the store has no administration')
  const revokeAllTokens: typeof administration.revokeAllTokens = async (userId, scope) => {
    await administration.revokeAllTokens(userId, scope)
    throw new Error('the connection was lost after the commit')
  }
  Object.assign(store, { administration: { ...administration, revokeAllTokens } })
  const { app } = await startHost(t, { store })
  let events = 0
  app.apiTokens.events.on('user-tokens-revoked', () => {
    events += 1
  })
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  t.equal((await app.inject(withToken(credential))).statusCode, 200)
  await t.rejects(app.apiTokens.revokeAll({ userId: 'ada' }), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
  t.equal(await statusOf(app, credential), 401)
  t.equal(events, 0)
})
