/** Unusable connections of PostgreSQL: each is refused by name or discarded, and none ends the process. */

import { CamelCasePlugin, Kysely, ParseJSONResultsPlugin, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { withOutages } from '../../src/store/store-outage.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { id, put } from '../../src/testing/store-contract/records.ts'
import { ownDatabase } from '../support/databases.ts'
import { terminatedConnections } from '../support/terminated-connections.ts'
import { within } from '../support/within.ts'
import { REFUSED } from './postgres-session-settings.ts'

/** Parsers that make nonsense of every value. */
const strangeTypes: pg.CustomTypesConfig = { getTypeParser: () => () => 'nonsense' }
const TIMEOUT_MS = 500

const database = await ownDatabase(t, 'PostgreSQL')
const skip = database === null ? 'no PostgreSQL' : false
const address = database?.connectionString ?? ''

t.test('a client has an error listener from the moment it is in use', { skip }, async (t) => {
  const pool = poolOf(t, { connectionString: address })
  const [inUse, idle] = [await pool.connect(), await pool.connect()]
  t.teardown(() => inUse.release(true))
  idle.release()
  postgresTokenStore({ pool })
  t.ok(inUse.listenerCount('error') > 0, 'in use before the store was made')
  for (const name of ['connected before the store was made', 'connected later']) {
    const { promise, resolve } = Promise.withResolvers<pg.PoolClient>()
    // Called within the pool, before anything else can happen.
    pool.connect((_error, client) => {
      t.ok((client?.listenerCount('error') ?? 0) > 0, name)
      if (client !== undefined) resolve(client)
    })
    const client = await promise
    t.teardown(() => client.release(true))
  }
})

t.test(
  'a connection that the server ends during a statement is an error with its reason',
  { skip },
  async (t) => {
    const { connectionString, terminate } = await terminatedConnections(t, address)
    const store = postgresTokenStore({ connectionString, migrate: true })
    await store.open()
    t.teardown(() => store.close())
    const lock = await lockedTable(t, 'api_token_owners')
    const change = store.setOwnerStatus('ada', 'inactive', 1)
    const refused = t.rejects(change, { code: '57P01' })
    await within(5_000, async () => (await waiting(connectionString)) > 0)
    await terminate()
    await refused
    await lock.release()
    t.match(await store.setOwnerStatus('ada', 'active', 1), { status: 'active' })
  },
)

t.test(
  'one timeout counts for the connection and the transaction, and the server ends its statement',
  { skip },
  async (t) => {
    const { connectionString } = await terminatedConnections(t, address)
    const pool = poolOf(t, { connectionString, max: 1 })
    const store = postgresTokenStore({ pool, migrate: true, timeout: TIMEOUT_MS })
    await store.open()
    const lock = await lockedTable(t, 'api_token_owners')
    const busy = await pool.connect()
    setTimeout(() => busy.release(), TIMEOUT_MS * 0.8)
    const startedAt = performance.now()
    await t.rejects(store.setOwnerStatus('ada', 'inactive', 1), { message: /timeout/ })
    const ms = performance.now() - startedAt
    t.ok(ms < TIMEOUT_MS * 1.6, `${Math.round(ms)} ms`)
    await within(TIMEOUT_MS * 4, async () => (await waiting(connectionString)) === 0)
    await lock.release()
  },
)

t.test('a connection that got no response to a read in time is discarded', { skip }, async (t) => {
  const pool = poolOf(t, { connectionString: address, max: 1 })
  const store = postgresTokenStore({ pool, migrate: true, timeout: TIMEOUT_MS })
  await store.open()
  const lock = await lockedTable(t, 'api_tokens')
  await t.rejects(findToken(store, id(999)), { message: /timeout/ })
  t.equal(pool.totalCount, 0)
  await lock.release()
  t.equal(await findToken(store, id(999)), null)
})

t.test(
  'a privilege that is lost later is a fault that waiting does not correct, a lost connection is not',
  { skip },
  async (t) => {
    const store = withOutages(postgresTokenStore({ connectionString: address, migrate: true }))
    await store.open()
    t.teardown(() => store.close())
    await database?.run('alter table api_token_leases rename to elsewhere')
    await t.rejects(store.acquireLease({ name: 'a', holder: 'b', ms: 1 }), {
      code: 'FST_API_TOKENS_STORE_FAULT',
      statusCode: 500,
      cause: { code: '42P01' },
    })
    await database?.run('alter table elsewhere rename to api_token_leases')
    const classes = { '28P01': true, '3D000': true, '42501': true, '22021': true, '53100': true, XX001: true }
    const outages = {
      '08006': false,
      '53300': false,
      '57P01': false,
      '57P03': false,
      '57014': false,
      '55P03': false,
    }
    const others = { '40001': false, '23505': false, '25P03': false, EPIPE: false, ECONNREFUSED: false }
    for (const [code, permanent] of Object.entries({ ...classes, ...outages, ...others })) {
      t.equal(store.isPermanent?.(Object.assign(new Error(code), { code })), permanent, code)
    }
  },
)

t.test('values are read by their type alone, whatever the parsers of the client are', { skip }, async (t) => {
  const store = postgresTokenStore({
    pool: poolOf(t, { connectionString: address, types: strangeTypes }),
    migrate: true,
  })
  await store.open()
  const token = await put(store, 700, { name: 'a' })
  t.same((await findToken(store, token.id))?.token, token)
})

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
      await t.rejects(findToken(store, id(999)), { message: error })
      pool.off('connect', spoil)
      t.equal(await findToken(store, id(999)), null)
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
    await t.rejects(findToken(store, id(999)), { code: 'FST_API_TOKENS_INVALID_OPTION', message: error })
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
    const changeName = async (name: string) => {
      await store.updateToken(token.id, { name }, { now: token.createdAt, idleBefore: null })
      await discardIdle(pool)
      t.equal((await findToken(store, token.id))?.token.name, name)
    }
    for (const statement of ['begin', 'begin; select 1/0']) {
      const client = await pool.connect()
      await client.query(statement).catch(() => undefined)
      client.release()
      await changeName(statement)
    }
    const client = await pool.connect()
    client.query('begin; select pg_sleep(0.1); select 1/0').catch(() => undefined)
    client.release()
    await changeName('given back before the response')
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
    t.equal(await findToken(store, id(999)), null)
    await store.close()
  }
  await store.close()
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

/** The next connection is a new one. */
async function discardIdle(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  client.release(true)
}

/** Locks a table, as a long migration does. */
async function lockedTable(t: Test, table: string) {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(`begin; lock table ${table}`)
  return { release: () => client.query('rollback') }
}

/** How many connections of the application wait for a lock. */
async function waiting(connectionString: string): Promise<number> {
  const name = new URL(connectionString).searchParams.get('application_name')
  const [row] =
    (await database?.run<{ waiting: string }>(
      `select count(*) as waiting from pg_stat_activity where application_name = '${name}' and wait_event_type = 'Lock'`,
    )) ?? []
  return Number(row?.waiting)
}
