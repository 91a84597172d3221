/** Servers, databases and roles of PostgreSQL that cannot keep tokens: each is named, at boot or when it comes to be. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { id, put } from '../../src/testing/store-contract/records.ts'
import { ownPostgres } from '../support/own-postgres.ts'

const REFUSED = 'FST_API_TOKENS_INVALID_OPTION'
const server = await ownPostgres(t)
const skip = server === null ? 'no PostgreSQL server' : false
const address = server?.connectionString ?? ''

for (const encoding of ['LATIN1', 'SQL_ASCII', 'EUC_JP']) {
  t.test(`a database of the encoding ${encoding} fails the boot by name`, { skip }, async (t) => {
    await run(
      `create database ${encoding} encoding '${encoding}' template template0 lc_collate 'C' lc_ctype 'C'`,
    )
    const store = storeAt(t, at({ database: encoding.toLowerCase() }))
    await t.rejects(store.open(), {
      code: REFUSED,
      message: new RegExp(`server_encoding UTF8, and has ${encoding}`),
    })
  })
}

t.test('a role that lacks a privilege fails the boot by name', { skip }, async (t) => {
  await storeAt(t, address).open()
  await run('create role reader login; grant select on all tables in schema public to reader')
  const store = () => storeAt(t, at({ user: 'reader' }), false)
  await t.rejects(store().open(), {
    code: REFUSED,
    message: /role reader lacks the privilege INSERT on the table "api_tokens"/,
  })
  await run('grant insert, update, delete on all tables in schema public to reader')
  await store().open()
  await run('revoke delete on api_token_usage from reader')
  await t.rejects(store().open(), { message: /lacks the privilege DELETE on the table "api_token_usage"/ })
})

t.test('row-level security that holds for the role fails the boot by name', { skip }, async (t) => {
  await storeAt(t, address).open()
  await run('create role tenant login; grant all on all tables in schema public to tenant')
  const store = () => storeAt(t, at({ user: 'tenant' }), false)
  await store().open()
  await run('alter table api_tokens enable row level security')
  await t.rejects(store().open(), {
    code: REFUSED,
    message: /row-level security is active for the role tenant on the table "api_tokens"/,
  })
  await run('alter role tenant bypassrls')
  await store().open()
  await run('alter table api_tokens disable row level security')
})

t.test('a server that becomes a standby is named, and heals when it is promoted', { skip }, async (t) => {
  const store = storeAt(t, address)
  await store.open()
  const token = await put(store, 7)
  const change = (name: string) =>
    store.updateToken(token.id, { name }, { now: token.createdAt, idleBefore: null })
  const [{ data_directory: folder = '' } = {}] = await run<{ data_directory: string }>('show data_directory')
  await server?.stop()
  await writeFile(join(folder, 'standby.signal'), '')
  await server?.start()
  const message = /the PostgreSQL server is a hot standby, which is read-only/
  await t.rejects(change('on a standby'), { code: REFUSED, message })
  await t.rejects(storeAt(t, address, false).open(), { code: REFUSED, message })
  await run('select pg_promote()')
  t.match(await change('promoted'), { outcome: 'changed' })
})

t.test(
  'a connection that has become read-only is discarded, so that the next one is checked',
  { skip },
  async (t) => {
    const pool = new pg.Pool({ connectionString: address, max: 1 })
    t.teardown(() => pool.end())
    const store = postgresTokenStore({ pool, migrate: true })
    await store.open()
    const client = await pool.connect()
    await client.query('set default_transaction_read_only = on')
    client.release()
    await t.rejects(store.setOwnerStatus('ada', 'inactive', 1), { code: '25006' })
    t.match(await store.setOwnerStatus('ada', 'inactive', 1), { status: 'inactive' })
    t.equal(await findToken(store, id(99)), null)
  },
)

function storeAt(t: Test, connectionString: string, migrate = true) {
  const store = postgresTokenStore({ connectionString, migrate })
  t.teardown(() => store.close())
  return store
}

function at({ user, database }: { readonly user?: string; readonly database?: string }): string {
  const url = new URL(address)
  if (user !== undefined) url.username = user
  if (database !== undefined) url.pathname = database
  return url.href
}

async function run<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
