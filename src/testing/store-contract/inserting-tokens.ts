/** The contract of `insertToken`, `findToken` and `isEmpty`: what goes in comes out, for an active owner with room. */

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { DAY, draft, findToken, id, MANY_ENDED, NOW, put, rowOf, type StoreTest } from './records.ts'

const RULES = { ...MANY_ENDED, maxTokens: 10, now: NOW }

export function insertingTokens(test: StoreTest): void {
  test('a token comes back as it went in, with its owner joined', async ({ store }) => {
    const whole = draft(1, {
      name: 'Ünïcode 𝕏 "quoted" \'so\'',
      description: 'first line\n\tsecond line',
      scopes: ['models:read', 'chat:write'],
      expiresAt: NOW + DAY,
    })
    const inserted = await store.insertToken(whole, RULES)
    deepEqual(inserted, { outcome: 'inserted', token: { ...whole, generation: 1 } })
    deepEqual(await findToken(store, id(1)), {
      token: { ...whole, generation: 1 },
      owner: { userId: 'ada', status: 'active', generation: 1, endedReason: null },
    })
  })

  test('promise 16: the sealed columns come back exactly, so that no seal is refused', async ({ store }) => {
    const sealed = [
      { form: 'compact', createdAt: NOW + 1, expiresAt: NOW + 999, seal: '_-'.repeat(21) },
      { form: 'jwt', userId: 'Ünïcode 𝕏', scopes: ['b', 'a:2', 'A:1', 'a:10'], seal: 'A'.repeat(43) },
      { scopes: Array.from({ length: 200 }, (_, n) => `scope:${(n * 7) % 200}`), kid: 'k'.repeat(255) },
      { createdAt: NOW - 1, expiresAt: NOW + 100 * 365 * DAY + 1 },
      { metadata: { z: 1, a: [true, null, 1.5, 'Ünïcode 𝕏 "'], nested: { '': {} } }, rateLimit: null },
      { metadata: {}, allowedIps: ['192.0.2.0/24', '2001:db8::/32'], rateLimit: { max: 1, timeWindow: 1 } },
      { metadata: { text: 'x'.repeat(4_000) }, rateLimit: { max: 1e9, timeWindow: 365 * DAY } },
    ] as const
    for (const [n, fields] of sealed.entries()) {
      await store.insertToken(draft(n, fields), RULES)
      deepEqual(await rowOf(store, n), { ...draft(n, fields), generation: 1 })
    }
  })

  test('who created a token comes back as it went in', async ({ store }) => {
    const creators = [
      { kind: 'user', id: 'ada' },
      { kind: 'user', id: 'bob' },
      { kind: 'admin', id: 'ada' },
      { kind: 'code', id: null },
    ] as const
    for (const [n, createdBy] of creators.entries()) {
      await put(store, n, { createdBy })
      deepEqual((await rowOf(store, n)).createdBy, createdBy)
    }
  })

  test('a token without name, description, scopes and expiry comes back without them', async ({ store }) => {
    const bare = draft(1, { name: null })
    await store.insertToken(bare, RULES)
    deepEqual(await rowOf(store, 1), { ...bare, generation: 1 })
  })

  test('a store is empty until the first token, an owner without tokens does not count', async ({
    store,
  }) => {
    equal(await store.isEmpty(), true)
    await store.setOwnerStatus('ada', 'active', NOW)
    equal(await store.isEmpty(), true)
    await put(store, 1)
    equal(await store.isEmpty(), false)
  })

  test('an id that is not there is null, also when it differs in case alone', async ({ store }) => {
    await put(store, 0xabc)
    equal(await findToken(store, id(2)), null)
    equal(await findToken(store, id(0xabc).toUpperCase()), null)
    equal(await findToken(store, ''), null)
    equal(await findToken(store, "' or ''='"), null)
  })

  test('one id twice rejects and leaves the first as it was', async ({ store }) => {
    await put(store, 1, { name: 'first' })
    await rejects(store.insertToken(draft(1, { name: 'second' }), RULES))
    equal((await rowOf(store, 1)).name, 'first')
  })

  test('promise 9: an owner who is deactivated or removed gets no token', async ({ store }) => {
    for (const status of ['inactive', 'removed'] as const) {
      await store.setOwnerStatus(status, status, NOW)
      const outcome = await store.insertToken(draft(1, { userId: status }), RULES)
      deepEqual(outcome, { outcome: 'owner_inactive' }, status)
    }
    equal(await store.isEmpty(), true)
  })

  test('promise 9: a token carries the generation that its owner has at that moment', async ({ store }) => {
    equal((await put(store, 1)).generation, 1)
    await store.setOwnerStatus('ada', 'removed', NOW)
    const { generation } = await store.setOwnerStatus('ada', 'active', NOW)
    equal((await put(store, 2)).generation, generation)
    equal((await rowOf(store, 2)).generation, 2)
  })

  test('a token beyond maxTokens of its owner is refused', async ({ store }) => {
    const rules = { ...MANY_ENDED, maxTokens: 2, now: NOW }
    await put(store, 1, { userId: 'bob' })
    equal((await store.insertToken(draft(2), rules)).outcome, 'inserted')
    equal((await store.insertToken(draft(3), rules)).outcome, 'inserted')
    deepEqual(await store.insertToken(draft(4), rules), { outcome: 'limit_reached' })
    equal(await findToken(store, id(4)), null)
  })

  test('tokens that are revoked, expired, or from before a removal do not count for maxTokens', async ({
    store,
  }) => {
    const rules = { ...MANY_ENDED, maxTokens: 1, now: NOW }
    await put(store, 1)
    await store.revokeToken(id(1), { now: NOW })
    equal((await store.insertToken(draft(2, { expiresAt: NOW + 1 }), rules)).outcome, 'inserted')
    equal((await store.insertToken(draft(3), rules)).outcome, 'limit_reached')
    const later = { ...MANY_ENDED, maxTokens: 1, now: NOW + 1 }
    equal((await store.insertToken(draft(3), later)).outcome, 'inserted', 'at its expiry it has ended')
    await store.updateToken(id(3), { status: 'inactive' }, { now: NOW, idleBefore: null })
    equal(
      (await store.insertToken(draft(4), later)).outcome,
      'limit_reached',
      'a disabled token has not ended',
    )
    await store.setOwnerStatus('ada', 'removed', NOW)
    await store.setOwnerStatus('ada', 'active', NOW)
    equal((await store.insertToken(draft(5), later)).outcome, 'inserted')
  })

  test('two writers at once never exceed maxTokens, and a new owner gets one row', async ({
    store,
    second,
  }) => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? store : second).insertToken(draft(n), { ...MANY_ENDED, maxTokens: 7, now: NOW }),
      ),
    )
    equal(outcomes.filter(({ outcome }) => outcome === 'inserted').length, 7)
    equal(outcomes.filter(({ outcome }) => outcome === 'limit_reached').length, 13)
    deepEqual(await second.findOwner('ada'), {
      ...{ userId: 'ada', status: 'active', generation: 1, endedReason: null },
    })
  })

  test('a new owner whom another writer makes meanwhile has room', async ({ store, second }) => {
    const writers = Array.from({ length: 12 }, (_, n) => n)
    for (const round of [0, 1, 2]) {
      const userId = `new-${round}`
      const outcomes = await Promise.all(
        writers.map(async (n) => {
          // The one comes between two statements of the other.
          for (let turn = 0; turn < n * 3; turn += 1) await null
          const token = draft(round * writers.length + n, { userId })
          return (n % 2 === 0 ? store : second).insertToken(token, {
            ...MANY_ENDED,
            maxTokens: writers.length,
            now: NOW,
          })
        }),
      )
      deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['inserted']))
    }
  })
}
