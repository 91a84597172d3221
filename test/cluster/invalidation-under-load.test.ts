/** Four processes under load: how soon a change on one takes effect on the others. It runs alone: package.json, `test:timed`. */

import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { type OwnDatabase, ownDatabase } from '../support/databases.ts'
import { isListening } from '../support/services.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { type Cluster, type Setting, startCluster, timesToReach } from './cluster.ts'

/** The stated maximum delays, in milliseconds. */
const FEED_BOUND = 1_500
const PUBSUB_BOUND = 100
const CHANGES = 500
const BATCH = 25

/** For all changes. The delay of each one is limited separately. */
const TIMEOUT_MS = 240_000
t.setTimeout(3 * TIMEOUT_MS)

const database = await ownDatabase(t, 'PostgreSQL')
const redisPort = 6379
const hasRedis = process.env['CI'] !== undefined || (await isListening(redisPort))
if (database !== null) {
  const store = postgresTokenStore({ connectionString: database.connectionString, migrate: true })
  await store.open()
  await store.close()

  t.test('promise 5: by NOTIFY', { timeout: TIMEOUT_MS }, async (t) => {
    const application = `cluster-${randomUUID()}`
    const kill = () =>
      database.run(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${application}'`,
      )
    const urlOf = (port: number) => {
      const url = new URL(database.connectionString)
      url.port = String(port)
      url.searchParams.set('application_name', application)
      return url.href
    }
    await isFast(t, database, { pubsub: 'postgres', port: 5432, urlOf, kill })
  })

  t.test(
    'promise 5: by Redis',
    { timeout: TIMEOUT_MS, skip: hasRedis ? false : 'no Redis on port 6379' },
    async (t) => {
      // Only this test's connections use its database.
      const db = randomInt(1, 16)
      const admin = new Redis({ port: redisPort })
      t.teardown(() => admin.disconnect())
      const kill = async () => {
        const clients = String(await admin.client('LIST')).split('\n')
        for (const client of clients.filter((line) => line.includes(` db=${db} `))) {
          await admin.client('KILL', 'ID', /^id=(\d+)/.exec(client)?.[1] ?? '')
        }
      }
      const urlOf = (port: number) => `redis://127.0.0.1:${port}/${db}`
      await isFast(t, database, { pubsub: 'redis', port: redisPort, urlOf, kill })
    },
  )

  t.test("promise 5: by the store's own feed within 1.5 s", { timeout: TIMEOUT_MS }, async (t) => {
    const cluster = await startCluster(t, settingOf(database, { pubsub: false, redisUrl: '' }))
    const times: number[] = []
    for (let n = 0; n < 3; n += 1) times.push(...(await timesToReach(cluster, 20)))
    t.ok(Math.max(...times) <= FEED_BOUND, summary(times))
    await wasUnderLoad(t, cluster)
  })
}

interface FastPath {
  readonly pubsub: 'postgres' | 'redis'
  readonly port: number
  urlOf(port: number): string
  /** Ends the connections of all instances, at the server. */
  kill(): Promise<unknown>
}

async function isFast(t: Test, store: OwnDatabase, { pubsub, port, urlOf, kill }: FastPath): Promise<void> {
  const proxy = await tcpProxy(t, port)
  const cluster = await startCluster(t, settingOf(store, { pubsub, redisUrl: urlOf(proxy.port) }))
  await allAre(cluster, 'available')

  let times = await manyTimes(cluster)
  // No other test file runs beside this one; a second try is for what else the machine does.
  if (percentile(times, 99) > PUBSUB_BOUND) {
    t.comment(`the first try: ${summary(times)}`)
    times = await manyTimes(cluster)
  }
  t.ok(percentile(times, 99) <= PUBSUB_BOUND, `p99 of ${times.length}: ${summary(times)}`)

  const losses: Record<string, () => unknown> = {
    'connections are killed': kill,
    'packets are dropped': () => {
      proxy.state = 'silent'
    },
  }
  for (const [loss, lose] of Object.entries(losses)) {
    await lose()
    const lost = await timesToReach(cluster, 10)
    t.ok(Math.max(...lost) <= FEED_BOUND, `while its ${loss}: ${summary(lost)}`)
    if (proxy.state === 'silent') {
      await allAre(cluster, 'unavailable')
      const silent = await timesToReach(cluster, 10)
      t.ok(Math.max(...silent) <= FEED_BOUND, `unavailable: ${summary(silent)}`)
      proxy.state = 'open'
    }
    await allAre(cluster, 'available')
    const back = await timesToReach(cluster, BATCH)
    t.ok(percentile(back, 50) <= PUBSUB_BOUND, `fast again after its ${loss}: ${summary(back)}`)
  }
  await wasUnderLoad(t, cluster)
}

function settingOf(
  { connectionString }: OwnDatabase,
  pubsub: Pick<Setting, 'pubsub' | 'redisUrl'>,
): Omit<Setting, 'keys'> {
  return { connectionString, channel: `cluster-${randomUUID()}`, ...pubsub }
}

async function manyTimes(cluster: Cluster): Promise<readonly number[]> {
  const times: number[] = []
  while (times.length < CHANGES) times.push(...(await timesToReach(cluster, BATCH)))
  return times
}

async function allAre({ all }: Cluster, availability: 'available' | 'unavailable'): Promise<void> {
  const until = performance.now() + 10_000
  for (;;) {
    const reached = await Promise.all(all.map((instance) => instance.ask('availability', null)))
    if (reached.every((each) => each === availability)) return
    if (performance.now() > until) throw new Error(`not all are ${availability}: ${reached.join(', ')}`)
    await sleep(50)
  }
}

async function wasUnderLoad(t: Test, { all }: Cluster): Promise<void> {
  for (const instance of all) {
    const { served, refused } = await instance.ask('served', null)
    t.ok(served > 100, `${served} requests served`)
    t.equal(refused, 0, 'no valid token was refused')
  }
}

function percentile(times: readonly number[], percent: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Infinity
}

function summary(times: readonly number[]): string {
  const [half, most, all] = [50, 99, 100].map((percent) => Math.round(percentile(times, percent)))
  return `median ${half} ms, p99 ${most} ms, at most ${all} ms`
}
