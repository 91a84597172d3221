/** Migrations by real processes: concurrent ones, and some that are killed. */

import t from 'tap'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { migrations } from '../../src/store/kysely/migrations/steps/index.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { put, query } from '../../src/testing/store-contract/records.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { type SqlDatabase, sqlDatabases } from '../support/sql-databases.ts'
import { statementProxy } from '../support/statement-proxy.ts'

const STEPS = Object.keys(migrations)
const DONE = STEPS.map((step) => `done     ${step}`)
const PROCESSES = 5
const KILLS = 20
const databases = await sqlDatabases(t)

for (const database of databases) {
  const { name, address } = database
  const migrate = (...args: string[]) => runCommand(['migrate', ...args, '--store', address])

  t.test(
    `${name}: of ${PROCESSES} processes that migrate at once one does it, the others wait`,
    async (t) => {
      await migrate()
      const whole = await database.columnsAndIndexes()
      for (let round = 0; round < 3; round += 1) {
        await database.empty()
        const runs = await Promise.all(Array.from({ length: PROCESSES }, () => migrate()))
        for (const { code, errors } of runs) t.same([code, errors], [0, ''])
        const doing = runs
          .map(({ lines }) => lines)
          .filter((lines) => lines[0] !== 'the schema is up to date')
        t.same(doing, [DONE], 'one of them')
        t.same(await database.columnsAndIndexes(), whole)
        t.same(await stepsDone(database), STEPS)
      }
    },
  )
}

for (const { name, address, empty, columnsAndIndexes } of databases) {
  t.test(`${name}: stores that open at once with migrate: true wait for the one that migrates`, async (t) => {
    await runCommand(['migrate', '--store', address])
    const whole = await columnsAndIndexes()
    await empty()
    const stores = Array.from({ length: PROCESSES }, () => storeAt(name, address))
    await Promise.all(stores.map((store) => store.open()))
    t.same(await columnsAndIndexes(), whole)
    for (const [n, store] of stores.entries()) await put(store, n)
    for (const store of stores) t.equal((await store.listTokens(query())).total, PROCESSES)
    await Promise.all(stores.map((store) => store.close()))
    await empty()
  })
}

t.test('concurrent migrations on a server with serializable transactions wait for each other', async (t) => {
  const postgres = databases.find(({ name }) => name === 'PostgreSQL')
  if (postgres === undefined) return
  const options = '%20-c%20default_transaction_isolation%3Dserializable'
  const store = ['migrate', '--store', postgres.address + options]
  const runs = await Promise.all(Array.from({ length: PROCESSES }, () => runCommand(store)))
  t.same(
    runs.map(({ code, errors }) => [code, errors]),
    Array(PROCESSES).fill([0, '']),
  )
})

for (const database of databases.filter(({ name }) => name !== 'SQLite')) {
  t.test(
    `${database.name}: killed ${KILLS} times in the middle, a migration is completed by the next`,
    async (t) => {
      const { port } = new URL(database.address)
      const proxy = await statementProxy(t, Number(port))
      const byProxy = database.address.replace(`:${port}/`, `:${proxy.port}/`)
      await database.empty()
      await runCommand(['migrate', '--store', byProxy])
      const statements = proxy.asked
      const whole = await database.columnsAndIndexes()
      t.ok(statements > KILLS, `${statements} packets`)
      let unfinished = 0
      for (let kill = 0; kill < KILLS; kill += 1) {
        await database.empty()
        // From the first statement behind the greeting to the last; the one that is reached runs, or never does.
        const at = 4 + Math.floor((kill * (statements - 5)) / (KILLS - 1))
        const killed = startCommand(['migrate', '--store', byProxy])
        proxy.watch({ at, passes: kill % 2 === 0, onAvailable: killed.kill })
        t.equal((await killed.ended).code, null, `it was killed at packet ${at} of ${statements}`)
        if ((await stepsDone(database)).length < STEPS.length) unfinished += 1
        const next = await runCommand(['migrate', '--store', database.address])
        t.same([next.code, next.errors], [0, ''])
        t.same(await database.columnsAndIndexes(), whole)
        t.same(await stepsDone(database), STEPS)
      }
      t.ok(unfinished >= KILLS - 3, `${unfinished} were in the middle`)
    },
  )
}

function storeAt(name: SqlDatabase['name'], address: string): TokenStore {
  if (name === 'SQLite') return sqliteTokenStore({ filename: address.replace('sqlite:', ''), migrate: true })
  const options = { connectionString: address, migrate: true }
  return name === 'PostgreSQL' ? postgresTokenStore(options) : mysqlTokenStore(options)
}

/** The history of migrations, if there is one. */
async function stepsDone({ run }: SqlDatabase): Promise<readonly string[]> {
  const rows = await run<{ name: string }>('select name from api_tokens_migration order by name').catch(
    () => [],
  )
  return rows.map(({ name }) => name)
}
