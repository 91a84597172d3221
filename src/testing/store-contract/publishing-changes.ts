/** The contract of `feed`: changes that may end a token's validity are in the feed, by the store's clock. */

import { deepEqual, ok } from 'node:assert/strict'
import type { InvalidationTarget } from '../../store/change-feed.ts'
import type { TokenStore } from '../../store/token-store.ts'
import { DAY, draft, IDLE, id, MANY_ENDED, NOW, put, type StoreTest } from './records.ts'

export function publishingChanges(test: StoreTest): void {
  test('promise 5: each change of a token or an owner is in the feed of another instance', async ({
    store,
    second,
  }) => {
    for (const n of [1, 2, 3, 4]) await put(store, n, { userId: `u${n}` })
    const scope = { now: NOW, idleBefore: null }
    const targetsOf = (change: () => Promise<unknown>) => publishedTargets(second, change)
    deepEqual(await targetsOf(() => store.updateToken(id(1), { status: 'inactive' }, scope)), [token(1)])
    deepEqual(await targetsOf(() => store.updateToken(id(1), { status: 'active' }, scope)), [token(1)])
    deepEqual(await targetsOf(() => store.revokeToken(id(1), { now: NOW })), [token(1)])
    deepEqual(await targetsOf(() => store.setOwnerStatus('u2', 'inactive', NOW)), [{ userId: 'u2' }])
    deepEqual(await targetsOf(() => store.setOwnerStatus('u2', 'active', NOW)), [{ userId: 'u2' }])
    deepEqual(await targetsOf(() => store.setOwnerStatus('u3', 'removed', NOW)), [{ userId: 'u3' }])
    deepEqual(await targetsOf(() => store.setOwnerStatus('new', 'inactive', NOW)), [{ userId: 'new' }])
    deepEqual(await targetsOf(() => store.feed.touchOwner('u4')), [{ userId: 'u4' }])
  })

  test('promise 5: a rotation stamps every token whose end it changes', async ({ store, second }) => {
    await put(store, 1)
    const targetsOf = (change: () => Promise<unknown>) => publishedTargets(second, change)
    const rotate = (n: number, replaces: string | null) => () =>
      store.rotateToken(id(1), draft(n, { predecessorId: id(1) }), {
        now: NOW,
        ...MANY_ENDED,
        graceEndsAt: NOW + DAY,
        replaces,
      })
    deepEqual(await targetsOf(rotate(2, null)), [token(1)])
    deepEqual(await targetsOf(rotate(3, id(2))), [token(1), token(2)], 'and the successor that is replaced')
    deepEqual(await targetsOf(() => store.revokeToken(id(3), { now: NOW })), [token(1), token(3)])
    await rotate(4, null)()
    const end = { successorId: id(4), predecessorId: id(1) }
    deepEqual(await targetsOf(() => store.endPredecessor(end, NOW)), [token(1), token(4)])
  })

  test('uses, idle marks and calls without a change are not in the feed', async ({ store, second }) => {
    await put(store, 1)
    await put(store, 2, { idleFrom: NOW - 2 * IDLE })
    await store.revokeToken(id(1), { now: NOW })
    const targets = await publishedTargets(second, async () => {
      await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW }], {
        now: NOW,
        dayStart: NOW,
        idleTimeoutMs: IDLE,
      })
      await store.markIdle(NOW - IDLE, 10)
      await store.revokeToken(id(1), { now: NOW })
      await put(store, 3)
      await put(store, 4, { userId: 'new' })
    })
    deepEqual(targets, [])
  })

  test('promise 5: each change of a row gets another stamp, even within one millisecond', async ({
    store,
  }) => {
    await put(store, 1)
    const stamps = new Set<number>()
    for (let n = 0; n < 50; n += 1) {
      await store.updateToken(id(1), { name: `${n}` }, { now: NOW, idleBefore: null })
      const { changes } = await store.feed.changesSince(0)
      for (const { changedAt } of changes) stamps.add(changedAt)
    }
    ok(stamps.size === 50, `${stamps.size} stamps of 50 changes`)
  })

  test('promise 5: changes are stamped by the store’s clock, not by the plugin’s', async ({ store }) => {
    await put(store, 1)
    const before = (await store.feed.changesSince(Number.MAX_SAFE_INTEGER)).now
    await store.revokeToken(id(1), { now: NOW - 1000 * DAY })
    await store.setOwnerStatus('ada', 'inactive', NOW + 1000 * DAY)
    const { now, changes } = await store.feed.changesSince(before)
    ok(changes.length === 2 && changes.every(({ changedAt }) => changedAt >= before && changedAt <= now + 1))
    ok(Math.abs(now - Date.now()) < 3_600_000, 'in milliseconds, in UTC')
  })
}

function token(n: number): InvalidationTarget {
  return { tokenId: id(n) }
}

/** The targets that a change adds to the feed. */
async function publishedTargets(
  store: TokenStore,
  change: () => Promise<unknown>,
): Promise<InvalidationTarget[]> {
  const before = await store.feed.changesSince(0)
  const known = new Set(before.changes.map((change) => JSON.stringify(change)))
  await change()
  const { changes } = await store.feed.changesSince(0)
  return changes
    .filter((stored) => !known.has(JSON.stringify(stored)))
    .map(({ target }) => target)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
