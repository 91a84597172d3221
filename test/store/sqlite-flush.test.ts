/** SQLite works in the thread of the requests: a flush must not keep them waiting for all of it at once. */

import { join } from 'node:path'
import t from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/sqlite/sqlite-token-store.ts'
import { put } from '../../src/testing/store-contract/records.ts'

t.test(
  'promise 7, SQLite: requests come between the statements of a batch, readers see all of it or nothing',
  async (t) => {
    const store = sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })
    t.teardown(() => store.close())
    await store.open()
    const { id, createdAt } = await put(store, 1)
    const use = { tokenId: id, count: 3, lastUsedAt: createdAt + 1000 }
    const told: string[] = []
    const written = store
      .recordUses([use], { now: createdAt + 1000, day: 0, idleTimeoutMs: null })
      .then(() => told.push('written'))
    setImmediate(() => told.push('a turn'))
    const read = store.findToken(id).then((found) => told.push(`read ${found?.token.useCount}`))
    await Promise.all([written, read])
    t.same(told.toSorted(), ['a turn', 'read 3', 'written'])
    t.equal(told[0], 'a turn', 'the event loop turned while the batch was being written')
  },
)
