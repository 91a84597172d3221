/** Settings of PostgreSQL, of its sessions and of `pg`: for each the store is right, or refuses it by name. */

import { CamelCasePlugin, Kysely, ParseJSONResultsPlugin, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/postgres/postgres-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { id, put } from '../../src/testing/store-contract/records.ts'
import { rowsOf } from '../docs/markdown.ts'
import { ownDatabase } from '../support/databases.ts'
import { runContractOn } from './run-contract-on-database.ts'

/** What a session may have set in any way. */
const RIGHT: Readonly<Record<string, string>> = {
  TimeZone: 'Asia/Kathmandu',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  transform_null_equals: 'on',
  statement_timeout: '4s',
  lock_timeout: '3s',
  idle_in_transaction_session_timeout: '10s',
  synchronous_commit: 'off',
  lc_messages: 'C',
}

/** What is refused, and how the error names it. */
const REFUSED: Readonly<Record<string, readonly [value: string, error: RegExp]>> = {
  default_transaction_read_only: [
    'on',
    /store: the session is read-only: default_transaction_read_only must/,
  ],
  standard_conforming_strings: ['off', /store: standard_conforming_strings must be on/],
  client_encoding: ['LATIN1', /store: client_encoding must be UTF8, which pg expects, and is LATIN1/],
}

/** Parsers that make nonsense of every value. */
const strangeTypes: pg.CustomTypesConfig = { getTypeParser: () => () => 'nonsense' }
/** Whole numbers as hosts like to have them: of 64 bits as BigInt, of 32 as text. */
const otherNumbers: pg.CustomTypesConfig = {
  getTypeParser: (typeId: number) => (value: string) =>
    typeId === pg.types.builtins.INT8 ? BigInt(value) : value,
}

const database = await ownDatabase(t, 'PostgreSQL')
const skip = database === null ? 'no PostgreSQL' : false
const address = database?.connectionString ?? ''

if (database !== null) {
  const { run } = database
  const pool = () => poolOf(t, { connectionString: withSettings(RIGHT), types: strangeTypes })
  const own = await runContractOn('PostgreSQL with other settings and type parsers', {
    run,
    makeStore: () => postgresTokenStore({ pool: pool(), migrate: true }),
  })
  t.teardown(own.close)
  const host = await runContractOn("a host's Kysely with other settings and type parsers", {
    run,
    makeStore: () => kyselyStore(t, { connectionString: withSettings(RIGHT), types: otherNumbers }),
  })
  t.teardown(host.close)
}

for (const [setting, [value, error]] of Object.entries(REFUSED)) {
  t.test(`${setting} = ${value} fails the boot by name`, { skip }, async (t) => {
    const pool = poolOf(t, { connectionString: address })
    pool.on('connect', (client) => void client.query(`set ${setting} = ${value}`))
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    for (const store of [postgresTokenStore({ pool }), kyselyTokenStore({ db, dialect: 'postgres' })]) {
      await t.rejects(store.open(), { code: 'FST_API_TOKENS_INVALID_OPTION', message: error })
    }
  })

  t.test(
    `a later connection with ${setting} = ${value} is discarded with an error by name`,
    { skip },
    async (t) => {
      const pool = poolOf(t, { connectionString: address, max: 1 })
      const store = postgresTokenStore({ pool, migrate: true })
      await store.open()
      await discardIdle(pool)
      const spoil = (client: pg.PoolClient) => void client.query(`set ${setting} = ${value}`)
      pool.on('connect', spoil)
      await t.rejects(store.findToken(id(999)), { message: error })
      pool.off('connect', spoil)
      t.equal(await store.findToken(id(999)), null)
    },
  )
}

t.test(
  'a connection whose search_path finds the tables of another schema is discarded by name',
  { skip },
  async (t) => {
    const other = await ownDatabase(t, 'PostgreSQL')
    const pool = poolOf(t, { connectionString: address, max: 1 })
    const store = postgresTokenStore({ pool, migrate: true })
    await store.open()
    await postgresTokenStore({
      pool: poolOf(t, { connectionString: other?.connectionString }),
      migrate: true,
    }).open()
    await discardIdle(pool)
    pool.on('connect', (client) => void client.query(`set search_path to ${other?.name}`))
    const error = new RegExp(`search_path differs .* ${database?.name} .* ${other?.name}`)
    await t.rejects(store.findToken(id(999)), { code: 'FST_API_TOKENS_INVALID_OPTION', message: error })
  },
)

t.test(
  'a connection that a host gave back within a transaction is discarded: it would swallow a revoke',
  { skip },
  async (t) => {
    const pool = poolOf(t, { connectionString: address, max: 1 })
    const store = postgresTokenStore({ pool, migrate: true })
    await store.open()
    const token = await put(store, 500)
    for (const statement of ['begin', 'begin; select 1/0']) {
      const client = await pool.connect()
      await client.query(statement).catch(() => undefined)
      client.release()
      await store.updateToken(token.id, { name: statement }, { now: token.createdAt, idleBefore: null })
      await discardIdle(pool)
      t.equal((await store.findToken(token.id))?.token.name, statement)
    }
  },
)

t.test('a plugin of a Kysely that changes results fails the boot by name', { skip }, async (t) => {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: poolOf(t, { connectionString: address }) }),
  })
  for (const plugin of [new CamelCasePlugin(), new ParseJSONResultsPlugin()]) {
    const store = kyselyTokenStore({ db: db.withPlugin(plugin), dialect: 'postgres', migrate: true })
    await t.rejects(store.open(), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: /db has a plugin that changes results, such as CamelCasePlugin: give db.withoutPlugins\(\)/,
    })
    await kyselyTokenStore({ db: db.withPlugin(plugin).withoutPlugins(), dialect: 'postgres' }).open()
  }
})

t.test('clients of pg that read numbers wrong fail the boot by name', { skip }, async (t) => {
  // The types of `pg` do not know it.
  const binary = { connectionString: address, binary: true }
  await t.rejects(postgresTokenStore({ pool: poolOf(t, binary) }).open(), {
    code: 'FST_API_TOKENS_INVALID_OPTION',
    message: /the option binary of pg must be off/,
  })
  for (const config of [binary, { connectionString: address, types: strangeTypes }]) {
    await t.rejects(kyselyStore(t, config).open(), { code: 'FST_API_TOKENS_INVALID_OPTION' })
  }
})

t.test('a store that was closed can be opened again', { skip }, async (t) => {
  const store = postgresTokenStore({ connectionString: address, migrate: true })
  for (let time = 0; time < 2; time += 1) {
    await store.open()
    t.equal(await store.findToken(id(999)), null)
    await store.close()
  }
  await store.close()
})

t.test('the guide lists what is tested here', async (t) => {
  const listed = rowsOf('docs/guides/choose-a-store.md').flatMap(([first = '']) =>
    [...first.matchAll(/`([A-Za-z_.]+)`/g)].map(([, name]) => name),
  )
  for (const setting of [...Object.keys(RIGHT), ...Object.keys(REFUSED)])
    t.ok(listed.includes(setting), setting)
})

function kyselyStore(t: Test, config: pg.PoolConfig): TokenStore {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: poolOf(t, config) }) })
  return kyselyTokenStore({ db, dialect: 'postgres', migrate: true })
}

function poolOf(t: Test, config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config)
  t.teardown(() => pool.end())
  return pool
}

function withSettings(settings: Readonly<Record<string, string>>): string {
  const all = Object.entries({ search_path: database?.name ?? '', ...settings })
  const options = all.map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' ')
  const url = new URL(address)
  url.search = ''
  return `${url.href}?options=${encodeURIComponent(options)}`
}

/** The next connection is a new one. */
async function discardIdle(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  client.release(true)
}
