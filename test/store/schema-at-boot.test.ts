/** A host on another schema does not start, and the error contains the command to run. The test runs it. */

import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import Fastify from 'fastify'
import { type Dialect, Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import mysql from 'mysql2'
import pg from 'pg'
import t, { type Test } from 'tap'
import apiTokens from '../../src/index.ts'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { pgliteTokenStore } from '../../src/store/kysely/dialects/pglite/pglite-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { migrations } from '../../src/store/kysely/migrations/steps/index.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { BUILT_COMMAND } from '../support/command.ts'
import { hs256Key } from '../support/keys.ts'
import { type SqlDatabase, sqlDatabases } from '../support/sql-databases.ts'

const STEPS = Object.keys(migrations)
const databases = await sqlDatabases(t)

for (const database of databases) {
  const test = (title: string, run: (t: Test) => Promise<void>) => t.test(`${database.name}: ${title}`, run)

  test('a host on an empty database fails, and starts after the command that the error names', async (t) => {
    const message = await rejectionOf(storeOn(database))
    t.ok(message.includes(`lacks ${STEPS.join(', ')}: run npx fastify-api-tokens migrate --store `), message)
    t.same(await database.columnsAndIndexes(), [], 'nothing was written')
    await typed(t, commandIn(message))
    t.equal(await rejectionOf(storeOn(database)), 'started')
  })

  test('a host on tables from before the first release fails with migrate and without', async (t) => {
    for (const name of ['2026-11-23-tokens-and-owners', 'initial-0']) {
      await database.run(`insert into api_tokens_migration values ('${name}', '2026-11-23T00:00:00Z')`)
      for (const migrate of [false, true]) {
        const message = await rejectionOf(storeOn(database, migrate))
        t.ok(message.includes(`made by a version before the first release (${name}): drop them`), message)
      }
      await database.run(`delete from api_tokens_migration where name = '${name}'`)
    }
    t.equal(await rejectionOf(storeOn(database)), 'started')
  })

  test('a host on a newer schema fails with migrate and without, and names the way out', async (t) => {
    await database.run("insert into api_tokens_migration values ('2999-01-01-later', '2999-01-01T00:00:00Z')")
    for (const migrate of [false, true]) {
      const message = await rejectionOf(storeOn(database, migrate))
      t.match(message, /2999-01-01-later.*: run npm install fastify-api-tokens@latest/)
    }
  })
}

t.test('the command of a host’s own Kysely names its schema and its prefix', async (t) => {
  for (const { name, address } of databases) {
    if (name === 'SQLite') continue
    const isPostgres = name === 'PostgreSQL'
    const db = new Kysely<unknown>({ dialect: isPostgres ? onPostgres(address) : onMysql(address) })
    t.teardown(() => db.destroy())
    const store = isPostgres
      ? kyselyTokenStore({ db, dialect: 'postgres', schema: 'my auth', tablePrefix: 'app_' })
      : kyselyTokenStore({ db, dialect: 'mysql', tablePrefix: 'app_' })
    t.ok(
      (await rejectionOf(store)).includes(
        isPostgres
          ? "run npx fastify-api-tokens migrate --store postgres://… --schema 'my auth' --table-prefix app_, or"
          : 'run npx fastify-api-tokens migrate --store mysql://… --table-prefix app_, or',
      ),
    )
  }
})

t.test('promise 2: the command in the error contains no password', async (t) => {
  for (const { name, address, empty } of databases) {
    if (name === 'SQLite') continue
    await empty()
    const secret = 'never-shown-7x'
    const connectionString = address.replace(/(root|postgres)@/, `$1:${secret}@`)
    const store =
      name === 'PostgreSQL' ? postgresTokenStore({ connectionString }) : mysqlTokenStore({ connectionString })
    const message = await rejectionOf(store)
    t.notOk(message.includes(secret), message)
    if (name === 'PostgreSQL')
      t.match(message, /--store 'postgres:\/\/postgres:\*\*\*@127\.0\.0\.1:5432\/test/)
  }
})

t.test('PGlite, which the CLI cannot reach, is migrated by its host', async (t) => {
  const pglite = await PGlite.create()
  t.teardown(() => pglite.close())
  const message = await rejectionOf(pgliteTokenStore({ pglite, migrate: false }))
  t.match(message, /lacks .*: open the store once with migrate: true$/)
  t.equal(await rejectionOf(pgliteTokenStore({ pglite })), 'started')
  t.equal(await rejectionOf(pgliteTokenStore({ pglite, migrate: false })), 'started')
  await pglite.exec("insert into api_tokens_migration values ('2999-01-01-later', '2999-01-01T00:00:00Z')")
  t.match(await rejectionOf(pgliteTokenStore({ pglite })), /run npm install fastify-api-tokens@latest/)
})

/** The error of a host that starts on the store. */
async function rejectionOf(store: TokenStore): Promise<string> {
  const app = Fastify()
  try {
    await app.register(apiTokens, { routes: false, store, keys: [hs256Key()] })
    return 'started'
  } catch (error) {
    await store.close()
    return error instanceof Error ? error.message : String(error)
  } finally {
    await app.close()
  }
}

function storeOn({ name, address }: SqlDatabase, migrate = false): TokenStore {
  switch (name) {
    case 'PostgreSQL':
      return postgresTokenStore({ connectionString: address, migrate })
    case 'MariaDB':
      return mysqlTokenStore({ connectionString: address, migrate })
    case 'SQLite':
      return sqliteTokenStore({ filename: address.replace('sqlite:', ''), migrate })
    default:
      return name satisfies never
  }
}

function commandIn(message: string): string {
  const [, command] = /run (npx .*), or open/.exec(message) ?? []
  if (command === undefined) throw new Error(`there is no command in: ${message}`)
  return command
}

/** Types the line into a shell, in a folder that has the package as npm would install it. */
async function typed(t: Test, line: string): Promise<void> {
  const folder = t.testdir()
  const bin = join(folder, 'node_modules/.bin')
  await mkdir(bin, { recursive: true })
  const run = `#!/bin/sh\nexec '${process.execPath}' '${BUILT_COMMAND}' "$@"\n`
  await writeFile(join(bin, 'fastify-api-tokens'), run, { mode: 0o755 })
  await promisify(execFile)('sh', ['-c', line], {
    cwd: folder,
    env: { ...process.env, npm_config_yes: 'false' },
  })
}

function onPostgres(connectionString: string): Dialect {
  return new PostgresDialect({ pool: new pg.Pool({ connectionString }) })
}

function onMysql(uri: string): Dialect {
  return new MysqlDialect({ pool: mysql.createPool({ uri }) })
}
