/** Uses that the store refuses permanently do not block others, and are not lost. */

import t from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withOutages } from '../../src/store/store-outage.ts'
import { manualClock } from '../../src/testing/index.ts'
import { id, NOW, put } from '../../src/testing/store-contract/records.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'

const REFUSED = new Error('a packet that is too large')

t.test('promise 7: a use that the store refuses does not block the others', async (t) => {
  const { recorder, use, refused, countOf, flushes } = await recorderWith(10)
  refused.add(id(3))
  use(10)
  t.equal(await flushes(10), 'failed')
  for (const n of [0, 1, 2, 4, 5, 6, 7, 8, 9]) t.equal(await countOf(n), 1, `token ${n}`)
  t.equal(await countOf(3), 0)
  t.same(recorder.stats(), { pending: 1, flushed: 9 })
  t.equal(recorder.pendingCount(id(3)), 1, 'it is kept')
})

t.test('promise 7: later uses are written before a refused one', async (t) => {
  const { recorder, use, refused, countOf, flushes } = await recorderWith(4)
  refused.add(id(1)).add(id(2))
  use(4)
  await flushes(8)
  use(4)
  t.equal(await flushes(1), 'failed')
  t.same([await countOf(0), await countOf(3)], [1, 1], 'they share a batch with the refused ones')
  await flushes(8)
  t.same([await countOf(0), await countOf(3)], [2, 2])
  t.equal(recorder.stats().pending, 2)
  refused.clear()
  t.equal(await flushes(1), 'written')
  for (const n of [0, 1, 2, 3]) t.equal(await countOf(n), 2, `token ${n}`)
  t.same(recorder.stats(), { pending: 0, flushed: 8 })
})

t.test('promise 7: a batch that may have been recorded is never split', async (t) => {
  const { recorder, use, refused, countOf, flushes, lose } = await recorderWith(4)
  use(4)
  lose()
  t.equal(await flushes(1), 'failed')
  refused.add(id(3))
  t.equal(await flushes(5), 'failed')
  refused.clear()
  t.equal(await flushes(1), 'written')
  for (const n of [0, 1, 2, 3]) t.equal(await countOf(n), 1, `token ${n}`)
  t.same(recorder.stats(), { pending: 0, flushed: 4 })
})

/** A recorder on a store that refuses batches with certain tokens. */
async function recorderWith(tokens: number) {
  const store = memoryTokenStore()
  for (let n = 0; n < tokens; n += 1) await put(store, n)
  const refused = new Set<string>()
  let isLost = false
  const recordUses: typeof store.recordUses = async (uses, rules) => {
    if (uses.some(({ tokenId }) => refused.has(tokenId))) throw REFUSED
    await store.recordUses(uses, rules)
    if (!isLost) return
    isLost = false
    throw new Error('the response was lost')
  }
  const recorder = new UsageRecorder({
    store: withOutages({
      // Its own methods are those of its class.
      ...withOutages(store),
      recordUses,
      isPermanent: (error) => error === REFUSED,
    }),
    clock: manualClock(NOW),
    idleTimeoutMs: null,
    storesClients: false,
    onFlushFailed: () => undefined,
  })
  return {
    recorder,
    refused,
    lose: () => {
      isLost = true
    },
    use: (count: number) => {
      for (let n = 0; n < count; n += 1) recorder.countUse(recorder.hold(id(n), NOW), NOW)
    },
    countOf: async (n: number) => (await findToken(store, id(n)))?.token.useCount,
    /** Flushes so often, and returns how the last one ended. */
    flushes: async (times: number) => {
      let outcome = ''
      for (let n = 0; n < times; n += 1) {
        outcome = await recorder.flush().then(
          () => 'written',
          () => 'failed',
        )
      }
      return outcome
    },
  }
}
