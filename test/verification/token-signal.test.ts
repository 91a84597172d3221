/** `request.apiToken.signal`: fires when the token ends, and is released with its request. */

import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { type CountingStore, countingStore } from '../support/counting-store.ts'
import { type Host, issue, startHost, withToken } from '../support/host.ts'
import { manualTimers } from '../support/manual-timers.ts'
import { type PausedStore, pausedStore } from '../support/paused-store.ts'

const TTL = 60_000

interface Stream extends Host {
  readonly id: string
  readonly token: string
  readonly store: CountingStore
  readonly held: PausedStore
  /** Another instance of the plugin on the same tokens. */
  readonly other: Host
  /** Opens a request whose response ends only when the test ends it. */
  open(options?: OpenOptions): Promise<OpenRequest>
  /** The response of a route other than `open` has ended. */
  readonly closed: Promise<void>
  /** Time passes, for the clock and for timers alike. */
  pass(ms: number): Promise<void>
}

interface OpenOptions {
  readonly credential?: string
  /** Runs in the request, after its token was verified and before its signal is looked at. */
  beforePoll?(): Promise<unknown>
}

interface OpenRequest {
  readonly signal: AbortSignal
  /** Lets the answer end. */
  finish(): Promise<void>
}

const ENDS: Record<string, (stream: Stream) => Promise<unknown>> = {
  'a revoke': ({ app, id }) => app.apiTokens.revoke(id),
  'a switch-off': ({ app, id }) => app.apiTokens.update(id, { status: 'inactive' }),
  'a deactivated user': ({ app }) => app.apiTokens.deactivateUser('ada'),
  'a removed user': ({ app }) => app.apiTokens.removeUser('ada'),
  'a revoke by the token itself': ({ app, token }) =>
    app.inject({ ...withToken(token, '/tokens/current'), method: 'DELETE' }),
}

for (const [what, end] of Object.entries(ENDS)) {
  t.test(`promise 4: ${what} fires the signal before it returns`, async (t) => {
    const stream = await startStream(t)
    const held = [await stream.open(), await stream.open()]
    const bob = await stream.open({ credential: (await issue(stream.app, 'bob')).token })
    await end(stream)
    for (const { signal } of held) t.equal(signal.aborted, true)
    t.equal(held[0]?.signal.reason.name, 'AbortError')
    t.equal(bob.signal.aborted, false, 'another user’s stream goes on')
  })
}

t.test('promise 4: changing name or description does not fire it', async (t) => {
  const { app, id, open, pass } = await startStream(t)
  const { signal } = await open()
  await app.apiTokens.update(id, { name: 'new' })
  await app.apiTokens.update(id, { description: 'new' })
  await app.apiTokens.reactivateUser('ada')
  app.apiTokens.invalidateUser('ada')
  for (let n = 0; n < 3; n += 1) await pass(TTL)
  t.equal(signal.aborted, false)
})

t.test('promise 4: expiry fires it, at its millisecond', async (t) => {
  const { app, open, pass } = await startStream(t)
  const { signal } = await open({ credential: (await issue(app, 'ada', { expires_in: 100 })).token })
  await pass(TTL)
  await pass(39_999)
  t.equal(signal.aborted, false)
  await pass(1)
  t.equal(signal.aborted, true)
})

t.test('promise 4: idleness fires it, although the request itself was a use', async (t) => {
  const { open, pass } = await startStream(t, { idleTimeout: 10 * TTL })
  const { signal } = await open()
  for (let n = 0; n < 10; n += 1) await pass(TTL)
  t.equal(signal.aborted, false)
  await pass(TTL)
  t.equal(signal.aborted, true)
})

t.test('promise 4: the sweep fires it at once', async (t) => {
  const { app, clock, open } = await startStream(t)
  const { signal } = await open()
  clock.advance('33d')
  t.equal((await app.apiTokens.sweep()).idle, 1)
  t.equal(signal.aborted, true)
})

t.test('promise 4: a change that another instance made fires it within a ttl', async (t) => {
  const changes: Record<string, (other: Host, id: string) => Promise<unknown>> = {
    revoked: ({ app }, id) => app.apiTokens.revoke(id),
    disabled: ({ app }, id) => app.apiTokens.update(id, { status: 'inactive' }),
    'user deactivated': ({ app }) => app.apiTokens.deactivateUser('ada'),
    'user removed': ({ app }) => app.apiTokens.removeUser('ada'),
  }
  for (const [what, change] of Object.entries(changes)) {
    await t.test(what, async (t) => {
      const { open, pass, other, id } = await startStream(t)
      const { signal } = await open()
      await pass(TTL - 1)
      await change(other, id)
      t.equal(signal.aborted, false, 'this instance was not notified')
      await pass(1)
      t.equal(signal.aborted, true)
    })
  }
})

t.test(
  'promise 4: a change of findUser fires it within a ttl, or at once after invalidateUser',
  async (t) => {
    let active = true
    const { app, open, pass } = await startStream(t, { findUser: () => ({ active }) })
    const first = await open()
    active = false
    await pass(TTL)
    t.equal(first.signal.aborted, true)
    active = true
    app.apiTokens.invalidateUser('ada')
    const second = await open()
    active = false
    app.apiTokens.invalidateUser('ada')
    await setImmediate()
    t.equal(second.signal.aborted, true)
  },
)

t.test('promise 4: the token is evaluated at least every ttl, once for all requests', async (t) => {
  const { store, open, pass } = await startStream(t)
  await open()
  await open()
  await open()
  store.calls.clear()
  for (let n = 1; n <= 5; n += 1) {
    await pass(TTL)
    t.equal(store.calls.get('findTokens'), n)
  }
})

t.test('promise 4: a signal belongs to the token, not to its cache entry', async (t) => {
  const { app, id, open } = await startStream(t, { cache: { max: 1, ttl: TTL } })
  const { signal } = await open()
  await app.inject(withToken((await issue(app, 'bob')).token))
  t.match(app.apiTokens.stats().cache, { size: 1, max: 1 })
  const again = await open()
  t.not(again.signal, signal, 'each request has a signal of its own')
  await app.inject(withToken((await issue(app, 'eve')).token))
  await app.apiTokens.revoke(id)
  t.same([signal.aborted, again.signal.aborted], [true, true])
})

t.test('promise 4: while the store is unavailable only the clock fires it', async (t) => {
  const { app, store, open, pass } = await startStream(t)
  const lasting = await open()
  const ending = await open({ credential: (await issue(app, 'ada', { expires_in: 90 })).token })
  store.outage = new Error('the disk is gone')
  await pass(TTL)
  t.equal(lasting.signal.aborted, false)
  t.equal(ending.signal.aborted, false)
  await pass(30_000)
  t.equal(ending.signal.aborted, true)
  await pass(5 * TTL)
  t.equal(lasting.signal.aborted, false)
  store.outage = undefined
  await pass(TTL)
  t.equal(lasting.signal.aborted, false, 'and later the stream is evaluated as before')
})

t.test('promise 4: a token that ended before its signal is first read fires it', async (t) => {
  const { app, id, open, pass } = await startStream(t)
  const { signal } = await open({ beforePoll: () => app.apiTokens.revoke(id) })
  await pass(1)
  t.equal(signal.aborted, true)
})

t.test('promise 4: a token that was renamed before does not', async (t) => {
  const { app, id, open, pass } = await startStream(t)
  const { signal } = await open({ beforePoll: () => app.apiTokens.update(id, { name: 'new' }) })
  await pass(1)
  await pass(TTL)
  t.equal(signal.aborted, false)
})

t.test('promise 4: an invalidation during an evaluation is not lost', async (t) => {
  const { app, id, held, open, pass } = await startStream(t)
  const first = await open()
  const recheck = held.hold('findTokens', 'after')
  await pass(TTL)
  await recheck.held
  await app.apiTokens.update(id, { name: 'new' })
  recheck.release()
  await setImmediate()
  t.equal(first.signal.aborted, false, 'a rename causes an evaluation')
  const second = held.hold('findTokens', 'after')
  await pass(TTL)
  await second.held
  await app.apiTokens.revoke(id)
  t.equal(first.signal.aborted, true, 'a revoke does not wait for it')
  second.release()
  await setImmediate()
  await pass(TTL)
})

t.test('the watch ends with the response: nothing is read any more', async (t) => {
  const { app, id, store, open, pass } = await startStream(t)
  const [first, second] = [await open(), await open()]
  store.calls.clear()
  await first.finish()
  await pass(TTL)
  t.equal(store.reads(), 1, 'another request still holds it')
  await second.finish()
  for (let n = 0; n < 3; n += 1) await pass(TTL)
  t.equal(store.reads(), 1)
  await app.apiTokens.revoke(id)
  t.equal(first.signal.aborted, false, 'nobody listens any longer')
})

t.test('the watch ends when the client disconnects', async (t) => {
  const { app, store, token, closed, pass } = await startStream(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const client = request(`${url}/streamed`, { headers: { authorization: `Bearer ${token}` } }).end()
  const [response] = await once(client, 'response')
  response.on('error', () => undefined)
  store.calls.clear()
  await pass(TTL)
  t.equal(store.reads(), 1)
  client.destroy()
  await closed
  await pass(TTL)
  t.equal(store.reads(), 1)
})

t.test('a request that does not read its signal is not watched', async (t) => {
  const { app, store, token, pass } = await startStream(t)
  await app.inject(withToken(token))
  store.calls.clear()
  await pass(TTL)
  t.equal(store.reads(), 0)
})

t.test('reading the signal after the response is closed starts no watch', async (t) => {
  const { app, store, token, closed, pass } = await startStream(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const response = await fetch(`${url}/look-late`, { headers: { authorization: `Bearer ${token}` } })
  t.equal(await response.text(), 'done')
  await closed
  store.calls.clear()
  for (let n = 0; n < 2; n += 1) await pass(TTL)
  t.equal(store.reads(), 0)
})

t.test('closing the host ends all watches without firing them', async (t) => {
  const { app, store, open, pass } = await startStream(t)
  const { signal, finish } = await open()
  await finish()
  const token = await app.apiTokens.issue({ userId: 'ada' })
  const verified = await app.apiTokens.verify(token.credential)
  t.equal(verified.signal.aborted, false)
  await app.close()
  store.calls.clear()
  await pass(TTL)
  t.equal(store.reads(), 0)
  t.same([signal.aborted, verified.signal.aborted], [false, false])
})

t.test('promise 4: the token of a result of verify is evaluated until its signal fires', async (t) => {
  const { app, other, token, id, pass } = await startStream(t)
  const { signal } = await app.apiTokens.verify(token)
  await pass(TTL)
  t.equal(signal.aborted, false)
  await other.app.apiTokens.revoke(id)
  await pass(TTL)
  t.equal(signal.aborted, true)
})

async function startStream(t: Test, options: ApiTokensOptions = {}): Promise<Stream> {
  const held = pausedStore(memoryTokenStore())
  const store = countingStore(held)
  const answered = Promise.withResolvers<void>()
  const requests: {
    beforePoll: () => Promise<unknown>
    looked(signal: AbortSignal): void
    gate: Promise<void>
  }[] = []
  const host = await startHost(
    t,
    { store, cache: { ttl: TTL }, usage: { flushInterval: '1d' }, ...options },
    (app) => {
      app.get('/held', { onRequest: app.verifyApiToken }, async ({ apiToken }) => {
        const opened = requests.pop()
        if (opened === undefined || apiToken === null) throw new Error('nobody opened this request')
        await opened.beforePoll()
        opened.looked(apiToken.signal)
        await opened.gate
        return 'done'
      })
      app.get('/streamed', { onRequest: app.verifyApiToken }, ({ apiToken }, reply) => {
        reply.raw.once('close', answered.resolve)
        const words = new Readable({ read: () => undefined, ...(apiToken && { signal: apiToken.signal }) })
        words.push('first word\n')
        return reply.send(words)
      })
      app.get('/look-late', { onRequest: app.verifyApiToken }, async ({ apiToken }, reply) => {
        reply.raw.once('close', () => {
          apiToken?.signal
          answered.resolve()
        })
        return 'done'
      })
    },
  )
  const { id, token } = await issue(host.app, 'ada')
  const other = await startHost(t, { store, clock: host.clock })
  const timers = manualTimers(t)
  return {
    ...host,
    id,
    token,
    store,
    held,
    other,
    closed: answered.promise,
    open: async ({ credential = token, beforePoll = async () => undefined } = {}) => {
      const look = Promise.withResolvers<AbortSignal>()
      const gate = Promise.withResolvers<void>()
      requests.push({ beforePoll, looked: look.resolve, gate: gate.promise })
      const response = host.app.inject(withToken(credential, '/held'))
      t.teardown(() => gate.resolve())
      const finish = async () => {
        gate.resolve()
        await response
        await setImmediate()
      }
      return { signal: await look.promise, finish }
    },
    pass: async (ms) => {
      host.clock.advance(ms)
      timers.tick(ms)
      await setImmediate()
    },
  }
}
