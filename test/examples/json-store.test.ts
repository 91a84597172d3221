/** The example of a store keeps the contract of stores, and its data survives a restart. */

import { join } from 'node:path'
import t from 'tap'
import { jsonStore } from '../../examples/json-store.ts'
import { runContract } from '../store/run-contract.ts'

const folder = t.testdir()
let files = 0

async function opened(filename: string) {
  const store = jsonStore(filename)
  await store.open()
  return store
}

runContract('the example of a store', async () => {
  const filename = join(folder, `${files++}.db`)
  const [store, second] = [await opened(filename), await opened(filename)]
  return {
    store,
    second,
    close: async () => {
      await Promise.all([store.close(), second.close()])
    },
  }
})
