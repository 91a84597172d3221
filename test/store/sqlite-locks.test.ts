/** A lock of another connection on the SQLite file: requests wait for it, in order and until a deadline; the thread does not. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import t, { type Test } from 'tap'
import { devicesOf } from '../../src/store/devices-of.ts'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { draft, id, MANY_ENDED, NOW, put, query } from '../../src/testing/store-contract/records.ts'
import { as, issue, startHost, statusOf } from '../support/host.ts'

const TIMEOUT_MS = 1_200
/** A wait within SQLite stops the thread for as long as it takes; the rest is for slow machines. */
const LONGEST_STOP_MS = 900

t.test(
  'twelve writes that wait for another process get 503 together, and the event loop is not blocked',
  async (t) => {
    const { filename, store } = await opened(t)
    const { app } = await startHost(t, { store })
    const [warm, cold] = [await issue(app, 'ada'), await issue(app, 'bob')]
    t.equal(await statusOf(app, warm.token), 200)
    await lockFrom(t, filename, 60_000)
    const loop = watchLoop(t)
    const startedAt = performance.now()
    const writes = Array.from({ length: 12 }, (_, n) =>
      app.inject(as('ada', { method: 'POST', url: '/tokens', payload: { name: `t${n}` } })),
    )
    t.equal(await statusOf(app, warm.token), 200, 'a cached verification is not concerned')
    t.equal(await statusOf(app, cold.token), 200, 'nor is one that reads')
    const page = await app.inject(as('ada', { url: '/tokens' }))
    t.equal(page.statusCode, 200, 'nor is a list')
    t.ok(performance.now() - startedAt < TIMEOUT_MS, 'all of them while the writes waited')
    for (const response of await Promise.all(writes)) {
      t.match(response.json(), { statusCode: 503, code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
      t.equal(response.headers['retry-after'], '5')
    }
    const took = performance.now() - startedAt
    t.ok(took >= TIMEOUT_MS && took < 3 * TIMEOUT_MS, `one deadline for all: ${took} ms`)
    loop.requireTurning()
  },
)

t.test('waiting writes go in the order of their arrival once the lock is released', async (t) => {
  const { filename, store } = await opened(t, 20_000)
  const lock = await lockFrom(t, filename, 60_000)
  const done: number[] = []
  const writes = [1, 2, 3, 4, 5, 6, 7, 8].map(async (n) => {
    const { outcome } = await store.insertToken(draft(n), { ...MANY_ENDED, maxTokens: 100, now: NOW })
    t.equal(outcome, 'inserted')
    done.push(n)
  })
  await sleep(200)
  t.same(done, [])
  lock.kill()
  await Promise.all(writes)
  t.same(done, [1, 2, 3, 4, 5, 6, 7, 8])
})

t.test('promise 15: many concurrent writes do not block the event loop', async (t) => {
  const { store } = await opened(t, 20_000)
  await put(store, 0)
  const loop = watchLoop(t)
  const write = (n: number) => store.setOwnerStatus(`user ${n}`, 'active', NOW)
  await Promise.all(Array.from({ length: 200 }, (_, n) => write(n)))
  loop.requireTurning()
})

t.test('the deadline counts from the arrival of a write, not from its turn', async (t) => {
  const { filename, store } = await opened(t)
  await lockFrom(t, filename, 60_000)
  const startedAt = performance.now()
  const insert = (n: number) =>
    store
      .insertToken(draft(n), { ...MANY_ENDED, maxTokens: 100, now: NOW })
      .catch(() => performance.now() - startedAt)
  const early = insert(1)
  await sleep(TIMEOUT_MS / 2)
  const [first, second] = await Promise.all([early, insert(2)])
  t.ok(Number(first) >= TIMEOUT_MS)
  t.ok(Number(second) >= 1.5 * TIMEOUT_MS && Number(second) < 3 * TIMEOUT_MS, `${second} ms`)
})

t.test('a write waits for the lock of another connection of this process, which can continue', async (t) => {
  const { filename, store } = await opened(t, 20_000)
  const other = new Database(filename)
  t.teardown(() => other.close())
  other.exec('begin immediate')
  const inserted = store.insertToken(draft(1), { ...MANY_ENDED, maxTokens: 1, now: NOW })
  await sleep(50)
  other.exec('commit')
  t.equal((await inserted).outcome, 'inserted')
})

t.test('every write waits: changes, batches, leases, devices, stamps and the sweep', async (t) => {
  const { filename, store } = await opened(t, 20_000)
  await put(store, 1)
  const lock = await lockFrom(t, filename, 60_000)
  const scope = { now: NOW, idleBefore: null }
  const use = { tokenId: id(1), count: 1, lastUsedAt: NOW }
  const writes = [
    store.updateToken(id(1), { name: 'new' }, scope),
    store.recordUses([use], { now: NOW, dayStart: 0, idleTimeoutMs: null }),
    store.acquireLease({ name: 'sweep', holder: 'me', ms: 1_000 }),
    store.prune({ rows: 'leases' }, 1),
    store.markIdle(0, 1),
    store.listIdleWarnings({ since: 0, before: 1, now: NOW }, 1),
    store.prune({ rows: 'tokens', endedBefore: 0 }, 1),
    store.setOwnerStatus('bob', 'active', NOW),
    store.feed.touchOwner('ada'),
    devicesOf(store).decide('none', { status: 'denied', userId: 'ada' }),
    devicesOf(store).redeem('none'),
    store.rotateToken(id(1), draft(2), { ...MANY_ENDED, now: NOW, graceEndsAt: NOW + 1, replaces: null }),
    store.endPredecessor({ successorId: id(2), predecessorId: id(1) }, NOW),
    store.revokeToken(id(1), scope),
  ]
  t.equal((await store.listTokens(query())).tokens.length, 1, 'a read does not wait')
  lock.kill()
  t.equal((await Promise.all(writes)).length, writes.length)
})

t.test('a store does not open on a file that another connection has to itself, and names it', async (t) => {
  const { filename, store } = await opened(t)
  await store.close()
  await lockFrom(t, filename, 60_000, 'exclusive')
  const loop = watchLoop(t)
  await t.rejects(sqliteTokenStore({ filename, timeout: TIMEOUT_MS }).open(), {
    code: 'FST_API_TOKENS_INVALID_OPTION',
    message: `fastify-api-tokens: store: the SQLite file ${filename} cannot be opened: another connection has locked it`,
  })
  loop.requireTurning()
})

t.test(
  'a store opens while another process writes, and waits only where it has to write itself',
  async (t) => {
    const { filename } = await opened(t)
    const lock = await lockFrom(t, filename, 60_000)
    const again = sqliteTokenStore({ filename, timeout: 20_000 })
    t.teardown(() => again.close())
    await again.open()
    t.pass('with the schema that it needs')
    lock.kill()
    const fresh = join(t.testdir(), 'fresh.db')
    const holder = new Database(fresh)
    t.teardown(() => holder.close())
    holder.pragma('journal_mode = WAL')
    holder.exec('begin immediate')
    const store = sqliteTokenStore({ filename: fresh, timeout: 20_000 })
    t.teardown(() => store.close())
    const loop = watchLoop(t)
    const opening = store.open()
    await sleep(300)
    holder.exec('commit')
    await opening
    loop.requireTurning()
    t.equal(
      (await store.insertToken(draft(1), { ...MANY_ENDED, maxTokens: 1, now: NOW })).outcome,
      'inserted',
    )
  },
)

t.test('on a host’s own Kysely: the same, and its busy_timeout is as it was', async (t) => {
  const { store, filename, database } = await openedByHost(t, 'WAL')
  await put(store, 1)
  const lock = await lockFrom(t, filename, 60_000)
  const loop = watchLoop(t)
  const writes = [2, 3, 4].map((n) =>
    store.insertToken(draft(n), { ...MANY_ENDED, maxTokens: 100, now: NOW }),
  )
  t.equal((await findToken(store, id(1)))?.token.id, id(1), 'reads go on')
  await sleep(300)
  lock.kill()
  for (const { outcome } of await Promise.all(writes)) t.equal(outcome, 'inserted')
  loop.requireTurning()
  t.equal(database.pragma('busy_timeout', { simple: true }), 10_000)
})

t.test(
  'on a host’s own Kysely without WAL a reader waits for a writer, too, and the event loop is not blocked',
  async (t) => {
    const { store, filename } = await openedByHost(t, 'DELETE')
    const { app } = await startHost(t, { store })
    const { token } = await issue(app, 'ada')
    const lock = await lockFrom(t, filename, 60_000, 'exclusive')
    const loop = watchLoop(t)
    const [cold, page] = [statusOf(app, token), app.inject(as('ada', { url: '/tokens' }))]
    await sleep(300)
    lock.kill()
    t.equal(await cold, 200)
    t.equal((await page).statusCode, 200)
    loop.requireTurning()
  },
)

async function opened(t: Test, timeout = TIMEOUT_MS): Promise<{ filename: string; store: TokenStore }> {
  const filename = join(t.testdir(), 'tokens.db')
  const store = sqliteTokenStore({ filename, timeout })
  t.teardown(() => store.close())
  await store.open()
  return { filename, store }
}

async function openedByHost(t: Test, journal: 'WAL' | 'DELETE') {
  const filename = join(t.testdir(), 'tokens.db')
  const database = new Database(filename, { timeout: 10_000 })
  database.pragma(`journal_mode = ${journal}`)
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) })
  t.teardown(() => db.destroy())
  const store = kyselyTokenStore({ db, dialect: 'sqlite', migrate: true })
  await store.open()
  return { store, filename, database }
}

/** Another process that has the lock until it is killed. */
async function lockFrom(t: Test, filename: string, ms: number, mode = 'immediate'): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'hold-write-lock.ts')
  const writer = spawn(process.execPath, [script, filename, String(ms), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => writer.kill())
  await once(writer.stdout, 'data')
  return writer
}

/** Counts the turns of the event loop, and the longest time between two. */
function watchLoop(t: Test): { requireTurning(): void } {
  let [longest, turns, last] = [0, 0, performance.now()]
  const turn = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    turns += 1
    last = now
  }
  const timer = setInterval(turn, 2)
  t.teardown(() => clearInterval(timer))
  return {
    requireTurning: () => {
      turn()
      clearInterval(timer)
      t.ok(turns >= 15 && longest < LONGEST_STOP_MS, `${turns} turns, the longest ${longest.toFixed()} ms`)
    },
  }
}
