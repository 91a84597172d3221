/** The contract of `insertToken`, `findToken` and `isEmpty`: what goes in comes out, for an active owner with room. */

import type { Test } from 'tap'
import { DAY, draft, id, type MakeStore, NOW, put, rowOf } from './records.ts'

const RULES = { maxTokens: 10, now: NOW }

export function insertingTokens(t: Test, makeStore: MakeStore): void {
  t.test('a token comes back as it went in, with its owner joined', async (t) => {
    const { store } = await makeStore(t)
    const whole = draft(1, {
      name: 'Ünïcode 𝕏 "quoted" \'so\'',
      description: 'first line\n\tsecond line',
      scopes: ['models:read', 'chat:write'],
      expiresAt: NOW + DAY,
    })
    const inserted = await store.insertToken(whole, RULES)
    t.same(inserted, { outcome: 'inserted', token: { ...whole, generation: 1 } })
    t.same(await store.findToken(id(1)), {
      token: { ...whole, generation: 1 },
      owner: { userId: 'ada', status: 'active', generation: 1 },
    })
  })

  t.test('a token without name, description, scopes and expiry comes back without them', async (t) => {
    const { store } = await makeStore(t)
    const bare = draft(1, { name: null })
    await store.insertToken(bare, RULES)
    t.same(await rowOf(store, 1), { ...bare, generation: 1 })
  })

  t.test('a store is empty until the first token, an owner without tokens does not count', async (t) => {
    const { store } = await makeStore(t)
    t.equal(await store.isEmpty(), true)
    await store.setOwnerStatus('ada', 'active', NOW)
    t.equal(await store.isEmpty(), true)
    await put(store, 1)
    t.equal(await store.isEmpty(), false)
  })

  t.test('an id that is not there is null, also when it differs in case alone', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 0xabc)
    t.equal(await store.findToken(id(2)), null)
    t.equal(await store.findToken(id(0xabc).toUpperCase()), null)
    t.equal(await store.findToken(''), null)
    t.equal(await store.findToken("' or ''='"), null)
  })

  t.test('one id twice rejects and leaves the first as it was', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1, { name: 'first' })
    await t.rejects(store.insertToken(draft(1, { name: 'second' }), RULES))
    t.equal((await rowOf(store, 1)).name, 'first')
  })

  t.test('promise 9: an owner who is deactivated or removed gets no token', async (t) => {
    const { store } = await makeStore(t)
    for (const status of ['inactive', 'removed'] as const) {
      await store.setOwnerStatus(status, status, NOW)
      const outcome = await store.insertToken(draft(1, { userId: status }), RULES)
      t.same(outcome, { outcome: 'owner_inactive' }, status)
    }
    t.equal(await store.isEmpty(), true)
  })

  t.test('promise 9: a token carries the generation that its owner has at that moment', async (t) => {
    const { store } = await makeStore(t)
    t.equal((await put(store, 1)).generation, 1)
    await store.setOwnerStatus('ada', 'removed', NOW)
    const { generation } = await store.setOwnerStatus('ada', 'active', NOW)
    t.equal((await put(store, 2)).generation, generation)
    t.equal((await rowOf(store, 2)).generation, 2)
  })

  t.test('one more than maxTokens is refused, whoever else has how many', async (t) => {
    const { store } = await makeStore(t)
    const rules = { maxTokens: 2, now: NOW }
    await put(store, 1, { userId: 'bob' })
    t.equal((await store.insertToken(draft(2), rules)).outcome, 'inserted')
    t.equal((await store.insertToken(draft(3), rules)).outcome, 'inserted')
    t.same(await store.insertToken(draft(4), rules), { outcome: 'limit_reached' })
    t.equal(await store.findToken(id(4)), null)
  })

  t.test(
    'revoked tokens, expired ones and those of before a removal make room, the others do not',
    async (t) => {
      const { store } = await makeStore(t)
      const rules = { maxTokens: 1, now: NOW }
      await put(store, 1)
      await store.revokeToken(id(1), { now: NOW })
      t.equal((await store.insertToken(draft(2, { expiresAt: NOW + 1 }), rules)).outcome, 'inserted')
      t.equal((await store.insertToken(draft(3), rules)).outcome, 'limit_reached')
      const later = { maxTokens: 1, now: NOW + 1 }
      t.equal((await store.insertToken(draft(3), later)).outcome, 'inserted', 'at its expiry it has ended')
      await store.updateToken(id(3), { status: 'inactive' }, { now: NOW, idleBefore: null })
      t.equal(
        (await store.insertToken(draft(4), later)).outcome,
        'limit_reached',
        'switched off is not ended',
      )
      await store.setOwnerStatus('ada', 'removed', NOW)
      await store.setOwnerStatus('ada', 'active', NOW)
      t.equal((await store.insertToken(draft(5), later)).outcome, 'inserted')
    },
  )

  t.test('two writers at once never exceed maxTokens, and a new owner gets one row', async (t) => {
    const { store, second } = await makeStore(t)
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? store : second).insertToken(draft(n), { maxTokens: 7, now: NOW }),
      ),
    )
    t.equal(outcomes.filter(({ outcome }) => outcome === 'inserted').length, 7)
    t.equal(outcomes.filter(({ outcome }) => outcome === 'limit_reached').length, 13)
    t.same(await second.findOwner('ada'), { userId: 'ada', status: 'active', generation: 1 })
  })
}
