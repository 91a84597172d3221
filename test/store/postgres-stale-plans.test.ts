/** Prepared statements that the server no longer has, or whose plan is stale: no request notices. */

import pg from 'pg'
import t, { type Test } from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { issue, startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const CLIENTS = 8
const database = await ownDatabase(t, 'PostgreSQL')
const skip = database === null ? 'no PostgreSQL' : false
const connectionString = database?.connectionString ?? ''

t.test(
  'a migration that changes a column under load is no 503 ("cached plan must not change result type")',
  { skip },
  async (t) => {
    const { statuses, served, stop } = await hostUnderLoad(t)
    for (const type of ['varchar(200)', 'text', 'varchar(300)', 'text']) {
      await served(100)
      await database?.run(`alter table api_tokens alter column description type ${type} collate "C"`)
    }
    await served(100)
    await stop()
    t.same([...statuses], [200])
  },
)

t.test('the connections that wait for their next use are healed with the first', { skip }, async (t) => {
  const { app, pool, ask } = await host(t)
  await Promise.all(Array.from({ length: CLIENTS }, ask))
  t.ok(pool.idleCount > 1)
  await database?.run('alter table api_tokens alter column description type varchar(100) collate "C"')
  const before = pool.totalCount
  for (let n = 0; n < before; n += 1) t.equal(await ask(), 200)
  t.ok(pool.totalCount >= before - 1, 'one connection is discarded, the others go on')
  await database?.run('alter table api_tokens alter column description type text collate "C"')
  await app.close()
})

t.test(
  'a pool whose connections lose their prepared statements (DISCARD ALL) causes no 503',
  { skip },
  async (t) => {
    const { pool, ask } = await host(t)
    for (let n = 0; n < 3; n += 1) {
      await Promise.all(Array.from({ length: CLIENTS }, ask))
      await onEachClient(pool, (client) => client.query('discard all'))
      // It also resets the search path, which selects this test's tables.
      await onEachClient(pool, (client) => client.query(`set search_path to ${database?.name}`))
      for (let request = 0; request < CLIENTS; request += 1) t.equal(await ask(), 200)
    }
  },
)

t.test(
  'a server connection on which another client prepared the same name is no 503',
  { skip },
  async (t) => {
    const { pool, ask } = await host(t)
    t.equal(await ask(), 200)
    const names = new Set<string>()
    await onEachClient(pool, async (client) => {
      const { rows } = await client.query<{ name: string }>('select name from pg_prepared_statements')
      for (const { name } of rows) names.add(name)
    })
    t.equal(names.size, 1, [...names].join())
    pool.on('connect', (client) => {
      for (const name of names) void client.query(`prepare ${name} as select 1`).catch(() => undefined)
    })
    await onEachClient(pool, async () => 'discard')
    t.equal(await ask(), 200)
    t.equal(await ask(), 200)
  },
)

async function host(t: Test) {
  const pool = new pg.Pool({ connectionString })
  t.teardown(() => pool.end())
  const store = postgresTokenStore({ pool, migrate: true })
  const { app } = await startHost(t, {
    store,
    keys: [hs256Key()],
    clock: { now: () => Date.now() },
    cache: { max: 1 },
  })
  const tokens = await Promise.all(Array.from({ length: CLIENTS * 2 }, () => issue(app, 'ada')))
  let asked = 0
  const ask = () => {
    asked += 1
    return statusOf(app, tokens[asked % tokens.length]?.token ?? '')
  }
  return { app, pool, ask }
}

async function hostUnderLoad(t: Test) {
  const { app, ask } = await host(t)
  const statuses = new Set<number>()
  let count = 0
  let stopped = false
  const load = Array.from({ length: CLIENTS }, async () => {
    while (!stopped) {
      statuses.add(await ask())
      count += 1
    }
  })
  const served = async (more: number) => {
    const wanted = count + more
    while (count < wanted) await new Promise((resolve) => setImmediate(resolve))
  }
  const stop = async () => {
    stopped = true
    await Promise.all(load)
    await app.close()
  }
  return { statuses, served, stop }
}

/** Runs work on every client that the pool has, and discards those for which it returns so. */
async function onEachClient(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> {
  const clients = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()))
  for (const client of clients) client.release((await work(client)) === 'discard')
}
