/** Pub/sub by PostgreSQL's NOTIFY, on a real server behind a proxy that the test cuts. */

import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import {
  type PostgresTokenStoreOptions,
  postgresPubSub,
  postgresTokenStore,
} from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { deafProxy } from '../support/deaf-proxy.ts'
import { startHost } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { pubsubsAvailable, timeOfRevoke } from '../support/two-instances.ts'
import { within } from '../support/within.ts'

const POSTGRES_PORT = 5432
const database = await ownDatabase(t, 'PostgreSQL')
const skip = database === null ? 'no PostgreSQL' : false
const connectionString = database?.connectionString ?? ''

t.test('promise 5: a change on one instance reaches the other by NOTIFY', { skip }, async (t) => {
  const { here, there } = await twoInstances(t, () => storeAt())
  const times: number[] = []
  for (let n = 0; n < 20; n += 1) times.push(await timeOfRevoke(here, there))
  times.sort((a, b) => a - b)
  t.ok((times[10] ?? Infinity) < 100, `the median took ${Math.round(times[10] ?? Infinity)} ms`)
  t.match(there.apiTokens.stats().invalidation, {
    pubsubName: 'postgres',
    pubsub: 'available',
    pubsubLagMs: Number,
  })
})

t.test('promise 5: the transaction of a change sends NOTIFY, once for each target', { skip }, async (t) => {
  const { received } = await listener(t)
  const store = storeAt()
  const { app } = await startHost(t, { store, keys: [hs256Key()], invalidation: { pubsub: false } })
  const { apiTokens } = app
  const ann = randomUUID()
  const tokens: string[] = []
  for (let n = 0; n < 3; n += 1) tokens.push((await apiTokens.issue({ userId: ann })).token.id)
  const [first = '', second = ''] = tokens
  await apiTokens.revoke(first)
  await apiTokens.deactivateUser(ann)
  await apiTokens.reactivateUser(ann)
  const { token: successor } = await apiTokens.rotate(second)
  await apiTokens.revoke(successor.id)
  await apiTokens.removeUser(ann)
  await within(2_000, () => received.filter((text) => text === `user ${ann}`).length === 3)
  const own = received.filter((text) => text === `user ${ann}` || tokens.some((id) => text.endsWith(id)))
  t.same(own, [
    `token ${first}`,
    `user ${ann}`,
    `user ${ann}`,
    `token ${second}`,
    `token ${second}`,
    `user ${ann}`,
  ])
  t.same(
    received.filter((text) => text.endsWith(successor.id)),
    [`token ${successor.id}`],
  )
})

t.test('promise 5: a transaction that is rolled back publishes nothing', { skip }, async (t) => {
  const { received, client } = await listener(t)
  const id = randomUUID()
  const pool = new pg.Pool({ connectionString })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(() => db.destroy())
  const undone = db.transaction().execute(async (transaction) => {
    const store = kyselyTokenStore({ db: transaction, dialect: 'postgres' })
    await store.setOwnerStatus(`${id} undone`, 'inactive', Date.now())
    throw new Error('no')
  })
  await t.rejects(undone, { message: 'no' })
  await kyselyTokenStore({ db, dialect: 'postgres' }).setOwnerStatus(`${id} done`, 'inactive', Date.now())
  await within(2_000, () => received.includes(`user ${id} done`))
  await client.query('select 1')
  t.notOk(received.includes(`user ${id} undone`))
})

for (const state of ['closed', 'silent'] as const) {
  t.test(
    `promise 5: NOTIFY whose connection is ${state} is noticed, the feed continues, and NOTIFY works again`,
    { skip },
    async (t) => {
      const proxy = await tcpProxy(t, POSTGRES_PORT)
      const pubsub = postgresPubSub({ connectionString: at(proxy.port) })
      const { here, there } = await twoInstances(t, () => storeAt(), { invalidation: { pubsub } })
      const reach = () => there.apiTokens.stats().invalidation.pubsub
      proxy.state = state
      await within(2_500, () => reach() === 'unavailable')
      t.ok((await timeOfRevoke(here, there)) <= 1_500, 'by the feed')
      proxy.state = 'open'
      await within(8_000, () => reach() === 'available')
      const times = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
      t.ok(Math.min(...times) < 500, `fast again: ${times.map(Math.round).join(', ')} ms`)
    },
  )
}

t.test('promise 5: heartbeats detect a pooler that does not forward notifications', { skip }, async (t) => {
  const port = await deafProxy(t, POSTGRES_PORT)
  const { app } = await startHost(t, { store: storeAt({ connectionString: at(port) }), keys: [hs256Key()] })
  await within(3_000, () => app.apiTokens.stats().invalidation.pubsub === 'unavailable')
  t.equal(app.apiTokens.stats().invalidation.feed, 'available')
})

t.test('a heartbeat is published and received on two connections', { skip }, async (t) => {
  const heartbeat = `heartbeat ${randomUUID()}`
  const senders: number[] = []
  const { client } = await listener(t)
  client.on('notification', ({ processId, payload }) => {
    if (payload === heartbeat) senders.push(processId)
  })
  const heard: string[] = []
  const connection = await postgresPubSub({ connectionString }).connect({
    message: (text) => heard.push(text),
    lost: () => undefined,
  })
  t.teardown(() => connection.close())
  const listening = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity where query = 'listen fastify_api_tokens'`,
  )
  await connection.publish(heartbeat)
  await within(2_000, () => heard.includes(heartbeat) && senders.length === 1)
  t.ok(listening.rows.length >= 1)
  t.notOk(listening.rows.some(({ pid }) => pid === senders[0]))
})

t.test("a host's own pool has NOTIFY too, on connections that are not the pool's", { skip }, async (t) => {
  const pool = new pg.Pool({ connectionString, max: 1 })
  t.teardown(() => pool.end())
  const { here, there } = await twoInstances(t, () => postgresTokenStore({ pool, migrate: true }))
  t.ok((await timeOfRevoke(here, there)) < 1_000)
  t.equal(pool.totalCount, 1)
  const bare = { connect: () => pool.connect() }
  t.equal(postgresTokenStore({ pool: bare }).pubsub, undefined, 'a pool without its connection options')
})

t.test('a store with a table prefix publishes by NOTIFY, too', { skip }, async (t) => {
  const pool = new pg.Pool({ connectionString })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(() => db.destroy())
  const { here, there } = await twoInstances(
    t,
    () => kyselyTokenStore({ db, dialect: 'postgres', migrate: true, tablePrefix: 'own_' }),
    { invalidation: { pubsub: postgresPubSub({ connectionString }) } },
  )
  const times = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
  t.ok(Math.min(...times) < 500, times.map(Math.round).join(', '))
})

function storeAt(options: Partial<PostgresTokenStoreOptions> = {}): TokenStore {
  return postgresTokenStore({ connectionString, migrate: true, ...options } as PostgresTokenStoreOptions)
}

function at(port: number): string {
  const url = new URL(connectionString)
  url.port = String(port)
  return url.href
}

/** Receives all notifications of the database, including those of other tests. */
async function listener(t: Test) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  t.teardown(() => client.end())
  const received: string[] = []
  client.on('notification', ({ payload = '' }) => received.push(payload))
  await client.query('listen fastify_api_tokens')
  return { client, received }
}

async function twoInstances(t: Test, makeStore: () => TokenStore, options: ApiTokensOptions = {}) {
  const key = hs256Key()
  const start = async () => {
    const clock = { now: () => Date.now() }
    return (await startHost(t, { store: makeStore(), keys: [key], clock, ...options })).app
  }
  const [here, there] = [await start(), await start()]
  await within(3_000, () => pubsubsAvailable(here, there))
  return { here, there }
}
