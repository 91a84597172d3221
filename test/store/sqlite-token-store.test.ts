/** The SQLite store keeps the contract of stores, on a real file with two connections. */

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/sqlite/sqlite-token-store.ts'
import { tokenStoreContract } from './token-store-contract.ts'

tokenStoreContract('the SQLite store', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  return { store: await openStore(t, filename), second: await openStore(t, filename) }
})

t.test('the SQLite store belongs to one machine: its keys may live in a file beside it', async (t) => {
  t.equal(sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') }).shared, false)
})

async function openStore(t: Test, filename: string) {
  const store = sqliteTokenStore({ filename })
  await store.open()
  t.teardown(() => store.close())
  return store
}
