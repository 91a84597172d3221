/** `fastify-api-tokens migrate`: effects, output and exit codes of the built CLI. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { migrateCommand } from '../../src/cli/migrate-command.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import type { Migration } from '../../src/store/kysely/migrations/migration.ts'
import { openMigrator } from '../../src/store/kysely/migrations/open-migrator.ts'
import { migrations } from '../../src/store/kysely/migrations/steps/index.ts'
import { parseStoreAddress } from '../../src/store/store-address.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { ownDatabase } from '../support/databases.ts'
import { ownPostgres } from '../support/own-postgres.ts'
import { sqlDatabases } from '../support/sql-databases.ts'
import { terminatedConnections } from '../support/terminated-connections.ts'
import { within } from '../support/within.ts'

const STEPS = Object.keys(migrations)
const NOTHING = /^$/
const LATER = '2999-01-01-later'

for (const database of await sqlDatabases(t)) {
  const { name, address } = database
  const migrate = (...args: string[]) => runCommand(['migrate', ...args, '--store', address])
  const test = (title: string, run: (t: Test) => Promise<void>) => t.test(`${name}: ${title}`, run)

  test('status of an empty database names every step, ends with 1 and writes nothing', async (t) => {
    t.match(await migrate('status'), {
      code: 1,
      errors: NOTHING,
      lines: STEPS.map((step) => `missing  ${step}`),
    })
    t.same(await database.columnsAndIndexes(), [])
  })

  test('--dry-run prints the migration: run by hand, it brings the schema up to date', async (t) => {
    const { code, lines } = await migrate('--dry-run')
    t.equal(code, 0)
    t.same(
      lines.filter((line) => line.startsWith('--')),
      STEPS.map((step) => `-- ${step}`),
    )
    t.same(await database.columnsAndIndexes(), [], 'nothing was written')
    for (const line of lines.filter((line) => !line.startsWith('--'))) {
      t.match(line, /;$/)
      await database.run(line.slice(0, -1))
    }
    const byHand = await database.columnsAndIndexes()
    t.match(await migrate('status'), { code: 0, lines: STEPS.map((step) => `done     ${step}`) })
    await database.empty()
    t.match(await migrate(), { code: 0, errors: NOTHING, lines: STEPS.map((step) => `done     ${step}`) })
    t.same(await database.columnsAndIndexes(), byHand)
  })

  test('the next version runs only the migration that is missing, and keeps the rows', async (t) => {
    await database.run(
      "insert into api_token_owners (user_id, status, generation) values ('ada', 'active', 3)",
    )
    const next: Migration = (schema, types) => [
      schema.alterTable('api_token_owners').addColumn('extra', types.count),
    ]
    const { migrator, close } = openMigrator(
      parseStoreAddress(address),
      { changes: true },
      { steps: { ...migrations, [LATER]: next } },
    )
    t.same(await migrator.state(), { done: STEPS, missing: [LATER], unknown: [] })
    await t.rejects(migrator.assertUpToDate(), { message: new RegExp(`lacks ${LATER}: open the store once`) })
    t.same(await migrator.migrate(), [LATER])
    await migrator.assertUpToDate()
    await close()
    t.match(await database.run('select user_id, generation, extra from api_token_owners'), [
      { user_id: 'ada', generation: 3, extra: null },
    ])
    await database.empty()
    t.match(await migrate(), { code: 0 })
  })

  test('a schema that is up to date is not changed, and reported as up to date', async (t) => {
    const before = await database.columnsAndIndexes()
    t.match(await migrate(), { code: 0, lines: ['the schema is up to date'] })
    t.match(await migrate('--dry-run'), { code: 0, lines: ['-- the schema is up to date'] })
    t.same(await database.columnsAndIndexes(), before)
  })

  test('a newer schema is refused with advice; status names the unknown migrations', async (t) => {
    await database.run(`insert into api_tokens_migration values ('${LATER}', '2999-01-01T00:00:00.000Z')`)
    const before = await database.columnsAndIndexes()
    for (const args of [[], ['--dry-run']]) {
      const { code, lines, errors } = await migrate(...args)
      t.same([code, lines], [1, []])
      t.match(errors, new RegExp(`${LATER}.*: run npm install fastify-api-tokens@latest`))
    }
    const { code, lines } = await migrate('status')
    t.same([code, lines.at(-1)], [1, `unknown  ${LATER}`])
    t.same(await database.columnsAndIndexes(), before)
  })

  test('with a table prefix, all tables have it, next to tables without it', async (t) => {
    const prefixed = ['--table-prefix', 'auth_']
    t.match(await migrate('status', ...prefixed), { code: 1 })
    t.match(await migrate(...prefixed), { code: 0, lines: STEPS.map((step) => `done     ${step}`) })
    t.same(await database.run('select * from auth_api_tokens'), [])
    t.match(await migrate('status', ...prefixed), { code: 0 })
    t.match(await migrate('status'), { code: 1 }, 'the others are still too new')
    t.match(await migrate('--table-prefix', '1;drop'), { code: 1, errors: /tablePrefix must be/ })
  })
}

t.test('PostgreSQL can use another schema; the other databases refuse the option', async (t) => {
  const database = await ownDatabase(t, 'PostgreSQL')
  if (database === null) return
  const { connectionString, name, run } = database
  const elsewhere = connectionString.replace(/\?.*/, '')
  t.match(await runCommand(['migrate', '--store', elsewhere, '--schema', name]), { code: 0, errors: NOTHING })
  t.same(await run(`select * from ${name}.api_tokens`), [])
  const missing = await runCommand(['migrate', '--store', elsewhere, '--schema', 'is_not_there'])
  t.match(missing, { code: 1, errors: /schema "is_not_there" does not exist/ })
  const file = `sqlite:${join(t.testdir(), 'tokens.db')}`
  t.match(await runCommand(['migrate', '--store', file, '--schema', 'x']), {
    code: 1,
    errors: /schema is for PostgreSQL, use tablePrefix/,
  })
})

t.test(
  'the address of a Unix socket works as it does in the store, and its password is not printed',
  async (t) => {
    const server = await ownPostgres(t)
    if (server === null) return
    const { folder, port } = server
    const address = `postgresql://postgres:never-shown@/postgres?host=${encodeURIComponent(folder)}&port=${port}`
    const done = await runCommand(['migrate', '--store', address])
    t.match(done, { code: 0, errors: NOTHING, lines: STEPS.map((step) => `done     ${step}`) })
    const store = postgresTokenStore({ connectionString: address })
    await store.open()
    await store.close()
    t.match(await runCommand(['migrate', '--store', address.replace('/postgres?', '/missing?')]), {
      code: 1,
      errors: /^(?!.*never-shown).*database "missing" does not exist/,
    })
  },
)

t.test(
  'a connection that PostgreSQL ends during a migration is an error of the CLI, not a crash',
  async (t) => {
    const database = await ownDatabase(t, 'PostgreSQL')
    if (database === null) return
    const { connectionString, terminate } = await terminatedConnections(t, database.connectionString)
    // The command waits for a table that another session has locked.
    const blocker = new pg.Client({ connectionString: database.connectionString })
    await blocker.connect()
    t.teardown(() => blocker.end())
    await blocker.query(
      'create table api_tokens_migration (name text); begin; lock table api_tokens_migration',
    )
    const running = startCommand(['migrate', '--store', connectionString])
    await within(20_000, async () => (await terminate()) > 0)
    t.match(await running.ended, {
      code: 1,
      errors: /^[^\n]*(terminating connection|Connection terminated|connection error)[^\n]*\n$/,
    })
  },
)

t.test('status of a missing file does not create it', async (t) => {
  const file = join(t.testdir(), 'tokens.db')
  t.match(await runCommand(['migrate', 'status', '--store', `sqlite:${file}`]), { code: 1, errors: NOTHING })
  t.match(await runCommand(['migrate', '--dry-run', '--store', `sqlite:${file}`]), {
    code: 0,
    errors: NOTHING,
  })
  t.notOk(existsSync(file))
  t.match(await runCommand(['migrate', '--store', `sqlite:${join(file, 'no', 'folder.db')}`]), {
    code: 1,
    errors: /folder\.db cannot be opened/,
  })
})

t.test('the address may be in DATABASE_URL, which process lists do not show', async (t) => {
  const file = join(t.testdir(), 'tokens.db')
  t.match(await runCommand(['migrate'], { DATABASE_URL: `sqlite://${file}` }), { code: 0 })
  t.match(await runCommand(['migrate', 'status'], { DATABASE_URL: `sqlite:${file}` }), { code: 0 })
})

t.test('promise 2: no password is printed by any error', async (t) => {
  const secret = 'geh%20eim-7x'
  for (const address of [
    `postgres://ada:${secret}@127.0.0.1:1/app`,
    `mysql://ada:${secret}@127.0.0.1:1/app`,
    `mysql://ada:${secret}@127.0.0.1:3306/app`,
    `postgres://ada@127.0.0.1:1/app?password=${secret}`,
    `postgres://ada:${secret}@[/app`,
    `other://ada:${secret}@host/app`,
    secret,
  ]) {
    for (const args of [
      ['--store', address],
      ['--stroe', address],
      ['--dry-run', address],
    ]) {
      const { code, lines, errors } = await runCommand(['migrate', ...args])
      t.ok(code === 1 || code === 2, address)
      t.not(errors, '')
      for (const written of [secret, 'geh eim-7x', 'geh+eim'])
        t.notOk(`${errors}${lines}`.includes(written), errors)
    }
  }
})

t.test('an unreachable server is named, and the exit code is 1', async (t) => {
  t.match(await runCommand(['migrate', '--store', 'postgres://localhost:1/app']), {
    code: 1,
    errors: /ECONNREFUSED/,
  })
  t.match(await runCommand(['migrate', '--store', 'mysql://localhost:1/app']), {
    code: 1,
    errors: /ECONNREFUSED/,
  })
})

t.test('wrong arguments exit with code 2 and print the usage', async (t) => {
  for (const args of [
    [],
    ['explode', '--store', 'sqlite:x.db'],
    ['status', 'status', '--store', 'sqlite:x.db'],
  ]) {
    t.match(await runCommand(['migrate', ...args]), {
      code: 2,
      lines: [],
      errors: /usage:[\s\S]*migrate status --store/,
    })
  }
  t.match(await runCommand(['migrate', '--store']), { code: 2, errors: /--store[\s\S]*usage:/ })
  t.match(await runCommand(['migrate', '--force']), { code: 2, errors: /--force[\s\S]*usage:/ })
  t.match(await runCommand(['migrate'], { DATABASE_URL: ' ' }), { code: 2, errors: /^DATABASE_URL is empty/ })
  t.match(await runCommand(['migrate']), {
    code: 2,
    errors: /^the address of the store is missing: give --store/,
  })
})

t.test(
  'an argument that would have no effect is refused by name, without the password of an address',
  async (t) => {
    const store = `sqlite:${join(t.testdir(), 'tokens.db')}`
    const refusals: [string[], RegExp][] = [
      [['migrate', 'status', 'extra', '--store', store], /^migrate takes no argument but status/],
      [
        ['migrate', 'postgres://ada:pw-7x@localhost/app'],
        /^migrate takes no argument but status: give the address by --store/,
      ],
      [['migrate', 'status', '--dry-run', '--store', store], /^migrate status takes no --dry-run/],
      [['migrate', '--store', store, '--store', 'sqlite:other.db'], /^--store is given twice/],
      [['migrate', '--store', ''], /^--store is empty/],
      [['postgres://ada:pw-7x@localhost/app'], /^there is no such command/],
    ]
    for (const [args, errors] of refusals) {
      const run = await runCommand(args)
      t.match(run, { code: 2, lines: [], errors })
      t.notMatch(run.errors, /pw-7x/)
    }
    t.notOk(existsSync(store.slice('sqlite:'.length)))
  },
)

t.test('in a program it prints to the given terminal', async (t) => {
  const lines: string[] = []
  const terminal = { print: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) }
  const store = ['--store', `sqlite:${join(t.testdir(), 'tokens.db')}`]
  t.equal(await migrateCommand(['status', ...store], terminal), 1)
  t.equal(await migrateCommand(['--dry-run', ...store], terminal), 0)
  t.equal(await migrateCommand(store, terminal), 0)
  t.equal(await migrateCommand(store, terminal), 0)
  t.equal(await migrateCommand(['--dry-run', ...store], terminal), 0)
  t.equal(await migrateCommand(['status', ...store], terminal), 0)
  t.equal(await migrateCommand(['--store', 'mysql://ada:pw-7x@localhost:1/app'], terminal), 1)
  t.equal(await migrateCommand(['--store', 'postgres://ada:pw-7x@localhost:1/app'], terminal), 1)
  await t.rejects(migrateCommand(['--store', 'x'], terminal), { code: 'FST_API_TOKENS_INVALID_OPTION' })
  t.notOk(lines.join('\n').includes('pw-7x'))
})
