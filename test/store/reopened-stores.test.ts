/** One store object in several applications of a process, one after another and at once: each of the package's stores. */

import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import mysql from 'mysql2'
import pg from 'pg'
import t, { type Test } from 'tap'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { pgliteTokenStore } from '../../src/store/kysely/dialects/pglite/pglite-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { issue, startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

/** `null` where the server is not on this machine. */
const STORES: Readonly<Record<string, (t: Test) => Promise<TokenStore | null>>> = {
  memoryTokenStore: async () => memoryTokenStore(),
  sqliteTokenStore: async (t) => sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') }),
  pgliteTokenStore: async (t) => {
    const pglite = await PGlite.create()
    t.teardown(() => pglite.close())
    return pgliteTokenStore({ pglite })
  },
  'kyselyTokenStore on SQLite': async (t) => {
    const dialect = new SqliteDialect({ database: new Database(join(t.testdir(), 'tokens.db')) })
    const db = new Kysely<unknown>({ dialect })
    t.teardown(() => db.destroy())
    return kyselyTokenStore({ db, dialect: 'sqlite', migrate: true })
  },
  postgresTokenStore: async (t) => {
    const own = await ownDatabase(t, 'PostgreSQL')
    return own && postgresTokenStore({ connectionString: own.connectionString, migrate: true })
  },
  'postgresTokenStore on a pool': async (t) => {
    const own = await ownDatabase(t, 'PostgreSQL')
    if (own === null) return null
    const pool = new pg.Pool({ connectionString: own.connectionString })
    t.teardown(() => pool.end())
    return postgresTokenStore({ pool, migrate: true })
  },
  mysqlTokenStore: async (t) => {
    const own = await ownDatabase(t, 'MariaDB')
    return own && mysqlTokenStore({ connectionString: own.connectionString, migrate: true })
  },
  'mysqlTokenStore on a pool': async (t) => {
    const own = await ownDatabase(t, 'MariaDB')
    if (own === null) return null
    const pool = mysql.createPool({ uri: own.connectionString })
    t.teardown(() => pool.promise().end())
    return mysqlTokenStore({ pool, migrate: true })
  },
}

for (const [name, make] of Object.entries(STORES)) {
  t.test(`${name}: a store that was closed with one application serves a second one`, async (t) => {
    const store = await make(t)
    if (store === null) return
    const keys = [hs256Key()]
    let token: string | undefined
    for (let time = 0; time < 3; time += 1) {
      const { app } = await startHost(t, { store, keys })
      if (token !== undefined)
        t.equal(await statusOf(app, token), 200, 'tokens that were issued before are there')
      token = (await issue(app, 'ada')).token
      await app.apiTokens.flush()
      await app.close()
    }
  })

  t.test(`${name}: after a close nothing opens the store again`, async (t) => {
    const store = await make(t)
    if (store === null) return
    const { app } = await startHost(t, { store, keys: [hs256Key()] })
    const { id } = await issue(app, 'ada')
    await app.close()
    const fault = { code: 'FST_API_TOKENS_STORE_FAULT', cause: { message: 'the application has closed' } }
    await t.rejects(app.apiTokens.issue({ userId: 'ada' }), fault)
    await t.rejects(app.apiTokens.get(id), fault)
    await t.rejects(app.apiTokens.sweep(), fault)
  })

  t.test(
    `${name}: a store serves two applications at once, and the one that closes leaves it to the other`,
    async (t) => {
      const store = await make(t)
      if (store === null) return
      const options = { store, keys: [hs256Key()] }
      const [{ app: first }, { app: second }] = await Promise.all([
        startHost(t, options),
        startHost(t, options),
      ])
      const { token } = await issue(first, 'ada')
      t.equal(await statusOf(second, token), 200)
      await first.close()
      const { token: later } = await issue(second, 'ada')
      t.equal(await statusOf(second, later), 200)
      const [, third] = await Promise.all([second.close(), startHost(t, options)])
      t.equal(await statusOf(third.app, later), 200, 'also one that starts while another closes')
    },
  )
}
