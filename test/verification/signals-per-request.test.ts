/** Each request has its own signal. Results of `verify` are bounded and disposable. */

import { getEventListeners, once } from 'node:events'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, START, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { manualTimers } from '../support/manual-timers.ts'

const TTL = 60_000

/** A host with a stream that stays open until the test ends, beside a route that responds at once. */
async function startStreams(t: Test) {
  const store = countingStore(memoryTokenStore())
  const signals: AbortSignal[] = []
  const gate = Promise.withResolvers<void>()
  t.teardown(() => gate.resolve())
  const { app, clock } = await startHost(t, { store, cache: { ttl: TTL } }, (app) => {
    app.get('/once', { onRequest: app.verifyApiToken }, async ({ apiToken }) => {
      if (apiToken === null) throw new Error('the hook lets no request pass without a token')
      apiToken.signal.addEventListener('abort', () => undefined)
      signals.push(apiToken.signal)
      return 'done'
    })
    app.get('/stream', { onRequest: app.verifyApiToken }, async ({ apiToken }) => {
      if (apiToken === null) throw new Error('the hook lets no request pass without a token')
      signals.push(apiToken.signal)
      await gate.promise
      return 'done'
    })
  })
  const timers = manualTimers(t)
  const pass = async (ms: number) => {
    clock.advance(ms)
    timers.tick(ms)
    await setImmediate()
  }
  return { app, clock, store, signals, pass, ...(await issue(app, 'ada')) }
}

t.test(
  'promise 15: finished requests leave no listener while a stream with the same token is open',
  async (t) => {
    const { app, id, token, signals } = await startStreams(t)
    void app.inject(withToken(token, '/stream')).then(() => undefined)
    while (signals.length === 0) await setImmediate()
    for (let n = 0; n < 30; n += 1) await app.inject(withToken(token, '/once'))
    await setImmediate()
    const [stream, ...finished] = signals
    t.equal(new Set(finished).size, 30)
    if (stream !== undefined) t.equal(getEventListeners(stream, 'abort').length, 0)
    await app.apiTokens.revoke(id)
    t.equal(stream?.aborted, true)
    t.ok(
      finished.every(({ aborted }) => !aborted),
      'nothing holds the signals of requests that have finished',
    )
  },
)

t.test('promise 15: at most 1,000 results of verify are watched', async (t) => {
  const { app, store, token, id, pass } = await startStreams(t)
  const verify = () => app.apiTokens.verify(token)
  const results = await Promise.all(Array.from({ length: 1_000 }, verify))
  const signals = results.map(({ signal }) => signal)
  const one = await verify()
  const refused = { code: 'FST_API_TOKENS_TOO_MANY_SIGNALS', message: /1,000 results of verify/ }
  t.throws(() => one.signal, refused)
  t.equal((await app.inject(withToken(token, '/once'))).statusCode, 200, 'requests do not count')
  results[0]?.[Symbol.dispose]()
  results[0]?.[Symbol.dispose]()
  t.equal(one.signal.aborted, false, 'one was disposed of, so that there is room')
  const next = await verify()
  t.throws(() => next.signal, refused, 'for one only')
  await app.apiTokens.revoke(id)
  t.equal(signals[0]?.aborted, false, 'the signal of a disposed result does not fire')
  t.ok(signals.slice(1).every(({ aborted }) => aborted))
  t.equal(one.signal.aborted, true)
  const { credential } = await app.apiTokens.issue({ userId: 'bob' })
  t.equal((await app.apiTokens.verify(credential)).signal.aborted, false, 'signals that fired count no more')
  store.calls.clear()
  await pass(TTL)
  t.equal(store.reads(), 1)
})

t.test('a disposed result of verify is watched no longer', async (t) => {
  const { app, store, token, pass } = await startStreams(t)
  const verified = await app.apiTokens.verify(token)
  t.equal(verified.signal.aborted, false)
  verified[Symbol.dispose]()
  store.calls.clear()
  await pass(TTL)
  t.equal(store.reads(), 0)
  const late = await app.apiTokens.verify(token)
  late[Symbol.dispose]()
  t.equal(late.signal.aborted, true, 'a signal that nothing watches must not look like one that is watched')
})

t.test(
  'promise 15: a signal that is read after its stream of HTTP/2 was closed is not watched',
  async (t) => {
    const app = Fastify({ http2: true })
    t.teardown(() => app.close())
    await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
    const begun = Promise.withResolvers<void>()
    const late = Promise.withResolvers<AbortSignal | undefined>()
    // The types of our hooks are for HTTP/1, as those of most plugins are.
    app.get('/', { onRequest: verifyApiToken as never }, async ({ apiToken, raw }) => {
      begun.resolve()
      await once(raw.stream, 'close')
      await setImmediate()
      late.resolve(apiToken?.signal)
      return 'done'
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { token, credential } = await app.apiTokens.issue({ userId: 'ada' })
    const client = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
    t.teardown(() => client.destroy())
    const request = client.request({ authorization: `Bearer ${credential}` })
    await begun.promise
    request.close()
    const signal = await late.promise
    await app.apiTokens.revoke(token.id)
    t.equal(signal?.aborted, false, 'nothing holds it')
  },
)

t.test('promise 16: a token whose watch failed once is watched for the next request', async (t) => {
  const store = countingStore(memoryTokenStore())
  const steady = manualClock(START)
  let fails = false
  const clock = { now: () => (fails ? Number.NaN : steady.now()) }
  const { app } = await startHost(t, { store, clock, cache: { ttl: TTL } })
  const timers = manualTimers(t)
  const { token } = await issue(app, 'ada')
  const first = await app.apiTokens.verify(token)
  const second = await app.apiTokens.verify(token)
  fails = true
  t.throws(() => first.signal, { code: 'FST_API_TOKENS_INVALID_RESULT' })
  fails = false
  t.equal(second.signal.aborted, false)
  store.calls.clear()
  steady.advance(TTL)
  timers.tick(TTL)
  await setImmediate()
  t.equal(store.reads(), 1, 'it is evaluated again')
})

t.test(
  'promise 15: a findUser that invalidates its own user causes few reads while a signal is open',
  async (t) => {
    const user = { active: true, invalidates: false, reads: 0 }
    const { app } = await startHost(t, {
      findUser: (id) => {
        user.reads += 1
        // Without the bound a fault here would be a loop that no timer of this test interrupts.
        if (user.invalidates && user.reads < 500) app.apiTokens.invalidateUser(id)
        return { active: user.active }
      },
    })
    const { token } = await issue(app, 'ada')
    const { signal } = await app.apiTokens.verify(token)
    t.equal(signal.aborted, false)
    user.invalidates = true
    user.reads = 0
    for (let n = 0; n < 100; n += 1) app.apiTokens.invalidateUser('ada')
    await sleep(1_300)
    t.ok(user.reads > 0 && user.reads <= 20, `${user.reads} reads`)
    user.active = false
    user.invalidates = false
    await sleep(1_000)
    t.equal(signal.aborted, true, 'the last change is followed')
  },
)
