/** The MySQL store keeps the contract of stores, on a MariaDB of this machine. */

import t from 'tap'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { runContractOn } from './run-contract-on-database.ts'

const database = await ownDatabase(t, 'MariaDB')
if (database !== null) {
  const { connectionString, run } = database
  const makeStore = () => mysqlTokenStore({ connectionString, migrate: true })
  const { store, close } = await runContractOn('the MySQL store', { makeStore, run })
  t.teardown(close)

  t.test('the MySQL store may be shared by machines: they are given the keys', async (t) => {
    t.equal(store.shared, true)
  })
}
