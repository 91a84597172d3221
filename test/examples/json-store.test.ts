/** The example of a store keeps the contract of stores, and its data survives a restart. */

import { join } from 'node:path'
import t from 'tap'
import { jsonStore } from '../../examples/json-store.ts'
import { draft, id, MANY_ENDED, NOW, put, rowOf } from '../../src/testing/store-contract/records.ts'
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

t.test('the example of a store writes again after a call that was rejected', async (t) => {
  const store = await opened(join(folder, 'rejected.db'))
  t.teardown(() => store.close())
  await put(store, 1)
  await t.rejects(store.insertToken(draft(1), { ...MANY_ENDED, maxTokens: 9, now: NOW }))
  t.equal((await store.revokeToken(id(1), { now: NOW })).outcome, 'changed')
})

t.test('the example of a store keeps its tokens when it is closed and opened again', async (t) => {
  const filename = join(folder, 'reopened.db')
  const before = await opened(filename)
  const token = await put(before, 1)
  await before.close()
  const after = await opened(filename)
  t.teardown(() => after.close())
  t.same(await rowOf(after, 1), token)
})
