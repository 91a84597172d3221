/** The memory store keeps the contract of stores. */

import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { MemoryDailyUses } from '../../src/store/memory/memory-uses.ts'
import { runContract } from './run-contract.ts'

runContract('the memory store', async () => {
  const store = memoryTokenStore()
  await store.open()
  return { store, second: store, close: () => store.close() }
})

t.test('the memory store belongs to one process', async (t) => {
  t.equal(memoryTokenStore().shared, false)
})

t.test('the memory store keeps nothing of a token whose counts are all pruned', async (t) => {
  const uses = new MemoryDailyUses()
  for (const day of [1, 2]) uses.add({ tokenId: 'a', count: 1, lastUsedAt: day }, day)
  t.equal(uses.prune(2, 10), 1)
  t.equal(uses.size, 1, 'it has a day left')
  t.equal(uses.prune(3, 10), 1)
  t.equal(uses.size, 0)
  t.same(uses.of('a', { since: 0, before: 9 }), [])
})
