/** The contract of `newestStamp`: by it a sweep finds that the machine's clock is behind. A store may lack it. */

import { equal, ok } from 'node:assert/strict'
import { DAY, id, NOW, put, type StoreTest } from './records.ts'

const RULES = { now: NOW + DAY, dayStart: NOW + DAY, idleTimeoutMs: null }

export function knowingTheNewestTime(test: StoreTest): void {
  test('the newest time is that of the latest token issued, used or changed', async ({ store }) => {
    if (store.newestStamp === undefined) return
    equal(await store.newestStamp(), null, 'of an empty store')
    await put(store, 1)
    await put(store, 2, { createdAt: NOW - DAY, updatedAt: NOW - DAY, idleFrom: NOW - DAY })
    equal(await store.newestStamp(), NOW)
    await store.recordUses([{ tokenId: id(2), count: 1, lastUsedAt: NOW + DAY }], RULES)
    equal(await store.newestStamp(), NOW + DAY)
    await store.revokeToken(id(1), { now: NOW + 2 * DAY })
    // By the clock of the store, or by that of the change.
    ok(Number(await store.newestStamp()) >= Math.min(NOW + 2 * DAY, Date.now() - DAY))
  })
}
