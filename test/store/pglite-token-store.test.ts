/** The PGlite store keeps the contract of stores: PostgreSQL on every machine. */

import { PGlite } from '@electric-sql/pglite'
import t from 'tap'
import { pgliteTokenStore } from '../../src/store/kysely/dialects/pglite/pglite-token-store.ts'
import { runContractOn } from './run-contract-on-database.ts'

const pglite = await PGlite.create()
t.teardown(() => pglite.close())

const { store, close } = await runContractOn('the PGlite store', {
  makeStore: () => pgliteTokenStore({ pglite }),
  run: (sql) => pglite.exec(sql),
})
t.teardown(close)

t.test('the PGlite store belongs to one process', async (t) => {
  t.equal(store.shared, false)
})

t.test('the instance is the host’s: the store does not close it', async (t) => {
  const own = pgliteTokenStore({ pglite })
  await own.open()
  await own.close()
  t.equal(pglite.closed, false)
})
