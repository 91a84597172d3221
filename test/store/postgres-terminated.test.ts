/** PostgreSQL ends connections under load: the process lives, requests get a 503, and everything works afterwards. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { terminatedConnections } from '../support/terminated-connections.ts'
import { within } from '../support/within.ts'

const ROUNDS = 100
/** A round ends when a token was issued in it, and after this time at the latest. */
const ROUND_MS = 150
const CLIENTS = 8

// At once, since each round is mostly a wait for the server.
t.jobs = 2

const database = await ownDatabase(t, 'PostgreSQL')
const skip = database === null ? 'no PostgreSQL' : false
const address = database?.connectionString ?? ''
if (database !== null) await makeTables(address)

const STORES: Readonly<
  Record<string, (t: Test, connectionString: string) => Promise<TokenStore> | TokenStore>
> = {
  'the pool of the store': (_t, connectionString) => postgresTokenStore({ connectionString }),
  'the pool of a host': (t, connectionString) => postgresTokenStore({ pool: poolOf(t, connectionString) }),
  'the pool of a host with a listener of its own': (t, connectionString) => {
    const pool = poolOf(t, connectionString)
    pool.on('error', () => undefined)
    return postgresTokenStore({ pool })
  },
  'the pool of a host with clients that are already connected': async (t, connectionString) => {
    const pool = poolOf(t, connectionString)
    const clients = await Promise.all(Array.from({ length: 10 }, () => pool.connect()))
    const [used, ...unused] = clients
    for (const client of unused) client.release()
    t.teardown(() => used?.release(true))
    return postgresTokenStore({ pool })
  },
  'the Kysely of a host': (t, connectionString) => {
    const pool = poolOf(t, connectionString)
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    return kyselyTokenStore({ db, pool, dialect: 'postgres' })
  },
}

for (const [name, makeStore] of Object.entries(STORES)) {
  t.test(
    `promise 14: ${name}: connections that PostgreSQL ends under load end no process`,
    { skip, buffered: true },
    async (t) => {
      const rounds = name === 'the pool of the store' || name === 'the pool of a host' ? ROUNDS : 10
      const { connectionString, terminate } = await terminatedConnections(t, address)
      const { app } = await startHost(t, {
        store: await makeStore(t, connectionString),
        keys: [hs256Key()],
        clock: { now: () => Date.now() },
        cache: { max: 1 },
        usage: { flushInterval: '100ms' },
      })
      const tokens = await Promise.all(Array.from({ length: CLIENTS * 2 }, (_, n) => issue(app, `user-${n}`)))
      const accepted = new Map<string, number>(tokens.map(({ id }) => [id, 0]))
      const statuses = new Map<number, number>()
      let stopped = false
      const load = Array.from({ length: CLIENTS }, async (_, client) => {
        for (let n = client; !stopped; n += 1) {
          const { id, token } = tokens[n % tokens.length] ?? { id: '', token: '' }
          const read = await app.inject(withToken(token))
          if (read.statusCode === 200) accepted.set(id, (accepted.get(id) ?? 0) + 1)
          const write = await app.inject(
            as(`writer-${client}-${n}`, { method: 'POST', url: '/tokens', payload: {} }),
          )
          for (const { statusCode } of [read, write])
            statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
        }
      })
      let ended = 0
      for (let round = 0; round < rounds; round += 1) {
        const issued = statuses.get(201) ?? 0
        for (const endsAt = performance.now() + ROUND_MS; performance.now() < endsAt; await sleep(5))
          if ((statuses.get(201) ?? 0) > issued) break
        ended += await terminate()
      }
      stopped = true
      await Promise.all(load)
      t.ok(ended > rounds, `${ended} connections were ended`)
      t.same(
        [...statuses.keys()].filter((status) => ![200, 201, 503].includes(status)),
        [],
      )
      t.comment(Object.fromEntries(statuses))
      for (const status of [200, 201]) t.ok(statuses.has(status), `${status} was among them`)

      await within(5_000, () =>
        app.apiTokens.flush().then(
          () => true,
          () => false,
        ),
      )
      for (const { id, token } of tokens) {
        t.equal((await app.apiTokens.get(id)).useCount, accepted.get(id), 'each use is counted exactly once')
        t.equal((await app.inject(withToken(token))).statusCode, 200)
      }
      t.equal(
        (await app.inject(as('writer-0', { method: 'POST', url: '/tokens', payload: {} }))).statusCode,
        201,
      )
      await app.close()
    },
  )
}

function poolOf(t: Test, connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString })
  t.teardown(() => pool.end())
  return pool
}

/** Once, so that no test waits for the steps of another. */
async function makeTables(connectionString: string): Promise<void> {
  const store = postgresTokenStore({ connectionString, migrate: true })
  await store.open()
  await store.close()
}
