/** The contract of `markIdle` and `prune`: what the clock has ended, in bounded batches. */

import type { Test } from 'tap'
import { DAY, id, type MakeStore, NOW, numbers, put, query, rowOf } from './records.ts'

export function endingTokens(t: Test, makeStore: MakeStore): void {
  t.test('promise 6: tokens whose idle clock began before the moment are marked, and returned', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1, { idleFrom: NOW - 1 })
    await put(store, 2, { idleFrom: NOW })
    const marked = { ...token, status: 'inactive', statusReason: 'idle' }
    t.same(await store.markIdle(NOW, 10), [marked])
    t.same(await rowOf(store, 1), marked, 'nothing but the status and its reason is written')
    t.match(await rowOf(store, 2), { status: 'active', statusReason: null })
    t.same(await store.markIdle(NOW, 10), [], 'a second time there is nothing to mark')
  })

  t.test('what is switched off or revoked stays what it is', async (t) => {
    const { store } = await makeStore(t)
    const off = await put(store, 1, { status: 'inactive', statusReason: 'switched_off' })
    const revoked = await put(store, 2, { status: 'revoked', revokedAt: NOW })
    t.same(await store.markIdle(NOW + DAY, 10), [])
    t.same(await rowOf(store, 1), off)
    t.same(await rowOf(store, 2), revoked)
  })

  t.test('a limit bounds how many are marked at once', async (t) => {
    const { store } = await makeStore(t)
    for (let n = 0; n < 7; n += 1) await put(store, n)
    const sizes = []
    for (let round = 0; round < 4; round += 1) sizes.push((await store.markIdle(NOW + 1, 3)).length)
    t.same(sizes, [3, 3, 1, 0])
    t.equal((await store.listTokens(query({ status: 'inactive' }))).total, 7)
  })

  t.test('two sweepers at once mark each token once', async (t) => {
    const { store, second } = await makeStore(t)
    for (let n = 0; n < 20; n += 1) await put(store, n)
    const marked = await Promise.all([store.markIdle(NOW + 1, 100), second.markIdle(NOW + 1, 100)])
    t.equal(marked.flat().length, 20)
    t.equal(new Set(numbers(marked.flat())).size, 20)
  })

  t.test('tokens that were revoked or expired before the moment are pruned, the others stay', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1, { status: 'revoked', revokedAt: NOW - 1 })
    await put(store, 2, { status: 'revoked', revokedAt: NOW })
    await put(store, 3, { expiresAt: NOW - 1 })
    await put(store, 4, { expiresAt: NOW })
    await put(store, 5, { status: 'inactive', statusReason: 'idle', idleFrom: 0 })
    await put(store, 6)
    await put(store, 7, { status: 'revoked', revokedAt: NOW + DAY, expiresAt: NOW - 1 })
    t.equal(await store.prune(NOW, 100), 3)
    t.same(numbers((await store.listTokens(query())).tokens), [2, 4, 5, 6])
    t.equal(await store.prune(NOW, 100), 0)
  })

  t.test('a limit bounds how many are pruned at once, however they ended', async (t) => {
    const { store } = await makeStore(t)
    for (let n = 0; n < 3; n += 1) await put(store, n, { status: 'revoked', revokedAt: NOW - 1 })
    for (let n = 3; n < 6; n += 1) await put(store, n, { expiresAt: NOW - 1 })
    for (let n = 6; n < 9; n += 1) await put(store, n, { userId: 'gone' })
    await store.setOwnerStatus('gone', 'removed', NOW - 1)
    const sizes = []
    for (let round = 0; round < 6; round += 1) sizes.push(await store.prune(NOW, 2))
    t.same(sizes, [2, 2, 2, 2, 1, 0])
    t.equal(await store.isEmpty(), true)
  })

  t.test(
    'a removed owner’s tokens are pruned, those of after the return stay, and so does the owner',
    async (t) => {
      const { store } = await makeStore(t)
      await put(store, 1)
      await put(store, 2)
      await store.setOwnerStatus('ada', 'removed', NOW)
      await store.setOwnerStatus('ada', 'active', NOW + 1)
      await put(store, 3)
      t.equal(await store.prune(NOW, 100), 0, 'not before the moment of the removal')
      t.equal(await store.prune(NOW + 1, 100), 2)
      t.same(numbers((await store.listTokens(query())).tokens), [3])
      t.same(await store.findOwner('ada'), { userId: 'ada', status: 'active', generation: 2 })
      await store.setOwnerStatus('ada', 'removed', NOW + DAY)
      t.equal(await store.prune(NOW + DAY, 100), 0, 'a second removal has a moment of its own')
      t.equal(await store.prune(NOW + DAY + 1, 100), 1)
      t.match(await store.findOwner('ada'), { status: 'removed', generation: 3 })
    },
  )

  t.test('promise 9: a removed owner stays removed when nothing is left of them', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await store.setOwnerStatus('ada', 'removed', NOW)
    await store.prune(NOW + 1, 100)
    await store.prune(NOW + 1, 100)
    t.equal(await store.findToken(id(1)), null)
    t.match(await store.findOwner('ada'), { status: 'removed', generation: 2 })
  })
}
