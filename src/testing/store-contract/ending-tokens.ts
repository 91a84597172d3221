/** The contract of `markIdle` and `prune`: what the clock has ended, in bounded batches. */

import { deepEqual, equal } from 'node:assert/strict'
import { DAY, findToken, hasFields, id, NOW, numbers, put, query, rowOf, type StoreTest } from './records.ts'

export function endingTokens(test: StoreTest): void {
  test('a revocation stores its reason, and the first one stays', async ({ store }) => {
    await put(store, 1)
    await put(store, 2)
    await store.revokeToken(id(1), { now: NOW, reason: 'provider_ended' })
    await store.revokeToken(id(2), { now: NOW })
    await store.revokeToken(id(2), { now: NOW + 1, reason: 'provider_ended' })
    hasFields(await rowOf(store, 1), { status: 'revoked', statusReason: 'provider_ended', revokedAt: NOW })
    hasFields(await rowOf(store, 2), { status: 'revoked', statusReason: null, revokedAt: NOW })
  })

  test('promise 6: tokens whose idle clock began before the given time are marked and returned', async ({
    store,
  }) => {
    const token = await put(store, 1, { idleFrom: NOW - 1 })
    await put(store, 2, { idleFrom: NOW })
    const marked = { ...token, status: 'inactive', statusReason: 'idle' }
    deepEqual(await store.markIdle(NOW, 10), [marked])
    deepEqual(await rowOf(store, 1), marked, 'only the status and its reason are written')
    hasFields(await rowOf(store, 2), { status: 'active', statusReason: null })
    deepEqual(await store.markIdle(NOW, 10), [], 'a second time there is nothing to mark')
  })

  test('disabled and revoked tokens are not marked idle', async ({ store }) => {
    const off = await put(store, 1, { status: 'inactive', statusReason: 'disabled' })
    const revoked = await put(store, 2, { status: 'revoked', revokedAt: NOW })
    deepEqual(await store.markIdle(NOW + DAY, 10), [])
    deepEqual(await rowOf(store, 1), off)
    deepEqual(await rowOf(store, 2), revoked)
  })

  test('at most `limit` tokens are marked', async ({ store }) => {
    for (let n = 0; n < 7; n += 1) await put(store, n)
    const sizes = []
    for (let round = 0; round < 4; round += 1) sizes.push((await store.markIdle(NOW + 1, 3)).length)
    deepEqual(sizes, [3, 3, 1, 0])
    equal((await store.listTokens(query({ statuses: ['inactive'] }))).total, 7)
  })

  test('two concurrent sweepers mark each token once', async ({ store, second }) => {
    for (let n = 0; n < 20; n += 1) await put(store, n)
    const marked = await Promise.all([store.markIdle(NOW + 1, 100), second.markIdle(NOW + 1, 100)])
    equal(marked.flat().length, 20)
    equal(new Set(numbers(marked.flat())).size, 20)
  })

  test('tokens that were revoked or expired before the given time are pruned, the others stay', async ({
    store,
  }) => {
    await put(store, 1, { status: 'revoked', revokedAt: NOW - 1 })
    await put(store, 2, { status: 'revoked', revokedAt: NOW })
    await put(store, 3, { expiresAt: NOW - 1 })
    await put(store, 4, { expiresAt: NOW })
    await put(store, 5, { status: 'inactive', statusReason: 'idle', idleFrom: 0 })
    await put(store, 6)
    await put(store, 7, { status: 'revoked', revokedAt: NOW + DAY, expiresAt: NOW - 1 })
    equal(await store.prune({ rows: 'tokens', endedBefore: NOW }, 100), 3)
    deepEqual(numbers((await store.listTokens(query())).tokens), [2, 4, 5, 6])
    equal(await store.prune({ rows: 'tokens', endedBefore: NOW }, 100), 0)
  })

  test('at most `limit` tokens are pruned, however they ended', async ({ store }) => {
    for (let n = 0; n < 3; n += 1) await put(store, n, { status: 'revoked', revokedAt: NOW - 1 })
    for (let n = 3; n < 6; n += 1) await put(store, n, { expiresAt: NOW - 1 })
    for (let n = 6; n < 9; n += 1) await put(store, n, { userId: 'gone' })
    await store.setOwnerStatus('gone', 'removed', NOW - 1)
    const sizes = []
    for (let round = 0; round < 6; round += 1)
      sizes.push(await store.prune({ rows: 'tokens', endedBefore: NOW }, 2))
    deepEqual(sizes, [2, 2, 2, 2, 1, 0])
    equal(await store.isEmpty(), true)
  })

  test('a removed owner’s tokens are pruned, those issued after a reactivation stay, and so does the owner', async ({
    store,
  }) => {
    await put(store, 1)
    await put(store, 2)
    await store.setOwnerStatus('ada', 'removed', NOW)
    await store.setOwnerStatus('ada', 'active', NOW + 1)
    await put(store, 3)
    equal(
      await store.prune({ rows: 'tokens', endedBefore: NOW }, 100),
      0,
      'not before the moment of the removal',
    )
    equal(await store.prune({ rows: 'tokens', endedBefore: NOW + 1 }, 100), 2)
    deepEqual(numbers((await store.listTokens(query())).tokens), [3])
    deepEqual(await store.findOwner('ada'), {
      ...{ userId: 'ada', status: 'active', generation: 2, endedReason: 'user_removed' },
    })
    await store.setOwnerStatus('ada', 'removed', NOW + DAY)
    equal(
      await store.prune({ rows: 'tokens', endedBefore: NOW + DAY }, 100),
      0,
      'a second removal has a moment of its own',
    )
    equal(await store.prune({ rows: 'tokens', endedBefore: NOW + DAY + 1 }, 100), 1)
    hasFields(await store.findOwner('ada'), { status: 'removed', generation: 3 })
  })

  test('promise 9: a removed owner stays removed after the prune of all tokens', async ({ store }) => {
    await put(store, 1)
    await store.setOwnerStatus('ada', 'removed', NOW)
    await store.prune({ rows: 'tokens', endedBefore: NOW + 1 }, 100)
    await store.prune({ rows: 'tokens', endedBefore: NOW + 1 }, 100)
    equal(await findToken(store, id(1)), null)
    hasFields(await store.findOwner('ada'), { status: 'removed', generation: 2 })
  })
}
