/** The contract of `recordUses`: counters are added, times move forward, and only a wrong `idle` status changes. */

import { deepEqual, equal } from 'node:assert/strict'
import type { TokenStore, UseBatch } from '../../store/token-store.ts'
import type { LastClient } from '../../token/token.ts'
import { DAY, daysFrom, findToken, hasFields, IDLE, id, NOW, put, rowOf, type StoreTest } from './records.ts'

const RULES = { now: NOW + DAY, dayStart: NOW, idleTimeoutMs: IDLE }

/** As long as may be, and of any letters. */
const CLIENT: LastClient = { ip: '2001:db8::1%'.padEnd(64, 'é'), userAgent: '"\'\\ü�😀 $1'.padEnd(255, 'x') }

export function recordingUses(test: StoreTest): void {
  test('promise 7: counts add up and the last use and the idle clock move, nothing else does', async ({
    store,
  }) => {
    const token = await put(store, 1, { scopes: ['a'], description: 'd', expiresAt: NOW + DAY })
    await store.recordUses([{ tokenId: id(1), count: 3, lastUsedAt: NOW + 5 }], RULES)
    const used = { ...token, useCount: 3, lastUsedAt: NOW + 5, idleFrom: NOW + 5 }
    deepEqual(await rowOf(store, 1), used)
    await store.recordUses([{ tokenId: id(1), count: 4, lastUsedAt: NOW + 9 }], RULES)
    deepEqual(await rowOf(store, 1), { ...used, useCount: 7, lastUsedAt: NOW + 9, idleFrom: NOW + 9 })
  })

  test('promise 7: forward only, a use that is flushed late counts and moves nothing back', async ({
    store,
  }) => {
    await put(store, 1)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 9 }], RULES)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 2 }], RULES)
    hasFields(await rowOf(store, 1), { useCount: 2, lastUsedAt: NOW + 9, idleFrom: NOW + 9 })
  })

  test('an idle clock that was restarted after the use does not move back', async ({ store }) => {
    await put(store, 1, { idleFrom: NOW + 100 })
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 5 }], RULES)
    hasFields(await rowOf(store, 1), { lastUsedAt: NOW + 5, idleFrom: NOW + 100 })
  })

  test('a batch of many is written to each, tokens that are gone are skipped', async ({ store }) => {
    const all = Array.from({ length: 500 }, (_, n) => n)
    for (const n of all) if (n % 2 === 0) await put(store, n)
    await store.recordUses(
      all.map((n) => ({ tokenId: id(n), count: n + 1, lastUsedAt: NOW + n })),
      RULES,
    )
    for (const n of [0, 2, 250, 498]) {
      hasFields(await rowOf(store, n), { useCount: n + 1, lastUsedAt: NOW + n })
    }
    equal(await findToken(store, id(1)), null)
  })

  test('the scopes that were asked for add up, the fifty-third as well', async ({ store, second }) => {
    await put(store, 1)
    equal((await rowOf(store, 1)).scopesUsed, 0)
    const asks = [1, 2 ** 52, 2, 2 ** 31, 2, 2 ** 40]
    await Promise.all(
      asks.map((scopesUsed, n) =>
        (n % 2 ? store : second).recordUses(
          [{ tokenId: id(1), count: 1, lastUsedAt: NOW + n, scopesUsed }],
          RULES,
        ),
      ),
    )
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW }], RULES)
    equal((await rowOf(second, 1)).scopesUsed, 1 + 2 + 2 ** 31 + 2 ** 40 + 2 ** 52)
  })

  test('the client of the latest use is kept where clients are kept, and erased where not', async ({
    store,
  }) => {
    await put(store, 1)
    const keeps = { ...RULES, storesClients: true }
    const useAt = (lastUsedAt: number, lastClient: LastClient | null) => [
      { tokenId: id(1), count: 1, lastUsedAt, lastClient },
    ]
    const lastClient = async () => (await rowOf(store, 1)).lastClient
    equal(await lastClient(), null)
    await store.recordUses(useAt(NOW + 5, CLIENT), keeps)
    deepEqual(await lastClient(), CLIENT)
    await store.recordUses(useAt(NOW + 4, { ip: '192.0.2.4', userAgent: null }), keeps)
    deepEqual(await lastClient(), CLIENT, 'a use that is flushed late moves nothing back')
    await store.recordUses(useAt(NOW + 6, null), keeps)
    deepEqual(await lastClient(), CLIENT, 'of that use no client is known')
    await store.recordUses(useAt(NOW + 7, { ip: '192.0.2.7', userAgent: null }), keeps)
    deepEqual(await lastClient(), { ip: '192.0.2.7', userAgent: null })
    await store.recordUses(useAt(NOW + 8, CLIENT), RULES)
    equal(await lastClient(), null)
    hasFields(await rowOf(store, 1), { useCount: 5, lastUsedAt: NOW + 8 })
  })

  test('an empty batch is nothing', async ({ store }) => {
    const token = await put(store, 1)
    await store.recordUses([], RULES)
    deepEqual(await rowOf(store, 1), token)
  })

  test('promise 7: a batch that is sent again is counted once, and the next one counts', async ({
    store,
    second,
  }) => {
    await put(store, 1)
    const send = (to: TokenStore, batch: UseBatch, lastUsedAt: number) =>
      to.recordUses([{ tokenId: id(1), count: 100, lastUsedAt }], { ...RULES, batch })
    const writer = 'here'
    for (const to of [store, second, store]) await send(to, { writer, id: 'first' }, NOW + 1)
    hasFields(await rowOf(store, 1), { useCount: 100, lastUsedAt: NOW + 1 })
    for (const to of [store, second]) await send(to, { writer, id: 'second' }, NOW + 2)
    hasFields(await rowOf(store, 1), { useCount: 200, lastUsedAt: NOW + 2 })
    deepEqual(await store.dailyUses(id(1), daysFrom(NOW)), [{ dayStart: NOW, requests: 200 }])
    await send(second, { writer: 'there', id: 'second' }, NOW + 3)
    hasFields(await rowOf(store, 1), { useCount: 300, lastUsedAt: NOW + 3 })
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 4 }], RULES)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + 4 }], RULES)
    hasFields(await rowOf(store, 1), { useCount: 302, lastUsedAt: NOW + 4 })
  })

  test('promise 7: a batch that is sent many times at once is counted once', async ({ store, second }) => {
    await put(store, 1)
    const uses = [{ tokenId: id(1), count: 1, lastUsedAt: NOW + 1 }]
    for (const batch of ['first', 'second', 'third'].map((id) => ({ writer: 'here', id }))) {
      const sent = Array.from({ length: 8 }, (_, n) =>
        (n % 2 ? store : second).recordUses(uses, { ...RULES, batch }),
      )
      // An attempt may reject, because another one is storing the batch: the caller sends it again.
      await Promise.allSettled(sent)
      await store.recordUses(uses, { ...RULES, batch })
    }
    equal((await rowOf(second, 1)).useCount, 3)
  })

  test('promise 7: a batch that is sent again after its token was pruned counts for the others', async ({
    store,
  }) => {
    await put(store, 1)
    await put(store, 2)
    const rules = { ...RULES, batch: { writer: 'here', id: 'first' } }
    const uses = [1, 2].map((n) => ({ tokenId: id(n), count: 1, lastUsedAt: NOW + 5 }))
    await store.recordUses(uses, rules)
    await store.revokeToken(id(1), { now: NOW })
    equal(await store.prune({ rows: 'tokens', endedBefore: NOW + 1 }, 10), 1)
    await store.recordUses(uses, rules)
    equal(await findToken(store, id(1)), null)
    equal((await rowOf(store, 2)).useCount, 1)
  })

  test('a stored batch is no lease that has ended', async ({ store }) => {
    await put(store, 1)
    const uses = [{ tokenId: id(1), count: 1, lastUsedAt: NOW + 5 }]
    const rules = { ...RULES, batch: { writer: 'here', id: 'first' } }
    await store.recordUses(uses, rules)
    equal(await store.prune({ rows: 'leases' }, 10), 0)
    await store.recordUses(uses, rules)
    equal((await rowOf(store, 1)).useCount, 1)
  })

  test('two writers at once lose no count', async ({ store, second }) => {
    await put(store, 1)
    await put(store, 2)
    const batch = [1, 2].map((n) => ({ tokenId: id(n), count: 1, lastUsedAt: NOW + n }))
    await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? store : second).recordUses(batch, RULES)))
    equal((await rowOf(store, 1)).useCount, 40)
    equal((await rowOf(second, 2)).useCount, 40)
  })

  test('promise 7: a flush does not reactivate a revoked or disabled token', async ({ store }) => {
    await put(store, 1)
    await put(store, 2)
    await store.revokeToken(id(1), { now: NOW })
    await store.updateToken(id(2), { status: 'inactive' }, { now: NOW, idleBefore: null })
    await store.recordUses(
      [1, 2].map((n) => ({ tokenId: id(n), count: 1, lastUsedAt: NOW + 5 })),
      RULES,
    )
    hasFields(await rowOf(store, 1), { status: 'revoked', revokedAt: NOW, useCount: 1, updatedAt: NOW })
    hasFields(await rowOf(store, 2), { status: 'inactive', statusReason: 'disabled', useCount: 1 })
  })

  test('a flush and a revoke at once: the token is revoked and the use counted', async ({
    store,
    second,
  }) => {
    for (let n = 0; n < 10; n += 1) await put(store, n)
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        await Promise.all([
          store.recordUses([{ tokenId: id(n), count: 1, lastUsedAt: NOW + 5 }], RULES),
          second.revokeToken(id(n), { now: NOW + 5 }),
        ])
      }),
    )
    for (let n = 0; n < 10; n += 1) hasFields(await rowOf(store, n), { status: 'revoked', useCount: 1 })
  })

  test('promise 6: a late flush of an earlier use undoes idle, to the millisecond', async ({ store }) => {
    await put(store, 1)
    await put(store, 2)
    await store.markIdle(NOW + 1, 10)
    const now = NOW + DAY
    await store.recordUses(
      [
        { tokenId: id(1), count: 1, lastUsedAt: now - IDLE },
        { tokenId: id(2), count: 1, lastUsedAt: now - IDLE - 1 },
      ],
      { now, dayStart: NOW, idleTimeoutMs: IDLE },
    )
    hasFields(await rowOf(store, 1), { status: 'active', statusReason: null, useCount: 1, updatedAt: NOW })
    hasFields(await rowOf(store, 2), { status: 'inactive', statusReason: 'idle', useCount: 1 })
  })

  test('without an idle timeout a flush undoes nothing', async ({ store }) => {
    await put(store, 1)
    await store.markIdle(NOW + 1, 10)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW + DAY }], {
      now: NOW + DAY,
      dayStart: NOW,
      idleTimeoutMs: null,
    })
    hasFields(await rowOf(store, 1), {
      status: 'inactive',
      statusReason: 'idle',
      useCount: 1,
      lastUsedAt: NOW + DAY,
    })
  })
}
