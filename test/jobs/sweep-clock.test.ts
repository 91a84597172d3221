/** A sweep changes nothing while the clock is wrong, logs it, and continues when the clock is right again. */

import { join } from 'node:path'
import { mock } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { SweepClock } from '../../src/jobs/sweep-clock.ts'
import { devicesOf } from '../../src/store/devices-of.ts'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { ownDatabase, type ServerName } from '../support/databases.ts'
import { hs256Key } from '../support/keys.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const YEAR = 365 * 24 * HOUR

const NOTHING = { idle: 0, idleWarning: 0, pruned: 0 }

const SERVERS: Record<ServerName, (connectionString: string) => TokenStore> = {
  PostgreSQL: (connectionString) => postgresTokenStore({ connectionString, migrate: true }),
  MariaDB: (connectionString) => mysqlTokenStore({ connectionString, migrate: true }),
}

for (const server of ['PostgreSQL', 'MariaDB'] as const) {
  t.test(`promise 6: on ${server} a sweep by a clock a year ahead or behind does nothing`, async (t) => {
    const database = await ownDatabase(t, server)
    if (database === null) return
    const { app, clock, lines } = await startOn(t, SERVERS[server](database.connectionString))
    const { id } = (await app.apiTokens.issue({ userId: 'ada' })).token
    const revoked = (await app.apiTokens.issue({ userId: 'ada' })).token
    await app.apiTokens.revoke(revoked.id)
    t.match(app.apiTokens.stats().sweep, { suspended: null, clockAheadMs: Number }, 'compared at boot')
    for (const ahead of [YEAR, -YEAR, 3 * MINUTE, -3 * MINUTE]) {
      clock.shift(ahead)
      t.same(await app.apiTokens.sweep(), NOTHING)
      const { suspended, clockAheadMs } = app.apiTokens.stats().sweep
      t.equal(suspended, 'clock_differs')
      t.ok(Math.abs(Number(clockAheadMs) - ahead) < 10_000, `${clockAheadMs} ms of ${ahead}`)
    }
    t.equal(lines.filter((line) => /changes no token: .* more than two minutes apart/.test(line)).length, 1)
    clock.shift(0)
    t.same(await app.apiTokens.sweep(), NOTHING)
    t.match(app.apiTokens.stats().sweep, { suspended: null })
    t.ok(lines.some((line) => /the clock is right again/.test(line)))
    t.match(await app.apiTokens.get(id), { status: 'active' }, 'no token went idle')
    t.match(await app.apiTokens.get(revoked.id), { status: 'revoked' }, 'none was pruned')
    clock.shift(MINUTE)
    await app.apiTokens.sweep()
    t.match(app.apiTokens.stats().sweep, { suspended: null }, 'a minute is no difference')
  })
}

for (const [name, storeOf] of [
  ['PostgreSQL', async (t: Test) => serverStore(t, 'PostgreSQL')],
  ['MariaDB', async (t: Test) => serverStore(t, 'MariaDB')],
] as const) {
  t.test(
    `promise 15: on ${name} devices and leases are pruned by its clock, while a process is ahead of it`,
    async (t) => {
      const store = await storeOf(t)
      if (store === null) return
      const { app, clock } = await startOn(t, store)
      await putEnded(store)
      for (const behind of [-YEAR, -3 * MINUTE]) {
        clock.shift(behind)
        await app.apiTokens.sweep()
      }
      t.same(await countEnded(store), { leases: 1, devices: 1 }, 'the clock of the database may be ahead')
      await putEnded(store)
      clock.shift(YEAR)
      t.same(await app.apiTokens.sweep(), NOTHING)
      t.match(app.apiTokens.stats().sweep, { suspended: 'clock_differs' })
      t.same(await countEnded(store), { leases: 0, devices: 0 })
    },
  )
}

t.test(
  'promise 15: devices and leases are pruned while the clock is behind, but not after a jump',
  async (t) => {
    const store = memoryTokenStore()
    const { app, clock } = await startOn(t, ofThisMachine(store))
    await app.apiTokens.issue({ userId: 'ada' })
    await putEnded(store)
    clock.shift(YEAR)
    await app.apiTokens.sweep()
    t.match(app.apiTokens.stats().sweep, { suspended: 'clock_jumped' })
    t.same(await countEnded(store), { leases: 1, devices: 1 })
    clock.shift(0)
    await putEnded(store)
    clock.monotonicToo(-3 * MINUTE)
    await app.apiTokens.sweep()
    t.match(app.apiTokens.stats().sweep, { suspended: 'clock_behind' })
    t.same(await countEnded(store), { leases: 0, devices: 0 })
  },
)

t.test('promise 6: the option clock is not checked', async (t) => {
  const clock = manualClock(Date.now() + YEAR)
  const { app } = await startOn(t, sqliteTokenStore({ filename: join(t.testdir(), 'a.db') }), { clock })
  await app.apiTokens.issue({ userId: 'ada' })
  clock.advance('31d')
  t.match(await app.apiTokens.sweep(), { idle: 1 })
  t.same(app.apiTokens.stats().sweep, { suspended: null, clockAheadMs: null })
})

for (const [name, makeStore] of [
  ['an SQLite file', (t: Test) => sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })],
  ['the memory store', () => memoryTokenStore()],
] as const) {
  t.test(`promise 6: on ${name} a sweep by a clock that is behind does nothing`, async (t) => {
    const { app, clock, lines } = await startOn(t, ofThisMachine(makeStore(t)))
    await app.apiTokens.issue({ userId: 'ada' })
    clock.monotonicToo(-3 * MINUTE)
    t.same(await app.apiTokens.sweep(), NOTHING)
    t.match(app.apiTokens.stats().sweep, { suspended: 'clock_behind', clockAheadMs: 0 })
    t.ok(lines.some((line) => /changes no token: .* behind the newest time in the store/.test(line)))
    clock.monotonicToo(-MINUTE)
    await app.apiTokens.sweep()
    t.match(app.apiTokens.stats().sweep, { suspended: null })
  })

  t.test(`promise 6: on ${name} a sweep does nothing for an hour after the clock jumped`, async (t) => {
    const { app, clock, lines } = await startOn(t, ofThisMachine(makeStore(t)))
    const { token } = await app.apiTokens.issue({ userId: 'ada' })
    clock.shift(YEAR)
    t.same(await app.apiTokens.sweep(), NOTHING)
    t.match(app.apiTokens.stats().sweep, { suspended: 'clock_jumped' })
    t.ok(lines.some((line) => /changes no token: .* jumped by more than two minutes within/.test(line)))
    clock.shift(0)
    t.match(await app.apiTokens.get(token.id), { status: 'active', idleExpiresAt: Date })
    await app.apiTokens.sweep()
    t.match(app.apiTokens.stats().sweep, { suspended: null }, 'the clock was put right')
  })
}

t.test('an issue deletes no ended token while the clock is wrong', async (t) => {
  const { app, clock } = await startOn(t, ofThisMachine(memoryTokenStore()), { maxTokensPerUser: 1 })
  const ids = await endTokens(app)
  clock.shift(YEAR)
  await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_CONFLICT' }, 'at once')
  await app.apiTokens.sweep()
  await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_CONFLICT' })
  for (const id of ids) t.match(await app.apiTokens.get(id), { status: 'revoked' })
})

t.test('an issue deletes no ended token before the first sweep if the clock was wrong at boot', async (t) => {
  const now = Date.now.bind(Date)
  const store = memoryTokenStore()
  store.feed.changesSince = async () => ({ now: now(), changes: [] })
  const { app, clock } = await startOn(t, store, { maxTokensPerUser: 1 })
  const ids = await endTokens(app)
  clock.shift(YEAR)
  const second = await startOn(t, store, { maxTokensPerUser: 1 })
  t.match(second.app.apiTokens.stats().sweep, { suspended: 'clock_differs' })
  await t.rejects(second.app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_CONFLICT' })
  for (const id of ids) t.match(await app.apiTokens.get(id), { status: 'revoked' })
})

t.test('a store whose feed returns no time is refused by name', async (t) => {
  const store = memoryTokenStore()
  store.feed.changesSince = async () => ({ now: NaN, changes: [] })
  await t.rejects(startOn(t, store), {
    code: 'FST_API_TOKENS_INVALID_RESULT',
    message: /changesSince\(\) of the store must return now/,
  })
})

t.test('the clock is trusted again one hour after a jump', async (t) => {
  const clock = shiftedClock(t)
  const sweeps = new SweepClock({
    clock: { now: () => Date.now() },
    store: ofThisMachine(memoryTokenStore()),
    log: { info: () => undefined, error: () => undefined },
  })
  const runFor = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      clock.pass(MINUTE)
      sweeps.watch()
    }
    return (await sweeps.now()) !== null
  }
  t.equal(await runFor(90), true)
  clock.shift(3 * MINUTE)
  t.equal(await runFor(0), false)
  t.equal(await runFor(58), false)
  t.equal(await runFor(4), true)
  clock.shift(4 * MINUTE)
  t.equal(await runFor(1), true, 'a step of a minute is no jump')
})

t.test('a sweep rejects when the time of the store cannot be read', async (t) => {
  const store = memoryTokenStore()
  const cause = new Error('the disk is gone')
  store.feed.changesSince = async () => Promise.reject(cause)
  const sweeps = new SweepClock({
    clock: { now: () => Date.now() },
    store,
    log: { info: () => undefined, error: () => undefined },
  })
  await t.rejects(sweeps.now(), cause)
})

async function serverStore(t: Test, server: ServerName): Promise<TokenStore | null> {
  const database = await ownDatabase(t, server)
  return database === null ? null : SERVERS[server](database.connectionString)
}

/** Puts a lease and a device authorization that ended hours ago. */
async function putEnded(store: TokenStore): Promise<void> {
  await store.acquireLease({ name: 'a lease', holder: 'a test', ms: -4 * HOUR })
  const device = { deviceDigest: 'a', userDigest: 'b', clientId: 'cli', name: null, scopes: [] }
  await devicesOf(store).insert(
    { ...device, lifetimeMs: -4 * HOUR, intervalMs: 5_000 },
    { maxPending: 1_000 },
  )
}

/** Prunes what the sweep has left, and returns how much that was. */
async function countEnded(store: TokenStore) {
  return { leases: await store.prune({ rows: 'leases' }, 100), devices: await devicesOf(store).prune(0, 100) }
}

/** The number of ended tokens that a user may have with `maxTokensPerUser: 1`. */
async function endTokens(app: FastifyInstance): Promise<readonly string[]> {
  const ids: string[] = []
  for (let n = 0; n < 100; n += 1) {
    const { token } = await app.apiTokens.issue({ userId: 'ada' })
    await app.apiTokens.revoke(token.id)
    ids.push(token.id)
  }
  return ids
}

async function startOn(t: Test, store: TokenStore, options: ApiTokensOptions = {}) {
  const clock = shiftedClock(t)
  const lines: string[] = []
  const app: FastifyInstance = Fastify({
    logger: { level: 'info', stream: { write: (line: string) => void lines.push(JSON.parse(line).msg) } },
  })
  t.teardown(() => app.close())
  await app.register(apiTokens, { store, keys: [hs256Key()], routes: false, ...options })
  await app.ready()
  return { app, clock, lines }
}

/** The machine's clocks, which a test moves. */
function shiftedClock(t: Test) {
  const { now } = Date
  const monotonic = performance.now.bind(performance)
  let shiftMs = 0
  let passedMs = 0
  Date.now = () => now() + shiftMs + passedMs
  const mocked = mock.method(performance, 'now', () => monotonic() + passedMs)
  t.teardown(() => {
    Date.now = now
    mocked.mock.restore()
  })
  return {
    /** The wall clock is so far from right. */
    shift: (ms: number) => {
      shiftMs = ms
    },
    /** The wall clock is so far from right, and has been since before the process began. */
    monotonicToo: (ms: number) => {
      passedMs = ms
    },
    /** Time passes, for both. */
    pass: (ms: number) => {
      passedMs += ms
    },
  }
}

/** A store whose clock is that of this machine, as a test has moved it. */
function ofThisMachine(store: TokenStore): TokenStore {
  const feed = {
    changesSince: async () => ({ now: Date.now(), changes: [] }),
    touchOwner: (userId: string) => store.feed.touchOwner(userId),
  }
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'feed') return feed
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
