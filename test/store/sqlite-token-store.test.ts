/** The SQLite store keeps the contract of stores, on a real file with two connections. */

import { join } from 'node:path'
import t from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { runContract } from './run-contract.ts'

const folder = t.testdir()
let files = 0

runContract('the SQLite store', async () => {
  const filename = join(folder, `${files++}.db`)
  const [store, second] = [await openStore(filename), await openStore(filename)]
  const close = async () => {
    await Promise.all([store.close(), second.close()])
  }
  return { store, second, close }
})

t.test('the SQLite store belongs to one machine: its keys may live in a file beside it', async (t) => {
  t.equal(sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') }).shared, false)
})

async function openStore(filename: string) {
  const store = sqliteTokenStore({ filename })
  await store.open()
  return store
}
