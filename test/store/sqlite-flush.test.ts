/** SQLite works in the thread of the requests, so a flush must give them turns in between. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { put } from '../../src/testing/store-contract/records.ts'

t.test(
  'promise 7, SQLite: requests come between the statements of a batch, readers see all of it or nothing',
  async (t) => {
    const filename = join(t.testdir(), 'tokens.db')
    const store = sqliteTokenStore({ filename })
    t.teardown(() => store.close())
    await store.open()
    const { id, createdAt } = await put(store, 1)
    const other = new Database(filename, { readonly: true })
    t.teardown(() => other.close())
    const committed = () =>
      Number(other.prepare('select coalesce(sum(requests), 0) from api_token_usage').pluck().get())

    const use = { tokenId: id, count: 3, lastUsedAt: createdAt + 1000 }
    const written = store.recordUses([use], {
      now: createdAt + 1000,
      dayStart: createdAt,
      idleTimeoutMs: null,
    })
    t.equal((await findToken(store, id))?.token.useCount, 0, 'before it begins')
    // Queued before the one for which the batch waits between its statements.
    const between = await new Promise((resolve) => setImmediate(() => resolve(committed())))
    t.equal(between, 0, 'the event loop turned while the batch was being written')
    const read = findToken(store, id).then((found) => [found?.token.useCount, committed()])
    t.same(await read, [3, 3], 'the read rows were committed')
    await written
  },
)

t.test('a cold verification reads within the call, unless a transaction has the file', async (t) => {
  const store = sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })
  t.teardown(() => store.close())
  await store.open()
  const { id } = await put(store, 1)
  const done: string[] = []
  const reads = findToken(store, id).then(() => done.push('read'))
  let turns = 0
  const count = async () => {
    for (; !done.includes('read'); turns += 1) await Promise.resolve()
  }
  await Promise.all([reads, count()])
  t.ok(turns <= 3, `${turns} turns of promises`)
})
