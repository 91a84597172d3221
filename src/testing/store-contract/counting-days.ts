/** The contract of the usage by day: it is added, and pruned by age. */

import { deepEqual, equal } from 'node:assert/strict'
import { DAY, daysFrom, findToken, IDLE, id, NOW, put, rowOf, type StoreTest } from './records.ts'

const on = (dayStart: number) => ({ now: dayStart + DAY, dayStart, idleTimeoutMs: IDLE })
const use = (n: number, count = 1) => ({ tokenId: id(n), count, lastUsedAt: NOW + n })

export function countingDays(test: StoreTest): void {
  test('uses are counted by token and day, and returned in the order of the days', async ({ store }) => {
    await put(store, 1)
    await put(store, 2)
    await store.recordUses([use(1, 5), use(2, 7)], on(NOW + DAY))
    await store.recordUses([use(1, 3)], on(NOW))
    await store.recordUses([use(1, 4)], on(NOW + DAY))
    deepEqual(await store.dailyUses(id(1), daysFrom(NOW)), [
      { dayStart: NOW, requests: 3 },
      { dayStart: NOW + DAY, requests: 9 },
    ])
    deepEqual(await store.dailyUses(id(1), daysFrom(NOW + 1)), [{ dayStart: NOW + DAY, requests: 9 }])
    deepEqual(await store.dailyUses(id(2), daysFrom(NOW)), [{ dayStart: NOW + DAY, requests: 7 }])
    deepEqual(await store.dailyUses(id(2), daysFrom(NOW + 2 * DAY)), [])
    equal((await rowOf(store, 1)).useCount, 12, 'the days add up to the count of the token')
  })

  test('two writers at once lose no count of a day that is new to both', async ({ store, second }) => {
    for (const n of [1, 2]) await put(store, n)
    const batch = [use(1), use(2)]
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        (n % 2 ? store : second).recordUses(batch, on(NOW + (n % 4) * DAY)),
      ),
    )
    for (const n of [1, 2]) {
      const days = [0, 1, 2, 3].map((day) => ({ dayStart: NOW + day * DAY, requests: 10 }))
      deepEqual(await second.dailyUses(id(n), daysFrom(NOW)), days)
    }
  })

  test('uses of unknown tokens change nothing, those beside them in the batch count', async ({ store }) => {
    await put(store, 2)
    await store.recordUses([use(1), use(2), use(3), { ...use(4), tokenId: id(2).toUpperCase() }], on(NOW))
    deepEqual(await store.dailyUses(id(2), daysFrom(NOW)), [{ dayStart: NOW, requests: 1 }])
    equal((await rowOf(store, 2)).useCount, 1)
    for (const n of [1, 3]) equal(await findToken(store, id(n)), null)
  })

  test('a token that ended and is not pruned yet is counted, by day as well', async ({ store }) => {
    await put(store, 1)
    await store.revokeToken(id(1), { now: NOW })
    await store.recordUses([use(1)], on(NOW))
    deepEqual(await store.dailyUses(id(1), daysFrom(NOW)), [{ dayStart: NOW, requests: 1 }])
  })

  test('a flush and a prune at once leave no token, and the uses that remain are pruned', async ({
    store,
    second,
  }) => {
    for (let n = 0; n < 20; n += 1) await put(store, n, { status: 'revoked', revokedAt: NOW - 1 })
    await Promise.all([
      ...Array.from({ length: 20 }, (_, n) => store.recordUses([use(n)], on(NOW))),
      second.prune({ rows: 'tokens', endedBefore: NOW }, 100),
    ])
    equal(await store.isEmpty(), true)
    await store.prune({ rows: 'usage', before: NOW + DAY }, 100)
    for (let n = 0; n < 20; n += 1) deepEqual(await store.dailyUses(id(n), daysFrom(NOW)), [])
  })

  test('counts of days before the moment are pruned, at most so many at once', async ({ store }) => {
    for (const n of [1, 2, 3]) await put(store, n)
    for (const day of [0, 1, 2]) {
      await store.recordUses(
        [1, 2, 3].map((n) => use(n)),
        on(NOW + day * DAY),
      )
    }
    const sizes = []
    for (let round = 0; round < 5; round += 1)
      sizes.push(await store.prune({ rows: 'usage', before: NOW + 2 * DAY }, 2))
    deepEqual(sizes, [2, 2, 2, 0, 0])
    for (const n of [1, 2, 3]) {
      deepEqual(await store.dailyUses(id(n), daysFrom(NOW)), [{ dayStart: NOW + 2 * DAY, requests: 1 }])
      equal((await rowOf(store, n)).useCount, 3, 'the count of the token stays')
    }
  })
}
