/** The PostgreSQL store keeps the contract of stores, on a server of this machine, whatever its sessions have set. */

import t from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { RIGHT, withSettings } from './postgres-session-settings.ts'
import { runContractOn } from './run-contract-on-database.ts'

const database = await ownDatabase(t, 'PostgreSQL')
if (database !== null) {
  const { name, run } = database
  const connectionString = withSettings(database.connectionString, name, RIGHT)
  const makeStore = () => postgresTokenStore({ connectionString, migrate: true })
  const { store, close } = await runContractOn('the PostgreSQL store', { makeStore, run })
  t.teardown(close)

  t.test('the PostgreSQL store may be shared by machines: they are given the keys', async (t) => {
    t.equal(store.shared, true)
  })
}
