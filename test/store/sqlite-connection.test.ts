/** The connection of the SQLite store: durable commits, cached statements, early locks, and release of the file. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { openSqlite } from '../../src/store/kysely/dialects/sqlite/sqlite-connection.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import {
  DAY,
  draft,
  id,
  MANY_ENDED,
  NOW,
  put,
  query,
  rowOf,
} from '../../src/testing/store-contract/records.ts'
import { watchStatements } from './prepared-statements.ts'

t.test('promise 4: a commit is synced to the disk: WAL, synchronous FULL', async (t) => {
  const { database } = await openFile(t)
  t.same(database.prepare('pragma journal_mode').all([]), [{ journal_mode: 'wal' }])
  t.same(database.prepare('pragma synchronous').all([]), [{ synchronous: 2 }], '2 is FULL')
})

t.test('a statement waits for another connection’s write for the busy timeout', async (t) => {
  const { database } = await openFile(t)
  t.same(database.prepare('pragma busy_timeout').all([]), [{ timeout: 1234 }])
})

t.test('a statement is prepared once', async (t) => {
  const { database } = await openFile(t)
  t.equal(database.prepare('select 1'), database.prepare('select 1'))
  t.not(database.prepare('select 1'), database.prepare('select 2'))
})

t.test('the number of cached statements is limited', async (t) => {
  const { database } = await openFile(t)
  const first = database.prepare('select 0 as n')
  for (let n = 1; n <= 300; n += 1) t.same(database.prepare(`select ${n} as n`).all([]), [{ n }])
  t.not(database.prepare('select 0 as n'), first, 'the first was let go')
  t.same(first.all([]), [{ n: 0 }], 'a caller that still has it can use it')
})

t.test('begin takes the write lock at once, so that no transaction fails at its first write', async (t) => {
  const { filename, database } = await openFile(t)
  database.prepare('begin').run([])
  const other = new Database(filename, { timeout: 0 })
  t.teardown(() => other.close())
  t.throws(() => other.exec('begin immediate'), { code: 'SQLITE_BUSY' })
  database.prepare('commit').run([])
  other.exec('begin immediate')
  other.exec('rollback')
})

t.test('the store prepares each of its statements once', async (t) => {
  const statements = watchStatements(t)
  const store = sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })
  t.teardown(() => store.close())
  await store.open()
  statements.clear()
  for (let n = 0; n < 5; n += 1) {
    await put(store, n)
    await findToken(store, id(n))
    await store.listTokens(query({ limit: n + 1 }))
    await store.updateToken(id(n), { name: `n${n}` }, { now: NOW + n, idleBefore: n, userId: 'ada' })
    await store.recordUses([{ tokenId: id(n), count: 1, lastUsedAt: NOW + n }], {
      now: NOW,
      dayStart: NOW,
      idleTimeoutMs: DAY,
    })
    await store.revokeToken(id(n), { now: NOW + n })
    await store.markIdle(n, 1 + n)
    await store.prune({ rows: 'tokens', endedBefore: n }, 1 + n)
  }
  t.ok(statements.size >= 10, 'the statements were seen')
  t.same(
    [...statements].filter(([, times]) => times > 1),
    [],
  )
})

t.test('a write waits for another process that writes', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const store = sqliteTokenStore({ filename })
  t.teardown(() => store.close())
  await store.open()
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'hold-write-lock.ts'), filename, '300'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(writer, 'exit')
  await once(writer.stdout, 'data')
  const before = performance.now()
  t.equal((await store.insertToken(draft(1), { ...MANY_ENDED, maxTokens: 1, now: NOW })).outcome, 'inserted')
  t.ok(performance.now() - before > 50, 'it was made to wait')
  t.same(await ended, [0, null])
})

t.test('a closed store has released its file and written everything into it', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const store = sqliteTokenStore({ filename })
  await store.open()
  await put(store, 1)
  t.ok(existsSync(`${filename}-wal`))
  await store.close()
  t.notOk(existsSync(`${filename}-wal`), 'no log is left beside it')
  await t.rejects(findToken(store, id(1)))
  const other = new Database(filename, { timeout: 0 })
  t.teardown(() => other.close())
  other.exec('begin exclusive')
  t.same(other.prepare('select name from api_tokens').all(), [{ name: 'token 1' }])
  other.exec('commit')
})

t.test('tokens survive a restart', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const first = sqliteTokenStore({ filename })
  await first.open()
  const token = await put(first, 1)
  await first.close()
  const second = sqliteTokenStore({ filename })
  t.teardown(() => second.close())
  await second.open()
  t.same(await rowOf(second, 1), token)
})

t.test('a store that was never opened can be closed', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  await sqliteTokenStore({ filename }).close()
  t.notOk(existsSync(filename), 'and touched no file')
})

t.test('a store whose open failed leaves nothing open, and can be opened later', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const store = sqliteTokenStore({ filename, migrate: false })
  for (let time = 0; time < 2; time += 1) await t.rejects(store.open(), { message: /lacks/ })
  t.notOk(existsSync(`${filename}-wal`), 'the file is closed')
  const migrating = sqliteTokenStore({ filename })
  await migrating.open()
  await migrating.close()
  await store.open()
  t.equal(await store.isEmpty(), true)
  await store.close()
  await t.rejects(store.isEmpty(), { message: `the SQLite file ${filename} is closed` })
})

t.test('a store that two applications have opened stays open until both have closed it', async (t) => {
  const store = sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })
  await Promise.all([store.open(), store.open()])
  await store.close()
  await put(store, 1)
  await store.close()
  await t.rejects(findToken(store, id(1)), { message: /is closed/ })
  await store.open()
  t.equal((await rowOf(store, 1)).userId, 'ada')
  await store.close()
})

async function openFile(t: Test) {
  const filename = join(t.testdir(), 'tokens.db')
  const database = await openSqlite({ filename, busyTimeoutMs: 1234 })
  t.teardown(() => database.close())
  return { filename, database }
}
