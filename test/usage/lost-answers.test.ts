/** A commit whose response is lost: the batch is sent again and counted once, on every store. */

import t from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import type { RecordUseRules, TokenUse } from '../../src/store/token-use.ts'
import { manualClock } from '../../src/testing/index.ts'
import { daysFrom, id, NOW, put } from '../../src/testing/store-contract/records.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'
import { DAY_MS, startOfDay } from '../../src/utc-day.ts'
import { watchedOnServer, watchedPGlite, watchedSqlite } from '../support/watched-stores.ts'

const TODAY = startOfDay(NOW)

const stores = [
  { name: 'memory', store: memoryTokenStore() },
  await watchedSqlite(t),
  await watchedPGlite(t),
  await watchedOnServer(t, 'PostgreSQL'),
  await watchedOnServer(t, 'MariaDB'),
].filter((watched) => watched !== null)

for (const { name, store } of stores) {
  t.test(`promise 7, ${name}: uses whose commit was not confirmed are counted once`, async (t) => {
    await put(store, 1)
    const { recorder, lose, sent } = recorderOn(store)
    const use = recorder.hold(id(1), NOW)
    const useIt = (times: number) => {
      for (let n = 0; n < times; n += 1) recorder.countUse(use, NOW + 5)
    }
    useIt(100)
    for (const attempt of [1, 2, 3]) {
      lose()
      await t.rejects(recorder.flush(), { message: 'the response was lost' }, `attempt ${attempt}`)
      t.same(recorder.stats(), { pending: 1, flushed: 0 })
      t.equal((await findToken(store, id(1)))?.token.useCount, 100, 'it was committed')
      useIt(10)
    }
    t.equal(new Set(sent.map(({ batch }) => batch?.id)).size, 1)
    t.same(
      recorder.pendingDays(id(1)).reduce((sum, { requests }) => sum + requests, 0),
      130,
    )
    await recorder.flush()
    t.same(recorder.stats(), { pending: 0, flushed: 130 })
    t.equal((await findToken(store, id(1)))?.token.useCount, 130)
    t.same(await store.dailyUses(id(1), daysFrom(TODAY)), [{ dayStart: TODAY, requests: 130 }])
    t.equal(recorder.pendingCount(id(1)), 0)
  })

  t.test(`promise 7, ${name}: two instances that lose responses count each use once`, async (t) => {
    await put(store, 2)
    await put(store, 3)
    const instances = [recorderOn(store), recorderOn(store)]
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        instances.map(async ({ recorder, lose }, which) => {
          for (const n of [2, 3]) recorder.countUse(recorder.hold(id(n), NOW), NOW + round)
          if ((round + which) % 3 !== 0) lose()
          await recorder.flush().catch(() => undefined)
        }),
      )
    }
    for (const { recorder } of instances) await recorder.flush()
    for (const n of [2, 3]) t.equal((await findToken(store, id(n)))?.token.useCount, 20)
  })
}

t.test('promise 7: an unconfirmed batch is repeated unchanged before newer ones', async (t) => {
  const store = memoryTokenStore()
  const { recorder, lose, sent } = recorderOn(store)
  const ids = Array.from({ length: 2_600 }, (_, n) => id(n))
  for (const tokenId of ids) recorder.countUse(recorder.hold(tokenId, NOW), NOW)
  lose()
  await t.rejects(recorder.flush())
  for (const tokenId of ids) recorder.countUse(recorder.hold(tokenId, NOW), NOW + DAY_MS)
  t.same(recorder.stats(), { pending: 2_600, flushed: 0 })
  await recorder.flush()
  t.same(recorder.stats(), { pending: 0, flushed: 5_200 })
  const [first, again, ...newer] = sent
  t.same(again, first)
  t.equal(new Set(newer.map(({ batch }) => batch?.id)).size, newer.length)
  t.not(newer[0]?.batch?.id, first?.batch?.id)
  t.same(
    newer.map(({ uses, dayStart }) => [uses.length, dayStart]),
    [
      [100, TODAY],
      [2_500, TODAY + DAY_MS],
      [100, TODAY + DAY_MS],
    ],
  )
})

t.test('promise 7: a repeated batch counts nothing for a pruned token', async (t) => {
  const store = memoryTokenStore()
  await put(store, 1)
  await put(store, 2)
  const { recorder, lose } = recorderOn(store)
  for (const n of [1, 2]) recorder.countUse(recorder.hold(id(n), NOW), NOW)
  lose()
  await t.rejects(recorder.flush())
  await store.revokeToken(id(1), { now: NOW })
  await store.prune({ rows: 'tokens', endedBefore: NOW + 1 }, 10)
  await recorder.flush()
  t.equal(await findToken(store, id(1)), null)
  t.same(await store.dailyUses(id(1), daysFrom(TODAY)), [])
  t.equal((await findToken(store, id(2)))?.token.useCount, 1)
  t.same(recorder.stats(), { pending: 0, flushed: 2 })
})

interface Sent extends RecordUseRules {
  readonly uses: readonly TokenUse[]
}

/** A recorder on the real store, which commits, and whose next response is lost on request. */
function recorderOn(store: TokenStore) {
  const sent: Sent[] = []
  let isLost = false
  const recorder = new UsageRecorder({
    store: {
      recordUses: async (uses, rules) => {
        sent.push({ ...rules, uses })
        await store.recordUses(uses, rules)
        if (!isLost) return
        isLost = false
        throw new Error('the response was lost')
      },
    },
    clock: manualClock(NOW + 10),
    idleTimeoutMs: null,
    storesClients: false,
    onFlushFailed: (error) => {
      throw error
    },
  })
  const lose = () => {
    isLost = true
  }
  return { recorder, lose, sent }
}
