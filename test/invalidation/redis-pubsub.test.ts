/** Pub/sub by Redis, on a real server behind a proxy that the test cuts. */

import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { redisPubSub } from '../../src/invalidation/redis-pubsub.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { isListening } from '../support/services.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { pubsubsAvailable, timeOfRevoke } from '../support/two-instances.ts'
import { within } from '../support/within.ts'

const REDIS_PORT = 6379
const skip = (await isListening(REDIS_PORT)) ? false : 'no Redis on port 6379'

t.test(
  'promise 5: by Redis a revoke reaches the other instance well before the feed',
  { skip },
  async (t) => {
    const { here, there } = await twoInstances(t)
    const times: number[] = []
    for (let n = 0; n < 20; n += 1) times.push(await timeOfRevoke(here, there))
    times.sort((a, b) => a - b)
    t.ok((times[10] ?? Infinity) < 100, `the median took ${Math.round(times[10] ?? Infinity)} ms`)
    t.match(there.apiTokens.stats().invalidation, {
      pubsubName: 'redis',
      pubsub: 'available',
      pubsubLagMs: Number,
    })
  },
)

for (const state of ['closed', 'silent'] as const) {
  t.test(
    `promise 5: a Redis that is ${state} is noticed, the feed continues, and Redis works again`,
    { skip },
    async (t) => {
      const { here, there, proxy } = await twoInstances(t)
      const reach = () => there.apiTokens.stats().invalidation.pubsub
      const reachOfSender = () => here.apiTokens.stats().invalidation.pubsub
      proxy.state = state
      await within(2_500, () => reach() === 'unavailable')
      t.equal(there.apiTokens.stats().invalidation.pubsubLagMs, null)
      t.ok((await timeOfRevoke(here, there)) <= 1_500, 'by the feed')
      proxy.state = 'open'
      await within(6_000, () => reach() === 'available' && reachOfSender() === 'available')
      const times = [await timeOfRevoke(here, there), await timeOfRevoke(here, there)]
      t.ok(Math.min(...times) < 500, `fast again: ${times.map(Math.round).join(', ')} ms`)
    },
  )
}

t.test('an unavailable Redis delays neither boot nor close', { skip }, async (t) => {
  const proxy = await tcpProxy(t, REDIS_PORT)
  proxy.state = 'silent'
  const startedAt = performance.now()
  const { app } = await startHost(t, { invalidation: { pubsub: redisPubSub({ url: urlOf(proxy.port) }) } })
  t.equal(app.apiTokens.stats().invalidation.pubsub, 'unavailable')
  await app.close()
  t.ok(performance.now() - startedAt < 8_000)
})

t.test(
  'promise 5: an invalid message has no effect, and a false one only removes cache entries',
  { skip },
  async (t) => {
    const { here, there, channel } = await twoInstances(t)
    const { token, credential } = await here.apiTokens.issue({ userId: 'ada' })
    const { signal } = await there.apiTokens.verify(credential)
    const { Redis } = await import('ioredis')
    const forger = new Redis({ port: REDIS_PORT })
    t.teardown(() => forger.disconnect())
    const { loads } = there.apiTokens.stats().verification
    for (const text of ['', 'token', 'heartbeat x', 'revive ada', '{"ended":true}'])
      await forger.publish(channel, text)
    await forger.publish(channel, `token ${token.id}`)
    await within(1_000, () => there.apiTokens.stats().verification.loads > loads)
    t.equal(await statusOf(there, credential), 200)
    t.equal(signal.aborted, false)
  },
)

async function twoInstances(t: Test) {
  const store = memoryTokenStore()
  const proxy = await tcpProxy(t, REDIS_PORT)
  const channel = `test-${randomUUID()}`
  const start = async () => {
    const pubsub = redisPubSub({ url: urlOf(proxy.port), channel })
    const clock = { now: () => Date.now() }
    return (await startHost(t, { store, keys: [key], clock, invalidation: { pubsub } })).app
  }
  const key = hs256Key()
  const [here, there] = [await start(), await start()]
  await within(2_000, () => pubsubsAvailable(here, there))
  return { here, there, proxy, channel }
}

function urlOf(port: number): string {
  return `redis://127.0.0.1:${port}`
}
