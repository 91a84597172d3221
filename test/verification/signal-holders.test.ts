/** Who holds a token's signal: each request has one of its own, and results of `verify` are bounded and disposable. */

import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'
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
  return { app, store, signals, pass, ...(await issue(app, 'ada')) }
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

t.test('promise 15: of results of verify at most 1,000 are watched', async (t) => {
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
