/** `redisPubSub` with the host's own client of `ioredis`: whatever its options are, it is neither used nor closed. */

import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type RedisClient, redisPubSub } from '../../src/invalidation/redis-pubsub.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { startHost } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { freePort, ownRedis } from '../support/own-redis.ts'
import { isListening } from '../support/services.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { pubsubsAvailable, timeOfRevoke } from '../support/two-instances.ts'
import { within } from '../support/within.ts'

const REDIS_PORT = 6379
const skip = (await isListening(REDIS_PORT)) ? false : 'no Redis on port 6379'

/** Options of hosts' clients that must not apply to the connections of the pub/sub. */
const CLIENTS: Readonly<Record<string, () => Redis>> = {
  'of plain options': () => new Redis({ port: REDIS_PORT }),
  'that has not connected': () => new Redis({ port: REDIS_PORT, lazyConnect: true }),
  'without an offline queue': () => new Redis({ port: REDIS_PORT, enableOfflineQueue: false }),
  'with a prefix of keys': () => new Redis({ port: REDIS_PORT, keyPrefix: 'app:' }),
  'that waits for ever': () => new Redis({ port: REDIS_PORT, maxRetriesPerRequest: null }),
  'of another database': () => new Redis({ port: REDIS_PORT, db: 3 }),
  'that monitors': () => new Redis({ port: REDIS_PORT, monitor: true, lazyConnect: true }),
  'with automatic pipelines': () => new Redis({ port: REDIS_PORT, enableAutoPipelining: true }),
  'that has ended': () => {
    const client = new Redis({ port: REDIS_PORT, lazyConnect: true })
    client.disconnect()
    return client
  },
  'of another class': () => new (class Own extends Redis {})({ port: REDIS_PORT }),
}

for (const [name, makeClient] of Object.entries(CLIENTS)) {
  t.test(
    `promise 5: with a client ${name} a revocation reaches the other instance, and the client does not change`,
    { skip },
    async (t) => {
      const client = makeClient()
      t.teardown(() => client.disconnect())
      const { here, there } = await twoInstances(t, client)
      const statusBefore = client.status
      const times = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
      t.ok(Math.min(...times) < 500, times.map(Math.round).join(', '))
      await Promise.all([here.close(), there.close()])
      const settled = ['connecting', 'connect'].includes(statusBefore) ? ['connect', 'ready'] : [statusBefore]
      t.ok(['ready', ...settled].includes(client.status), `${statusBefore}, then ${client.status}`)
      t.equal(client.listenerCount('message'), 0)
      t.equal(client.listenerCount('error'), 0)
    },
  )
}

t.test('the host’s client still works after the pub/sub has closed', { skip }, async (t) => {
  const client = new Redis({ port: REDIS_PORT })
  t.teardown(() => client.disconnect())
  const { here, there } = await twoInstances(t, client)
  await Promise.all([here.close(), there.close()])
  t.equal(await client.ping(), 'PONG')
})

t.test('promise 5: the pub/sub reconnects when its Redis is available again', { skip }, async (t) => {
  const proxy = await tcpProxy(t, REDIS_PORT)
  const client = new Redis({ port: proxy.port, lazyConnect: true })
  const { here, there } = await twoInstances(t, client)
  proxy.state = 'closed'
  await within(2_500, () => there.apiTokens.stats().invalidation.pubsub === 'unavailable')
  t.ok((await timeOfRevoke(here, there)) <= 1_500, 'by the feed')
  proxy.state = 'open'
  await within(6_000, () => pubsubsAvailable(here, there))
  const times = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
  t.ok(Math.min(...times) < 500, times.map(Math.round).join(', '))
})

t.test('promise 5: a revocation reaches the other instance by a Cluster, also after an outage', async (t) => {
  const port = await ownCluster(t)
  const proxy = await tcpProxy(t, port)
  const natMap = { [`127.0.0.1:${port}`]: { host: '127.0.0.1', port: proxy.port } }
  const client = new Cluster([{ host: '127.0.0.1', port: proxy.port }], { natMap, keyPrefix: 'app:' })
  t.teardown(() => client.disconnect())
  const { here, there } = await twoInstances(t, client)
  const times = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
  t.ok(Math.min(...times) < 500, times.map(Math.round).join(', '))
  proxy.state = 'silent'
  await within(2_500, () => there.apiTokens.stats().invalidation.pubsub === 'unavailable')
  proxy.state = 'open'
  await within(10_000, () => pubsubsAvailable(here, there))
  const again = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
  t.ok(Math.min(...again) < 500, again.map(Math.round).join(', '))
})

t.test('promise 5: a revocation reaches the other instance by a client with Sentinel', async (t) => {
  const port = await ownRedis(t)
  const config = join(t.testdir(), 'sentinel.conf')
  await writeFile(config, `sentinel monitor main 127.0.0.1 ${port} 1\n`)
  const sentinel = await ownRedis(t, [config, '--sentinel'])
  const sentinels = [{ host: '127.0.0.1', port: sentinel }]
  const client = new Redis({ sentinels, name: 'main', role: 'slave', lazyConnect: true })
  const { here, there } = await twoInstances(t, client)
  const times = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
  t.ok(Math.min(...times) < 500, times.map(Math.round).join(', '))
})

for (const [name, makeClient] of Object.entries<(port: number) => RedisClient>({
  Redis: (port) => new Redis({ port, password: 'never-shown', lazyConnect: true }),
  Sentinel: (port) =>
    new Redis({ sentinels: [{ port }], name: 'main', sentinelPassword: 'never-shown', lazyConnect: true }),
  Cluster: (port) =>
    new Cluster([{ port }], { lazyConnect: true, redisOptions: { password: 'never-shown' } }),
})) {
  t.test(
    `a ${name} that is unavailable does not hold up the boot, nor the close, nor end the process`,
    async (t) => {
      const port = await freePort()
      const startedAt = performance.now()
      const { app } = await startHost(t, {
        invalidation: { pubsub: redisPubSub({ client: makeClient(port) }) },
      })
      t.equal(app.apiTokens.stats().invalidation.pubsub, 'unavailable')
      await app.close()
      t.ok(performance.now() - startedAt < 8_000)
    },
  )
}

t.test('a Cluster that is not ready rejects', async (t) => {
  const port = await ownRedis(t, clusterSettings(await freePort()))
  const client = new Cluster([{ host: '127.0.0.1', port }], { lazyConnect: true })
  const connecting = redisPubSub({ client }).connect({ message: () => undefined, lost: () => undefined })
  await t.rejects(connecting, { message: /./ })
})

t.test('the TLS options of the client apply: a certificate of an unknown authority is refused', async (t) => {
  const folder = t.testdir()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const asked = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, ...asked],
  ])
  const tlsPort = await freePort()
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no']
  await ownRedis(t, ['--tls-port', String(tlsPort), ...files])
  const place = { host: 'localhost', port: tlsPort, lazyConnect: true }
  const heard = Promise.withResolvers<string>()
  const trusting = new Redis({ ...place, tls: { ca: await readFile(cert) } })
  const connection = await redisPubSub({ client: trusting }).connect({
    message: heard.resolve,
    lost: () => undefined,
  })
  await connection.publish('a message')
  t.equal(await heard.promise, 'a message')
  await connection.close()
  const other = redisPubSub({ client: new Redis({ ...place, tls: {} }) })
  await t.rejects(other.connect({ message: () => undefined, lost: () => undefined }), {
    message: /certificate/,
  })
})

t.test('no error contains a wrong password, with a Redis and with a Cluster', async (t) => {
  const port = await ownRedis(t, ['--requirepass', 'right'])
  const password = 'never-shown'
  for (const client of [
    new Redis({ port, password, lazyConnect: true }),
    new Cluster([{ port }], { lazyConnect: true, redisOptions: { password } }),
  ]) {
    const connecting = redisPubSub({ client }).connect({ message: () => undefined, lost: () => undefined })
    const error = await connecting.then(
      () => t.fail('it connected'),
      (error: unknown) => error,
    )
    t.match(error, { message: /WRONGPASS|NOAUTH/ })
    t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /never-shown/)
  }
})

t.test(
  'anything but a client of ioredis, and both or neither of url and client, are refused by name',
  async (t) => {
    const call = redisPubSub as (...args: unknown[]) => unknown
    // As the package `redis` has it.
    const other = { duplicate: () => other, publish: () => 1, isOpen: true, options: {} }
    for (const client of [other, 'redis://localhost', null, 7, () => undefined]) {
      t.throws(() => call({ client }), {
        message: /redisPubSub: client must be a Redis or Cluster of ioredis/,
      })
    }
    const client = new Redis({ lazyConnect: true })
    t.throws(() => call({ client, url: 'redis://localhost' }), { message: /exactly one of url and client/ })
    t.throws(() => call({}), { message: /exactly one of url and client/ })
    t.throws(() => call({ client: undefined, url: undefined }), { message: /exactly one of url and client/ })
    t.throws(() => call({ redis: client }), { message: /redisPubSub: redis is not an option/ })
    t.throws(() => call({ client }, 'channel'), { message: /redisPubSub: additional arguments/ })
  },
)

/** A Cluster of one server. */
async function ownCluster(t: Test): Promise<number> {
  const port = await ownRedis(t, clusterSettings(await freePort()))
  const node = new Redis({ port })
  t.teardown(() => node.disconnect())
  await node.cluster('ADDSLOTSRANGE', 0, 16_383)
  await within(5_000, async () => String(await node.cluster('INFO')).includes('cluster_state:ok'))
  return port
}

function clusterSettings(busPort: number): string[] {
  return ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-announce-ip', '127.0.0.1']
}

async function twoInstances(t: Test, client: RedisClient) {
  const store = memoryTokenStore()
  const channel = `test-${randomUUID()}`
  const key = hs256Key()
  const start = async () => {
    const pubsub = redisPubSub({ client, channel })
    const clock = { now: () => Date.now() }
    return (await startHost(t, { store, keys: [key], clock, invalidation: { pubsub } })).app
  }
  const [here, there] = [await start(), await start()]
  await within(4_000, () => pubsubsAvailable(here, there))
  return { here, there }
}
