/** Settings of PostgreSQL, of its sessions and of `pg`: for each the store is right, or refuses it by name. */

import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { rowsOf } from '../docs/markdown.ts'
import { ownDatabase } from '../support/databases.ts'
import { walk } from '../support/store-walk.ts'
import { REFUSED, RIGHT, withSettings } from './postgres-session-settings.ts'

/** Parsers that make nonsense of every value. */
const strangeTypes: pg.CustomTypesConfig = { getTypeParser: () => () => 'nonsense' }
/** Whole numbers as hosts like to have them: of 64 bits as BigInt, of 32 as text. */
const otherNumbers: pg.CustomTypesConfig = {
  getTypeParser: (typeId: number) => (value: string) =>
    typeId === pg.types.builtins.INT8 ? BigInt(value) : value,
}

const database = await ownDatabase(t, 'PostgreSQL')

if (database !== null) {
  const { name, run } = database
  const address = database.connectionString
  const withOthers = withSettings(address, name, RIGHT)
  const expected = await walkOn(postgresTokenStore({ connectionString: address, migrate: true }))

  t.test('a pool with other settings and type parsers: all is right', async (t) => {
    const pool = poolOf(t, { connectionString: withOthers, types: strangeTypes })
    t.same(await walkOn(postgresTokenStore({ pool })), expected)
  })

  t.test('a Kysely with other settings and type parsers: all is right', async (t) => {
    const pool = poolOf(t, { connectionString: withOthers, types: otherNumbers })
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    t.same(await walkOn(kyselyTokenStore({ db, dialect: 'postgres' })), expected)
  })

  /** The result of each kind of statement. The contract of stores runs with these settings, too. */
  async function walkOn(store: TokenStore): Promise<unknown[]> {
    await store.open()
    const walked = await walk(store, run, '\u0001')
    await store.close()
    return walked
  }
}

t.test('the guide lists what is tested here', async (t) => {
  const listed = rowsOf('docs/guides/choose-a-store.md').flatMap(([first = '']) =>
    [...first.matchAll(/`([A-Za-z_.]+)`/g)].map(([, name]) => name),
  )
  for (const setting of [...Object.keys(RIGHT), ...Object.keys(REFUSED)])
    t.ok(listed.includes(setting), setting)
})

function poolOf(t: Test, config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config)
  t.teardown(() => pool.end())
  return pool
}
