/** A process is killed at each statement of an operation. Another one on the same store must find consistent rows. */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { IssuedToken } from '../../src/index.ts'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { type Host, startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { type SqlDatabase, sqlDatabases, USE_COUNT } from '../support/sql-databases.ts'
import { within } from '../support/within.ts'
import { type Death, type Deed, makeDying, type Point, pointsOf, spread } from './dying.ts'
import { halfMade } from './half-made.ts'

const KILLS = 20
/** For a machine that does other things too. */
const TIMEOUT_MS = 240_000
const DAY_MS = 86_400_000
/** SQLite runs a statement within the thread: it is not sent, or it is answered. */
const MOMENTS: Record<SqlDatabase['name'], readonly Point['moment'][]> = {
  SQLite: ['before', 'after'],
  PostgreSQL: ['before', 'sent', 'after'],
  MariaDB: ['before', 'sent', 'after'],
}
/** The statements of one who does not get the lease: to take it, to make its row, to take it. */
const REFUSED_LEASE = 3
/** As long as an instance that dies while it sweeps holds up the others: docs/guides/run-many-instances.md. */
const LEASE_MS = 120_000
/** Uses before a flush that completes, and before one that does not. */
const FLUSHED = 2
const USED = 3

/** One thing that a process does, and what must be true when it was killed at it. */
interface Trial {
  readonly does: Deed
  /** `decided`: whether the statement that decides had been answered; `undefined` when nobody can say. */
  check(death: Death, decided: boolean | undefined): Promise<void>
}

interface Place {
  readonly database: SqlDatabase
  readonly key: ReturnType<typeof hs256Key>
  /** An instance that is not killed. It caches a verification for at most a millisecond. */
  readonly app: Host['app']
}

t.setTimeout(3 * TIMEOUT_MS)
const databases = await sqlDatabases(t)
const { runOut, startSweeping } = await makeDying(join(t.testdirName, 'dying'))

for (const database of databases) {
  t.test(`${database.name}: an instance is killed`, { timeout: TIMEOUT_MS }, async (t) => {
    const key = hs256Key()
    const { app } = await startHost(t, {
      store: storeOf(database),
      keys: [key],
      clock: { now: () => Date.now() },
      cache: { ttl: 1 },
    })
    const place: Place = { database, key, app }
    const revoked = await app.apiTokens.issue({ userId: 'ada' })
    await app.apiTokens.revoke(revoked.token.id)

    const killAt = (doing: string, count: number, trial: (t: Test, place: Place) => Promise<Trial>) =>
      t.test(doing, { timeout: TIMEOUT_MS }, (t) => killAtEachPoint(t, place, count, () => trial(t, place)))
    await killAt('as it issues', KILLS, issuing)
    await killAt('as it rotates', KILLS / 2, rotating)
    await killAt('as it rotates again', KILLS / 2, rotatingAgain)
    await killAt('as a successor is first used', KILLS / 2, usingFirst)
    await killAt('as it flushes', KILLS, flushing)
    await t.test('as it sweeps', { timeout: TIMEOUT_MS }, (t) => killSweepers(t, place))
    t.equal(await statusOf(app, revoked.credential), 401, 'a revocation before the kill is effective')
  })
}

/** The last statement decides, unless the trial says otherwise: all is there from then on, and nothing before. */
async function killAtEachPoint(
  t: Test,
  place: Place,
  kills: number,
  trial: () => Promise<Trial>,
): Promise<void> {
  const { database, key } = place
  const run = (does: Deed, kill: Point | null) =>
    runOut(database, { address: database.address, key, aheadMs: 0, kill, does })
  const rehearsed = await trial()
  const whole = await run(rehearsed.does, null)
  await rehearsed.check(whole, true)
  const points = [...spread(pointsOf(whole.statements, MOMENTS[database.name]), kills)]
  const lane = async () => {
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      const { does, check } = await trial()
      const death = await run(does, point)
      const { statement, moment } = point
      t.ok(death.killed, `killed ${moment} statement ${statement} of ${whole.statements}`)
      await check(death, decidedAt(point, whole.statements))
      t.same(await halfMade(database, key.kid), [], 'no change is stored in part')
    }
  }
  // On SQLite a second writer would find the file locked, and a BEGIN that is tried again is one statement more.
  await Promise.all(database.name === 'SQLite' ? [lane()] : [lane(), lane()])
}

function decidedAt({ statement, moment }: Point, last: number): boolean | undefined {
  if (statement !== last) return statement > last
  return moment === 'sent' ? undefined : moment === 'after'
}

async function issuing(t: Test, { app }: Place): Promise<Trial> {
  const userId = randomUUID()
  return {
    does: { name: 'issue', userId },
    check: async ({ answer }, decided) => {
      const { data } = await app.apiTokens.list({ userId })
      if (decided !== undefined) t.equal(data.length, decided ? 1 : 0)
      if (answer !== undefined)
        t.equal(await statusOf(app, answer), 200, 'a token that was returned is stored')
      for (const { id } of data) {
        const { credential } = await app.apiTokens.rotate(id)
        t.equal(await statusOf(app, credential), 200, 'each stored token works')
      }
      const { credential } = await app.apiTokens.issue({ userId })
      t.equal(await statusOf(app, credential), 200, 'its owner can issue another token')
    },
  }
}

async function rotating(t: Test, { app }: Place): Promise<Trial> {
  const old = await app.apiTokens.issue({ userId: randomUUID() })
  return {
    does: { name: 'rotate', tokenId: old.token.id },
    check: async ({ answer }, decided) => {
      const { total } = await app.apiTokens.list({ userId: old.token.userId })
      if (decided !== undefined) t.equal(total, decided ? 2 : 1)
      await goesOn(t, app, old, answer)
    },
  }
}

async function rotatingAgain(t: Test, { app }: Place): Promise<Trial> {
  const old = await app.apiTokens.issue({ userId: randomUUID() })
  const unused = await app.apiTokens.rotate(old.token.id)
  return {
    does: { name: 'rotate', tokenId: old.token.id },
    check: async ({ answer }, decided) => {
      const { status } = await app.apiTokens.get(unused.token.id)
      if (decided !== undefined) t.equal(status, decided ? 'revoked' : 'active')
      await goesOn(t, app, old, answer)
      t.equal(await statusOf(app, unused.credential), 401)
    },
  }
}

/** A program has the old credential, or the new one. Either way it works, and ends the other. */
async function goesOn(
  t: Test,
  app: Host['app'],
  old: IssuedToken,
  answer: string | undefined,
): Promise<void> {
  if (answer === undefined) t.equal(await statusOf(app, old.credential), 200, 'the old one works')
  const next = answer ?? (await app.apiTokens.rotate(old.token.id)).credential
  t.equal(await statusOf(app, next), 200, 'the new token is accepted')
  t.equal(await statusOf(app, old.credential), 401, 'the old token has ended')
}

async function usingFirst(t: Test, { app }: Place): Promise<Trial> {
  const old = await app.apiTokens.issue({ userId: randomUUID() })
  const { credential } = await app.apiTokens.rotate(old.token.id)
  return {
    does: { name: 'use', credential },
    check: async ({ answer }) => {
      const { status } = await app.apiTokens.get(old.token.id)
      if (answer !== undefined) t.equal(status, 'revoked', 'an accepted request has ended the old token')
      t.equal(await statusOf(app, old.credential), status === 'revoked' ? 401 : 200)
      t.equal(await statusOf(app, credential), 200, 'the new token is accepted')
      t.equal(await statusOf(app, old.credential), 401)
    },
  }
}

async function flushing(t: Test, { app, database }: Place): Promise<Trial> {
  const userId = randomUUID()
  const issued = await Promise.all([1, 2, 3].map(() => app.apiTokens.issue({ userId })))
  const [gone] = issued as [IssuedToken, ...IssuedToken[]]
  const credentials = issued.map(({ credential }) => credential)
  return {
    does: { name: 'flush', credentials, flushed: FLUSHED, used: USED, revoked: gone.token.id },
    check: async (_death, decided) => {
      const rows = await database.run<{ n: number }>(
        `select ${USE_COUNT} as n from api_tokens where user_id = '${userId}'`,
      )
      const [count = -1, ...others] = [...new Set(rows.map(({ n }) => Number(n)))]
      t.same(others, [], 'a flush is stored as a whole or not at all')
      if (decided === undefined) t.ok(count === FLUSHED || count === FLUSHED + USED)
      else t.equal(count, decided ? FLUSHED + USED : FLUSHED, 'the missing uses are those of one flush')
      for (const { token, credential } of issued) {
        t.equal(await statusOf(app, credential), token.id === gone.token.id ? 401 : 200)
      }
    },
  }
}

/** Another sweeps when the lease of the one that died has run out, and nothing is left over. */
async function killSweepers(t: Test, { database, key, app }: Place): Promise<void> {
  const order = { address: database.address, key, aheadMs: 31 * DAY_MS }
  const lease = async () => {
    const [row] = await database.run<{ holder: string; ends_at: number }>(
      "select holder, ends_at from api_token_leases where name = 'sweep'",
    )
    return { holder: row?.holder, leftMs: Number(row?.ends_at ?? 0) - Date.now() }
  }
  const userId = randomUUID()
  const awake = async () => {
    const active = `select id from api_tokens where user_id = '${userId}' and status = 'active'`
    return (await database.run(active)).length
  }
  /** Until nothing is left, and the lease has been given back. */
  const swept = (by?: string) =>
    within(10_000, async () => {
      const { holder, leftMs } = await lease()
      return (await awake()) === 0 && leftMs <= 0 && holder === (by ?? holder)
    })
  await app.apiTokens.issue({ userId })
  const other = startSweeping(t, order)
  await swept()
  const { holder } = await lease()
  const before = await other.allAnswered()
  await app.apiTokens.issue({ userId })
  other.sweep()
  await swept(holder)
  const last = (await other.allAnswered()) - before
  const { length } = MOMENTS[database.name]
  // From the answer that the lease is its own to the statement that would give it back.
  const points = pointsOf(last, MOMENTS[database.name]).slice(length - 1, length * (last - 1) + 1)
  for (const point of spread(points, KILLS / 2)) {
    await Promise.all([1, 2, 3].map(() => app.apiTokens.issue({ userId })))
    const { killed } = await runOut(database, { ...order, kill: point, does: { name: 'sweep' } })
    t.ok(killed, `killed ${point.moment} statement ${point.statement} of ${last}`)
    const left = await awake()
    const held = await lease()
    t.not(held.holder, holder)
    t.ok(held.leftMs > 0 && held.leftMs <= LEASE_MS, `others wait for ${held.leftMs} ms`)

    const answered = other.answered()
    other.sweep()
    await within(10_000, () => other.answered() >= answered + REFUSED_LEASE)
    t.same(
      [await awake(), (await lease()).holder],
      [left, held.holder],
      'until the lease ends no other instance sweeps',
    )
    await database.run(`update api_token_leases set ends_at = ends_at - ${LEASE_MS}`)
    other.sweep()
    await swept(holder)
    t.pass('then another does, and leaves nothing over')
  }
}

function storeOf({ name, address }: SqlDatabase): TokenStore {
  if (name === 'SQLite') return sqliteTokenStore({ filename: address.replace('sqlite:', '') })
  const options = { connectionString: address, migrate: true }
  return name === 'PostgreSQL' ? postgresTokenStore(options) : mysqlTokenStore(options)
}
