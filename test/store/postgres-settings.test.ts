/** Settings of PostgreSQL, of its sessions and of `pg`: for each the store is right, or refuses it by name. */

import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/postgres/postgres-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { rowsOf } from '../docs/markdown.ts'
import { ownDatabase } from '../support/databases.ts'
import { REFUSED, RIGHT } from './postgres-session-settings.ts'
import { runContractOn } from './run-contract-on-database.ts'

/** Parsers that make nonsense of every value. */
const strangeTypes: pg.CustomTypesConfig = { getTypeParser: () => () => 'nonsense' }
/** Whole numbers as hosts like to have them: of 64 bits as BigInt, of 32 as text. */
const otherNumbers: pg.CustomTypesConfig = {
  getTypeParser: (typeId: number) => (value: string) =>
    typeId === pg.types.builtins.INT8 ? BigInt(value) : value,
}

const database = await ownDatabase(t, 'PostgreSQL')
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
