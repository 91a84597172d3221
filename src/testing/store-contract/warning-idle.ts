/** The contract of `listIdleWarnings`: a token is returned once per idle period, and only while it can become idle. */

import { deepEqual, equal } from 'node:assert/strict'
import { DAY, IDLE, id, NOW, numbers, put, rowOf, type StoreTest } from './records.ts'

/** Idle periods that began from `NOW` on and before the next day. */
const PERIODS = { since: NOW, before: NOW + DAY, now: NOW + 20 * DAY }
const RULES = { now: NOW + 20 * DAY, dayStart: NOW, idleTimeoutMs: IDLE }

export function warningIdle(test: StoreTest): void {
  test('promise 6: a token is returned once per idle period, unchanged', async ({ store }) => {
    await put(store, 1, { idleFrom: NOW - 1 })
    const first = await put(store, 2, { idleFrom: NOW })
    const last = await put(store, 3, { idleFrom: NOW + DAY - 1 })
    await put(store, 4, { idleFrom: NOW + DAY })
    const warned = await store.listIdleWarnings(PERIODS, 10)
    deepEqual(
      warned.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      [first, last],
    )
    deepEqual(await rowOf(store, 2), first, 'what the row says of the token is as it was')
    deepEqual(await store.listIdleWarnings(PERIODS, 10), [])
  })

  test('a use begins another idle period, a late flush of an earlier use does not', async ({ store }) => {
    for (const n of [1, 2]) await put(store, n, { idleFrom: NOW + 5 })
    await store.listIdleWarnings(PERIODS, 10)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 6 }], RULES)
    await store.recordUses([{ tokenId: id(2), count: 1, lastUsedAt: NOW + 4 }], RULES)
    deepEqual(numbers(await store.listIdleWarnings(PERIODS, 10)), [1])
  })

  test('disabled, idle and ended tokens, and those of an inactive owner, are not returned', async ({
    store,
  }) => {
    await put(store, 1, { status: 'inactive', statusReason: 'disabled' })
    await put(store, 2, { status: 'inactive', statusReason: 'idle' })
    await put(store, 3, { status: 'revoked', revokedAt: NOW })
    await put(store, 4, { expiresAt: PERIODS.now })
    await put(store, 5, { graceEndsAt: PERIODS.now })
    await put(store, 6, { userId: 'away' })
    await store.setOwnerStatus('away', 'inactive', NOW)
    await put(store, 7, { userId: 'gone' })
    await store.setOwnerStatus('gone', 'removed', NOW)
    await store.setOwnerStatus('gone', 'active', NOW)
    await put(store, 8, { expiresAt: PERIODS.now + 1 })
    deepEqual(numbers(await store.listIdleWarnings(PERIODS, 10)), [8])
    await store.setOwnerStatus('away', 'active', NOW)
    deepEqual(numbers(await store.listIdleWarnings(PERIODS, 10)), [6], 'back again, they are warned')
  })

  test('at most `limit` tokens are returned', async ({ store }) => {
    for (let n = 0; n < 7; n += 1) await put(store, n)
    const sizes = []
    for (let round = 0; round < 4; round += 1) sizes.push((await store.listIdleWarnings(PERIODS, 3)).length)
    deepEqual(sizes, [3, 3, 1, 0])
  })

  test('two concurrent sweepers get each token once', async ({ store, second }) => {
    for (let n = 0; n < 20; n += 1) await put(store, n)
    const warned = await Promise.all([
      store.listIdleWarnings(PERIODS, 100),
      second.listIdleWarnings(PERIODS, 100),
    ])
    equal(warned.flat().length, 20)
    equal(new Set(numbers(warned.flat())).size, 20)
  })
}
