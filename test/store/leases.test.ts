/** Leases beside what prunes those that have run out. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'

t.test('a lease that is being taken for the first time is not pruned', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const store = sqliteTokenStore({ filename })
  await store.open()
  t.teardown(() => store.close())
  // Another instance, whose pruning comes between the statements of this one.
  const other = new Database(filename)
  other.exec(`create trigger pruning after insert on api_token_leases begin
    delete from api_token_leases where ends_at <= unixepoch('subsec') * 1000;
  end`)
  other.close()
  const lease = { name: 'assertion', ms: 60_000 }
  t.equal(await store.acquireLease({ ...lease, holder: 'here' }), true)
  t.equal(await store.acquireLease({ ...lease, holder: 'there' }), false)
})
