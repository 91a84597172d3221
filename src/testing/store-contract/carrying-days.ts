/** The contract of usage over several days: the totals of a token are right on every day, whatever is late, pruned or enabled. */

import { deepEqual, equal } from 'node:assert/strict'
import type { TokenUse } from '../../store/token-store.ts'
import type { LastClient } from '../../token/token.ts'
import {
  DAY,
  daysFrom,
  hasFields,
  IDLE,
  id,
  NOW,
  numbers,
  pagesOf,
  put,
  rowOf,
  type StoreTest,
} from './records.ts'

/** A batch of the n-th day that is recorded on that day, or late on the day `now`. */
const on = (day: number, now = day) => ({
  ...{ now: NOW + now * DAY + DAY / 2, dayStart: NOW + day * DAY },
  ...{ idleTimeoutMs: IDLE, storesClients: true },
})

/** Uses of the n-th day, the last one at so many milliseconds. */
const used = (n: number, day: number, fields: Partial<TokenUse> = {}): TokenUse => ({
  ...{ tokenId: id(n), count: 1, lastUsedAt: NOW + day * DAY + 5 },
  ...fields,
})

const client = (ip: string): LastClient => ({ ip, userAgent: `agent of ${ip}` })

export function carryingDays(test: StoreTest): void {
  test('promise 7: uses of several days add up, and the last one is the latest', async ({ store }) => {
    await put(store, 1, { scopes: ['a', 'b', 'c'] })
    for (const day of [0, 1, 2, 5]) {
      await store.recordUses([used(1, day, { count: 2, scopesUsed: 2 ** (day % 3) })], on(day))
      await store.recordUses([used(1, day, { lastClient: client(`192.0.2.${day}`) })], on(day))
    }
    hasFields(await rowOf(store, 1), {
      ...{ useCount: 12, lastUsedAt: NOW + 5 * DAY + 5, idleFrom: NOW + 5 * DAY + 5 },
      ...{ scopesUsed: 7, lastClient: client('192.0.2.5'), updatedAt: NOW },
    })
  })

  test('promise 7: a batch that comes days late counts once, and moves nothing back', async ({ store }) => {
    await put(store, 1)
    await store.recordUses([used(1, 3, { count: 10, lastClient: client('192.0.2.3') })], on(3))
    await store.recordUses(
      [used(1, 1, { count: 5, lastClient: client('192.0.2.1'), scopesUsed: 4 })],
      on(1, 3),
    )
    await store.recordUses([used(1, 1, { count: 7 })], on(1, 4))
    const expected = { lastUsedAt: NOW + 3 * DAY + 5, idleFrom: NOW + 3 * DAY + 5, scopesUsed: 4 }
    hasFields(await rowOf(store, 1), { ...expected, useCount: 22, lastClient: client('192.0.2.3') })
    await store.recordUses([used(1, 4)], on(4))
    hasFields(await rowOf(store, 1), { useCount: 23, lastUsedAt: NOW + 4 * DAY + 5 })
    deepEqual(await store.dailyUses(id(1), daysFrom(NOW)), [
      { dayStart: NOW + DAY, requests: 12 },
      { dayStart: NOW + 3 * DAY, requests: 10 },
      { dayStart: NOW + 4 * DAY, requests: 1 },
    ])
  })

  test('promise 7: two writers around midnight lose no use and count none twice', async ({
    store,
    second,
  }) => {
    const all = Array.from({ length: 12 }, (_, n) => n)
    for (const n of all) await put(store, n)
    const writes: Promise<void>[] = []
    for (let round = 0; round < 10; round += 1) {
      // The writers disagree on the day: one has the batch of the day that has just ended.
      for (const day of [0, 1, 2]) {
        const to = (round + day) % 2 ? store : second
        writes.push(
          to.recordUses(
            all.map((n) => used(n, day)),
            on(day, 2),
          ),
        )
      }
    }
    await Promise.all(writes)
    for (const n of all) {
      hasFields(await rowOf(store, n), { useCount: 30, lastUsedAt: NOW + 2 * DAY + 5 }, `token ${n}`)
      const days = [0, 1, 2].map((day) => ({ dayStart: NOW + day * DAY, requests: 10 }))
      deepEqual(await second.dailyUses(id(n), daysFrom(NOW)), days)
    }
  })

  test('promise 7: uses that need not touch the token are counted like others', async ({ store, second }) => {
    await put(store, 1)
    await put(store, 2)
    const both = (day: number, fields: Partial<TokenUse>) => [1, 2].map((n) => used(n, day, fields))
    await store.recordUses(both(1, { touchesToken: true }), on(1))
    const more = both(1, { touchesToken: false, lastUsedAt: NOW + DAY + 9, scopesUsed: 1 })
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? store : second).recordUses(more, on(1))))
    for (const n of [1, 2]) {
      const expected = { useCount: 21, lastUsedAt: NOW + DAY + 9, idleFrom: NOW + DAY + 9, scopesUsed: 1 }
      hasFields(await rowOf(store, n), expected)
    }
  })

  test('promise 7: pruned days stay in the totals, with a retention of one day as well', async ({
    store,
  }) => {
    await put(store, 1, { scopes: ['a'] })
    await put(store, 2)
    await put(store, 3)
    await store.recordUses([used(1, 0, { count: 3, scopesUsed: 1, lastClient: client('192.0.2.1') })], on(0))
    await store.recordUses([used(2, 0, { count: 4 }), used(3, 0)], on(0))
    await store.recordUses([used(2, 2)], on(2))
    const before = await rowOf(store, 1)
    equal(await store.prune({ rows: 'usage', before: NOW + DAY }, 100), 3)
    equal(await store.prune({ rows: 'usage', before: NOW + DAY }, 100), 0)
    deepEqual(await rowOf(store, 1), before)
    hasFields(await rowOf(store, 2), { useCount: 5, lastUsedAt: NOW + 2 * DAY + 5 })
    deepEqual(await store.dailyUses(id(1), daysFrom(NOW)), [])
    // Late uses of a day that was pruned, then the first ones of a later day.
    await store.recordUses([used(1, 0), used(2, 0)], on(0, 2))
    hasFields(await rowOf(store, 1), { useCount: 4, lastUsedAt: NOW + 5 })
    hasFields(await rowOf(store, 2), { useCount: 6, lastUsedAt: NOW + 2 * DAY + 5 })
    await store.recordUses([used(1, 3), used(2, 3)], on(3))
    hasFields(await rowOf(store, 1), { useCount: 5, lastUsedAt: NOW + 3 * DAY + 5 })
    hasFields(await rowOf(store, 2), { useCount: 7 })
    while ((await store.prune({ rows: 'usage', before: NOW + 9 * DAY }, 1)) > 0);
    const totals = await Promise.all([1, 2, 3].map(async (n) => (await rowOf(store, n)).useCount))
    deepEqual(totals, [5, 7, 1])
  })

  test('promise 7: a prune, late batches and the first uses of a day at once lose nothing', async ({
    store,
    second,
  }) => {
    const all = Array.from({ length: 10 }, (_, n) => n)
    for (const n of all) await put(store, n)
    await store.recordUses(
      all.map((n) => used(n, 0)),
      on(0),
    )
    const prunes = Array.from({ length: 5 }, () => second.prune({ rows: 'usage', before: NOW + DAY }, 4))
    const late = Array.from({ length: 5 }, () =>
      store.recordUses(
        all.map((n) => used(n, 0)),
        on(0, 2),
      ),
    )
    const next = [store, second].map((to) =>
      to.recordUses(
        all.map((n) => used(n, 2)),
        on(2),
      ),
    )
    await Promise.all([...prunes, ...late, ...next])
    while ((await store.prune({ rows: 'usage', before: NOW + DAY }, 100)) > 0);
    for (const n of all) hasFields(await rowOf(store, n), { useCount: 8, lastUsedAt: NOW + 2 * DAY + 5 })
  })

  test('enabling on a day without use restarts the idle timeout and keeps the totals', async ({ store }) => {
    for (const n of [1, 2, 3]) await put(store, n)
    await store.recordUses(
      [1, 2, 3].map((n) => used(n, 1, { count: 5, lastClient: client('192.0.2.1') })),
      on(1),
    )
    await store.updateToken(id(1), { status: 'inactive' }, { now: NOW + DAY + 9, idleBefore: null })
    const now = NOW + 40 * DAY + 77
    const scope = { now, idleBefore: now - IDLE }
    for (const n of [1, 2]) {
      await store.updateToken(id(n), { status: 'active' }, scope)
      hasFields(await rowOf(store, n), {
        ...{ status: 'active', useCount: 5, lastUsedAt: NOW + DAY + 5, idleFrom: now },
        lastClient: client('192.0.2.1'),
      })
    }
    await store.updateToken(id(3), { status: 'active' }, { now: NOW + 3 * DAY, idleBefore: NOW + DAY })
    hasFields(await rowOf(store, 3), { idleFrom: NOW + DAY + 5, useCount: 5 }, 'it was active')
    await store.recordUses([used(1, 1)], on(1, 40))
    await store.recordUses([used(1, 40, { count: 2, lastUsedAt: now + 1 })], on(40))
    await store.recordUses([used(1, 39)], on(39, 40))
    hasFields(await rowOf(store, 1), { useCount: 9, lastUsedAt: now + 1, idleFrom: now + 1 })
    await store.updateToken(id(2), { status: 'inactive' }, { now, idleBefore: null })
    await store.updateToken(id(2), { status: 'active' }, { now: now + 5, idleBefore: null })
    hasFields(await rowOf(store, 2), { useCount: 5, idleFrom: now + 5 }, 'again on the same day')
  })

  test('enabling and a flush at once lose no use', async ({ store, second }) => {
    for (let n = 0; n < 10; n += 1) {
      await put(store, n, { status: 'inactive', statusReason: 'disabled' })
      await store.recordUses([used(n, 0)], on(0))
      const scope = { now: NOW + 2 * DAY, idleBefore: null }
      const writes = [
        () => store.updateToken(id(n), { status: 'active' }, scope),
        () => second.recordUses([used(n, 0)], on(0, 2)),
        () => second.recordUses([used(n, 2)], on(2)),
      ]
      if (n % 2 === 0) writes.reverse()
      await Promise.all(writes.map((write) => write()))
      hasFields(await rowOf(store, n), { status: 'active', useCount: 3, lastUsedAt: NOW + 2 * DAY + 5 })
    }
  })

  test('promise 6: tokens are marked idle by their last use, to the millisecond', async ({ store }) => {
    for (let n = 0; n < 6; n += 1) await put(store, n, { idleFrom: NOW - DAY, createdAt: NOW - DAY })
    await store.recordUses(
      [used(0, 0, { lastUsedAt: NOW + 99 }), used(1, 0, { lastUsedAt: NOW + 100 })],
      on(0),
    )
    await store.recordUses([used(2, 0, { lastUsedAt: NOW + 101 })], on(0))
    await store.recordUses([used(3, 0, { lastUsedAt: NOW + 50 })], on(0))
    await store.prune({ rows: 'usage', before: NOW + DAY }, 100)
    await store.recordUses([used(3, 0, { lastUsedAt: NOW + 100, touchesToken: false })], on(0))
    await store.recordUses([used(4, 1)], on(1))
    deepEqual(numbers(await store.markIdle(NOW + 100, 100)).sort(), [0, 5])
    deepEqual(numbers(await store.markIdle(NOW + 100, 100)), [])
    deepEqual(numbers(await store.markIdle(NOW + 101, 100)).sort(), [1, 3])
    deepEqual(numbers(await store.markIdle(NOW + 2 * DAY, 100)).sort(), [2, 4])
  })

  test('an idle warning is due by the last use, once per idle period', async ({ store }) => {
    for (const n of [1, 2, 3]) await put(store, n, { idleFrom: NOW - DAY, createdAt: NOW - DAY })
    await store.recordUses([used(1, 0, { lastUsedAt: NOW + 10 }), used(2, 1)], on(0))
    const periods = { since: NOW, before: NOW + DAY, now: NOW + 25 * DAY }
    deepEqual(numbers(await store.listIdleWarnings(periods, 10)), [1])
    deepEqual(numbers(await store.listIdleWarnings(periods, 10)), [])
    await store.recordUses([used(1, 0, { lastUsedAt: NOW + 11 })], on(0, 25))
    deepEqual(numbers(await store.listIdleWarnings(periods, 10)), [1], 'a use that was flushed late')
    await store.recordUses([used(1, 20)], on(20))
    deepEqual(numbers(await store.listIdleWarnings(periods, 10)), [])
    const later = { since: NOW + 20 * DAY, before: NOW + 21 * DAY, now: NOW + 45 * DAY }
    deepEqual(numbers(await store.listIdleWarnings(later, 10)), [1])
  })

  test('with an idle timeout of less than a day, each idle period of a day is warned', async ({ store }) => {
    await put(store, 1)
    for (const minutes of [0, 10, 20]) {
      const lastUsedAt = NOW + minutes * 60_000
      const rules = { ...on(0), now: lastUsedAt, idleTimeoutMs: 3_600_000 }
      const touchesToken = minutes === 0
      await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt, touchesToken }], rules)
      const now = lastUsedAt + 1000
      const periods = { since: now - 3_600_000, before: now - 500, now }
      deepEqual(numbers(await store.listIdleWarnings(periods, 10)), [1])
      deepEqual(numbers(await store.listIdleWarnings(periods, 10)), [])
    }
  })

  test('lists evaluate idleness and sort by the last use of a token', async ({ store }) => {
    for (const n of [1, 2, 3, 4]) await put(store, n)
    await store.recordUses([used(1, 1, { lastUsedAt: NOW + DAY + 30 }), used(3, 1)], on(1))
    await store.recordUses([used(2, 2)], on(2))
    const now = NOW + DAY + 30 + IDLE
    const moment = { now, idleBefore: now - IDLE }
    deepEqual(await pagesOf(store, { ...moment, statuses: ['active'] }), [[1, 2]])
    deepEqual(await pagesOf(store, { ...moment, statuses: ['inactive'] }), [[3, 4]])
    equal((await store.listTokens({ ...PAGE, ...moment, statuses: ['inactive'] })).total, 2)
    const byUse = { sort: 'last_used_at', descending: true } as const
    deepEqual(await pagesOf(store, { ...moment, ...byUse }), [[2, 1, 3, 4]])
    deepEqual(await pagesOf(store, { ...moment, ...byUse, limit: 1 }), [[2], [1], [3], [4]])
  })
}

const PAGE = { userId: 'ada', limit: 10, sort: 'created_at', descending: false, maxRows: 1_000 } as const
