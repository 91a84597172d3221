/** Cold requests of one turn of the event loop share their work. Each gets its own response in its own async context. */

import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { ColdTurns } from '../../src/verification/cold-turns.ts'
import { InFlightReads } from '../../src/verification/in-flight-reads.ts'
import { countingStore } from '../support/counting-store.ts'
import { read, sign } from '../support/forge.ts'
import { startHost, withToken } from '../support/host.ts'
import { es256Key, hs256Key } from '../support/keys.ts'
import { watchedOnServer, watchedPGlite, watchedSqlite } from '../support/watched-stores.ts'

const STORES: Record<string, (t: Test) => Promise<TokenStore | undefined>> = {
  memory: async () => memoryTokenStore(),
  SQLite: async (t) => (await watchedSqlite(t)).store,
  PGlite: async (t) => (await watchedPGlite(t)).store,
  PostgreSQL: async (t) => (await watchedOnServer(t, 'PostgreSQL'))?.store,
  MariaDB: async (t) => (await watchedOnServer(t, 'MariaDB'))?.store,
}

const TURN = 64
const context = new AsyncLocalStorage<number>()

for (const [name, open] of Object.entries(STORES)) {
  t.test(
    `promise 11: on ${name} each of 64 requests of a turn gets its own response and async context`,
    async (t) => {
      const real = await open(t)
      if (real === undefined) {
        t.comment('the server is not available')
        return
      }
      const { store, hold } = holdingReads(real)
      const key = hs256Key()
      const hanging = Promise.withResolvers<{ active: boolean }>()
      const users = new Map<string, { active: boolean }>()
      const seen: Record<number, unknown[]> = {}
      const note = (what: unknown) => seen[context.getStore() ?? -1]?.push(what)
      const { app } = await startHost(
        t,
        {
          store,
          keys: [key],
          findUser: async (userId) => {
            note(`findUser ${userId}`)
            if (userId === 'user-3' && isStarted) return hanging.promise
            return users.get(userId) ?? { active: true }
          },
        },
        (app) => {
          app.get('/turn', { onRequest: verifyApiToken }, async ({ apiToken, headers }) => {
            note(`handler ${apiToken?.userId}`)
            if (headers['x-throw'] !== undefined) throw new Error('the handler failed')
            if (headers['x-end'] !== undefined) {
              // Takes effect before the next request of the turn is answered.
              users.set('user-6', { active: false })
              app.apiTokens.invalidateUser('user-6')
            }
            return { userId: apiToken?.userId }
          })
        },
      )
      let isStarted = false
      const issued = []
      for (let n = 0; n < TURN; n += 1) issued.push(await app.apiTokens.issue({ userId: `user-${n}` }))
      isStarted = true
      const credentials = issued.map(({ credential }) => credential)
      const { header, claims } = read(credentials[0] ?? '')
      credentials[1] = await sign(hs256Key(), header, claims)
      credentials[2] = await sign(key, header, { ...claims, jti: '019b7500-0000-7000-8000-00000000ffff' })
      const answered: number[] = []
      const loadsBefore = app.apiTokens.stats().verification.loads
      // All but the invalid signature. On a slow machine, several reads bring them.
      const load = hold(TURN - 1)
      const responses = credentials.map((credential, n) => {
        seen[n] = []
        return context.run(n, async () => {
          const response = await app.inject(requestOf(n, credential))
          answered.push(n)
          return response
        })
      })
      await load.held
      await responses[1]
      t.same(answered, [1], 'an invalid signature does not wait for the read')
      await app.apiTokens.revoke(issued[4]?.token.id ?? '')
      load.release()
      const allButHanging = await Promise.all(responses.filter((_, n) => n !== 3))
      t.notOk(answered.includes(3), 'an owner whose findUser hangs delays only their own tokens')
      hanging.resolve({ active: true })
      const all = allButHanging.toSpliced(3, 0, (await responses[3]) as (typeof allButHanging)[0])
      for (const [n, { statusCode, body }] of all.entries()) {
        t.equal(statusCode, EXPECTED[n] ?? 200, `request ${n}: ${body}`)
        if (statusCode === 200) t.same(JSON.parse(body), { userId: `user-${n}` })
        const ranHandler = statusCode === 200 || statusCode === 500
        t.equal(seen[n]?.includes(`handler user-${n}`), ranHandler, `request ${n} has its own context`)
        if (ranHandler)
          t.ok(seen[n]?.includes(`findUser user-${n}`), `findUser runs in the context of request ${n}`)
        const foreign = seen[n]?.filter((what) => !String(what).endsWith(` user-${n}`))
        t.same(foreign, [], `request ${n} runs in no other context`)
      }
      // Each token once, except the two that were changed during the read. The server's message about the change may come
      // during the second read.
      const loads = app.apiTokens.stats().verification.loads - loadsBefore - (TURN - 1)
      t.ok(loads >= 2 && loads <= 4, `${loads} further reads`)
    },
  )
}

/** A store that holds the results of its reads, from `hold` until `release`. `held`: this many tokens have been asked for. */
function holdingReads(real: TokenStore) {
  let gate: PromiseWithResolvers<void> | undefined
  let held: PromiseWithResolvers<void> | undefined
  let missing = 0
  const findTokens = async (ids: readonly string[]) => {
    const found = await real.findTokens(ids)
    missing -= ids.length
    if (missing === 0) held?.resolve()
    await gate?.promise
    return found
  }
  const store = new Proxy(real, {
    get: (target, name) => {
      if (name === 'findTokens') return findTokens
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const hold = (tokens: number) => {
    missing = tokens
    const [opened, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    gate = opened
    held = reached
    return { held: reached.promise, release: opened.resolve }
  }
  return { store, hold }
}

const EXPECTED: Readonly<Record<number, number>> = { 1: 401, 2: 401, 4: 401, 5: 500, 6: 401 }

function requestOf(n: number, credential: string) {
  const { headers } = withToken(credential)
  const more: Record<number, Record<string, string>> = { 0: { 'x-end': '1' }, 5: { 'x-throw': '1' } }
  return { url: '/turn', headers: { ...headers, ...more[n] } }
}

t.test('promise 15: a turn reads at most 64 tokens, and the rest in the next turn', async (t) => {
  const counting = countingStore(memoryTokenStore())
  const sizes: number[] = []
  const store = new Proxy(counting, {
    get: (target, name) => {
      if (name !== 'findTokens') return Reflect.get(target, name)
      return (ids: readonly string[]) => {
        sizes.push(ids.length)
        return counting.findTokens(ids)
      }
    },
  })
  const { app } = await startHost(t, { store })
  const credentials = await issueMany(app, 150)
  const responses = await Promise.all(credentials.map((credential) => app.inject(withToken(credential))))
  t.ok(responses.every(({ statusCode }) => statusCode === 200))
  t.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    150,
  )
  t.ok(sizes.every((size) => size <= TURN))
  t.ok(sizes.length <= 6, `${sizes}`)
})

t.test('promise 15: signatures are checked in slices of 5 ms', async (t) => {
  const counting = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store: counting, keys: [es256Key()] })
  const credentials = await issueMany(app, TURN)
  counting.calls.clear()
  await Promise.all(credentials.map((credential) => app.inject(withToken(credential))))
  // 64 checks of ES256 take longer than 5 ms on every machine of today.
  t.ok((counting.calls.get('findTokens') ?? 0) > 1)
})

t.test('promise 11: requests with one token that wait for several turns share one read', async (t) => {
  const { app } = await startHost(t)
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada' })
  const waiting = Array.from({ length: 3 * TURN }, () => app.apiTokens.verify(credential))
  for (const verified of await Promise.all(waiting)) t.equal(verified.id, token.id)
  t.same(app.apiTokens.stats().verification, { hits: 0, misses: 3 * TURN, loads: 1 })
  await app.apiTokens.flush()
  t.equal(app.apiTokens.stats().usage.flushed, 3 * TURN, 'each counts as one use')
})

t.test(
  'promise 11: requests with a successor that wait for several turns end its predecessor once',
  async (t) => {
    const store = countingStore(memoryTokenStore())
    const { app } = await startHost(t, { store })
    const { token } = await app.apiTokens.issue({ userId: 'ada' })
    const successor = await app.apiTokens.rotate(token.id)
    store.calls.clear()
    const waiting = Array.from({ length: 3 * TURN }, () => app.apiTokens.verify(successor.credential))
    for (const verified of await Promise.all(waiting)) t.equal(verified.id, successor.token.id)
    t.equal(store.calls.get('endPredecessor'), 1)
    t.equal((await app.apiTokens.get(token.id)).status, 'revoked')
  },
)

t.test(
  'promise 4: a shared result that an earlier request of the turn has dropped is read again',
  async (t) => {
    const users = new Map<string, { active: boolean }>()
    const answers = { before: 0, after: 0 }
    let isLaterTurn = false
    const findUser = async (userId: string) => users.get(userId) ?? { active: true }
    const { app } = await startHost(t, { findUser }, (app) => {
      app.get('/ends', { onRequest: verifyApiToken }, async () => {
        if (users.size > 0) answers.after += 1
        else answers.before += 1
        if (answers.before === 1) setImmediate(() => (isLaterTurn = true))
        if (!isLaterTurn) return
        // Takes effect before the next request of the turn is answered.
        users.set('ada', { active: false })
        app.apiTokens.invalidateUser('ada')
      })
    })
    const { credential } = await app.apiTokens.issue({ userId: 'ada' })
    const request = withToken(credential, '/ends')
    const responses = await Promise.all(Array.from({ length: 4 * TURN }, () => app.inject(request)))
    t.equal(users.size, 1, 'a request of a later turn was answered')
    t.equal(answers.after, 0)
    t.equal(responses.filter(({ statusCode }) => statusCode === 401).length, 4 * TURN - answers.before)
  },
)

t.test('promise 11: all tokens of an owner in one turn ask findUser once', async (t) => {
  let asked = 0
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, {
    store,
    findUser: async () => {
      asked += 1
      return { active: true }
    },
  })
  const credentials = await issueMany(app, 20, 'ada')
  asked = 0
  store.calls.clear()
  await Promise.all(credentials.map((credential) => app.inject(withToken(credential))))
  // On a busy machine the requests may be divided among several turns.
  t.equal(asked, store.calls.get('findTokens'))
  t.ok(asked < credentials.length)
})

t.test('promise 11: a failed read is 503 for its turn, and the next turn reads again', async (t) => {
  const counting = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store: counting })
  const credentials = await issueMany(app, 10)
  counting.outage = new Error('the disk is gone')
  const failed = await Promise.all(credentials.map((credential) => app.inject(withToken(credential))))
  t.ok(failed.every(({ statusCode }) => statusCode === 503))
  counting.outage = undefined
  const read = await Promise.all(credentials.map((credential) => app.inject(withToken(credential))))
  t.ok(read.every(({ statusCode }) => statusCode === 200))
})

t.test('promise 15: invalid signatures do not fill the queue of a turn', async (t) => {
  const queue = new ColdTurns({
    store: memoryTokenStore(),
    clock: systemClock,
    reads: new InFlightReads(),
    findUser: undefined,
    identityProvider: null,
    isRefusedByRow: () => false,
    endToken: async () => undefined,
  })
  let checked = 0
  const target = () => {
    checked += 1
    return null
  }
  const reads = Array.from({ length: 3_000 }, () => queue.read({ target, cached: () => undefined }))
  t.equal(checked, 3_000 - 1_024, 'beyond 1,024 waiting requests each is checked at once')
  for (const read of await Promise.all(reads)) if (read !== null) t.fail('an invalid signature was read')
  t.equal(checked, 3_000, 'and once')
})

async function issueMany(app: FastifyInstance, count: number, userId?: string): Promise<string[]> {
  const credentials: string[] = []
  for (let n = 0; n < count; n += 1)
    credentials.push((await app.apiTokens.issue({ userId: userId ?? `user-${n}` })).credential)
  return credentials
}
