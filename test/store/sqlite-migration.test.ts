/** The migration of the SQLite store: once, and completely or not at all. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { migrations } from '../../src/store/kysely/migrations/steps/index.ts'
import { put, rowOf } from '../../src/testing/store-contract/records.ts'
import { inProcesses } from './processes.ts'

const [FIRST_STEP] = Object.keys(migrations)

t.test('migrate: false fails on an empty file and names the missing migration', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  await t.rejects(opened(t, filename, false), {
    message: new RegExp(`lacks ${FIRST_STEP}.*: run npx fastify-api-tokens migrate .*migrate: true`),
  })
  t.same(tablesOf(filename), [], 'and writes nothing into it')
})

t.test('migrate: false opens a file whose schema is up to date', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const token = await put(await opened(t, filename, true), 1)
  t.same(await rowOf(await opened(t, filename, false), 1), token)
})

t.test('opening again changes nothing', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const token = await put(await opened(t, filename, true), 1)
  const schema = schemaOf(filename)
  t.same(await rowOf(await opened(t, filename, true), 1), token)
  t.same(schemaOf(filename), schema)
})

t.test('a schema that is newer than this version is refused by name, with migrate and without', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  await put(await opened(t, filename, true), 1)
  write(filename, "insert into api_tokens_migration values ('2999-01-01-later', '2999-01-01T00:00:00.000Z')")
  for (const migrate of [false, true]) {
    await t.rejects(opened(t, filename, migrate), {
      message: /2999-01-01-later.*: run npm install fastify-api-tokens@latest/,
    })
  }
})

t.test('a failed migration is rolled back and can be run again', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  write(filename, 'create table api_tokens (of_the_host text)')
  await t.rejects(opened(t, filename, true), { cause: { message: /api_tokens" already exists/ } })
  t.notOk(tablesOf(filename).includes('api_token_owners'), 'the tables of the step are rolled back')
  write(filename, 'drop table api_tokens')
  await put(await opened(t, filename, true), 1)
})

t.test('the names of all tables begin with api_token', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  write(filename, 'create table tokens (x); create table kysely_migration (x); create table users (x)')
  await opened(t, filename, true)
  t.same(
    tablesOf(filename).filter((name) => name.startsWith('api_token')),
    [
      'api_token_devices',
      'api_token_leases',
      'api_token_owners',
      'api_token_usage',
      'api_tokens',
      'api_tokens_migration',
    ],
  )
})

t.test('several stores of one process open a new file concurrently', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const stores = await Promise.all([1, 2, 3, 4].map(() => opened(t, filename, true)))
  for (const [n, store] of stores.entries()) await put(store, n)
  for (const store of stores) t.equal((await rowOf(store, 3)).userId, 'ada')
})

t.test('several processes open and migrate a new file concurrently', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const answers = await inProcesses(
    'insert-in-process.ts',
    [1, 2, 3, 4].map((n) => [filename, String(n)]),
  )
  t.same(answers, Array(4).fill('inserted'))
  const store = await opened(t, filename, false)
  for (const n of [1, 2, 3, 4]) t.equal((await rowOf(store, n)).generation, 1)
})

t.test('a file that cannot be opened, or is not a database, fails the boot and is named', async (t) => {
  const folder = t.testdir({ 'notes.txt': 'dear diary, '.repeat(1000) })
  for (const migrate of [true, false]) {
    await t.rejects(opened(t, join(folder, 'no', 'such', 'folder.db'), migrate), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: /folder\.db cannot be opened/,
      cause: { message: /directory/ },
    })
    await t.rejects(opened(t, join(folder, 'notes.txt'), migrate), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: /notes\.txt cannot be opened/,
      cause: { code: 'SQLITE_NOTADB' },
    })
  }
})

async function opened(t: Test, filename: string, migrate: boolean) {
  const store = sqliteTokenStore({ filename, migrate })
  t.teardown(() => store.close())
  await store.open()
  return store
}

function write(filename: string, sql: string): void {
  const database = new Database(filename)
  database.exec(sql)
  database.close()
}

function schemaOf(filename: string): unknown[] {
  const database = new Database(filename)
  const schema = database.prepare('select name, sql from sqlite_schema order by name').all()
  database.close()
  return schema
}

function tablesOf(filename: string): string[] {
  const database = new Database(filename)
  const names = database
    .prepare("select name from sqlite_schema where type = 'table' order by name")
    .pluck()
    .all() as string[]
  database.close()
  return names
}
