/** The memory store keeps the contract of stores. */

import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { tokenStoreContract } from './token-store-contract.ts'

tokenStoreContract('the memory store', async (t) => {
  const store = memoryTokenStore()
  await store.open()
  t.teardown(() => store.close())
  return { store, second: store }
})

t.test('the memory store belongs to one process', async (t) => {
  t.equal(memoryTokenStore().shared, false)
})
