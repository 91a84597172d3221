/** The contract of `recordUses`: counters add up, times move forward, and no status changes but a wrong `idle`. */

import type { Test } from 'tap'
import { DAY, IDLE, id, type MakeStore, NOW, put, rowOf } from './records.ts'

const RULES = { now: NOW + DAY, idleTimeoutMs: IDLE }

export function recordingUses(t: Test, makeStore: MakeStore): void {
  t.test(
    'promise 7: counts add up and the last use and the idle clock move, nothing else does',
    async (t) => {
      const { store } = await makeStore(t)
      const token = await put(store, 1, { scopes: ['a'], description: 'd', expiresAt: NOW + DAY })
      await store.recordUses([{ tokenId: id(1), count: 3, lastUsedAt: NOW + 5 }], RULES)
      const used = { ...token, useCount: 3, lastUsedAt: NOW + 5, idleFrom: NOW + 5 }
      t.same(await rowOf(store, 1), used)
      await store.recordUses([{ tokenId: id(1), count: 4, lastUsedAt: NOW + 9 }], RULES)
      t.same(await rowOf(store, 1), { ...used, useCount: 7, lastUsedAt: NOW + 9, idleFrom: NOW + 9 })
    },
  )

  t.test('promise 7: forward only, a use that is flushed late counts and moves nothing back', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 9 }], RULES)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 2 }], RULES)
    t.match(await rowOf(store, 1), { useCount: 2, lastUsedAt: NOW + 9, idleFrom: NOW + 9 })
  })

  t.test('an idle clock that was set anew later than the use stays', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1, { idleFrom: NOW + 100 })
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 5 }], RULES)
    t.match(await rowOf(store, 1), { lastUsedAt: NOW + 5, idleFrom: NOW + 100 })
  })

  t.test('a batch of many is written to each, tokens that are gone are passed over', async (t) => {
    const { store } = await makeStore(t)
    const all = Array.from({ length: 500 }, (_, n) => n)
    for (const n of all) if (n % 2 === 0) await put(store, n)
    await store.recordUses(
      all.map((n) => ({ tokenId: id(n), count: n + 1, lastUsedAt: NOW + n })),
      RULES,
    )
    for (const n of [0, 2, 250, 498]) {
      t.match(await rowOf(store, n), { useCount: n + 1, lastUsedAt: NOW + n })
    }
    t.equal(await store.findToken(id(1)), null)
  })

  t.test('an empty batch is nothing', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1)
    await store.recordUses([], RULES)
    t.same(await rowOf(store, 1), token)
  })

  t.test('two writers at once lose no count', async (t) => {
    const { store, second } = await makeStore(t)
    await put(store, 1)
    await put(store, 2)
    const batch = [1, 2].map((n) => ({ tokenId: id(n), count: 1, lastUsedAt: NOW + n }))
    await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? store : second).recordUses(batch, RULES)))
    t.equal((await rowOf(store, 1)).useCount, 40)
    t.equal((await rowOf(second, 2)).useCount, 40)
  })

  t.test('promise 7: a flush never brings a revoked token back, nor one that was switched off', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await put(store, 2)
    await store.revokeToken(id(1), { now: NOW })
    await store.updateToken(id(2), { status: 'inactive' }, { now: NOW, idleBefore: null })
    await store.recordUses(
      [1, 2].map((n) => ({ tokenId: id(n), count: 1, lastUsedAt: NOW + 5 })),
      RULES,
    )
    t.match(await rowOf(store, 1), { status: 'revoked', revokedAt: NOW, useCount: 1, updatedAt: NOW })
    t.match(await rowOf(store, 2), { status: 'inactive', statusReason: 'switched_off', useCount: 1 })
  })

  t.test('a flush and a revoke at once: the token is revoked and the use counted', async (t) => {
    const { store, second } = await makeStore(t)
    for (let n = 0; n < 10; n += 1) await put(store, n)
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        await Promise.all([
          store.recordUses([{ tokenId: id(n), count: 1, lastUsedAt: NOW + 5 }], RULES),
          second.revokeToken(id(n), { now: NOW + 5 }),
        ])
      }),
    )
    for (let n = 0; n < 10; n += 1) t.match(await rowOf(store, n), { status: 'revoked', useCount: 1 })
  })

  t.test('promise 6: a late flush of an earlier use undoes idle, to the millisecond', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await put(store, 2)
    await store.markIdle(NOW + 1, 10)
    const now = NOW + DAY
    await store.recordUses(
      [
        { tokenId: id(1), count: 1, lastUsedAt: now - IDLE },
        { tokenId: id(2), count: 1, lastUsedAt: now - IDLE - 1 },
      ],
      { now, idleTimeoutMs: IDLE },
    )
    t.match(await rowOf(store, 1), { status: 'active', statusReason: null, useCount: 1, updatedAt: NOW })
    t.match(await rowOf(store, 2), { status: 'inactive', statusReason: 'idle', useCount: 1 })
  })

  t.test('without an idle timeout a flush undoes nothing', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await store.markIdle(NOW + 1, 10)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + DAY }], {
      now: NOW + DAY,
      idleTimeoutMs: null,
    })
    t.match(await rowOf(store, 1), {
      status: 'inactive',
      statusReason: 'idle',
      useCount: 1,
      lastUsedAt: NOW + DAY,
    })
  })
}
