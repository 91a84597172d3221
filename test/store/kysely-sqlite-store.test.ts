/** A store on the host's own Kysely instance with SQLite keeps the contract of stores, and the host's settings stay. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import t from 'tap'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { runContract } from './run-contract.ts'

const folder = t.testdir()
let files = 0

runContract('a host’s own Kysely on SQLite', async () => {
  const filename = join(folder, `${files++}.db`)
  const [first, second] = [await openStore(filename), await openStore(filename)]
  const close = async () => {
    for (const { store, db } of [first, second]) {
      await store.close()
      await db.destroy()
    }
  }
  return { store: first.store, second: second.store, close }
})

async function openStore(filename: string) {
  const database = new Database(filename)
  // Commits to the disk are slow, and the contract does not test power failures.
  database.pragma('synchronous = OFF')
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) })
  const store = kyselyTokenStore({ db, dialect: 'sqlite', migrate: true })
  await store.open()
  return { store, db }
}
