/** MariaDB ends connections under load: the process lives, requests get a 503, and everything works afterwards. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, MysqlDialect } from 'kysely'
import mysql from 'mysql2'
import promised from 'mysql2/promise'
import t, { type Test } from 'tap'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { killedConnections } from '../support/killed-connections.ts'
import { hostPool } from '../support/mysql-host-pool.ts'
import { within } from '../support/within.ts'

/** A round ends when a token was issued in it, and after this time at the latest. */
const ROUND_MS = 150
const CLIENTS = 8

// On a machine that others share.
t.setTimeout(300_000)
// At once, since each round is mostly a wait for the server.
t.jobs = 2

const database = await ownDatabase(t, 'MariaDB')
const skip = database === null ? 'no MariaDB' : false
if (database !== null) await makeTables(database.connectionString)

const STORES: Readonly<
  Record<string, { readonly rounds: number; make(t: Test, connectionString: string): TokenStore }>
> = {
  'the pool of the store': {
    rounds: 100,
    make: (_t, connectionString) => mysqlTokenStore({ connectionString }),
  },
  'the pool of a host': {
    rounds: 100,
    make: (t, uri) => {
      const pool = mysql.createPool({ uri })
      t.teardown(() =>
        pool
          .promise()
          .end()
          .catch(() => undefined),
      )
      return mysqlTokenStore({ pool })
    },
  },
  'a pool of promises of a host': {
    rounds: 10,
    make: (t, uri) => {
      const pool = promised.createPool({ uri })
      t.teardown(() => pool.end().catch(() => undefined))
      return mysqlTokenStore({ pool })
    },
  },
  'the Kysely of a host that listens as the guide says': {
    rounds: 10,
    make: (t, uri) => {
      const db = new Kysely({ dialect: new MysqlDialect({ pool: hostPool(t, uri) }) })
      return kyselyTokenStore({ db, dialect: 'mysql' })
    },
  },
}

for (const [name, { rounds, make }] of Object.entries(STORES)) {
  t.test(
    `promise 14: ${name}: connections that MariaDB ends under load end no process, and every use is counted once`,
    { skip, buffered: true },
    async (t) => {
      if (database === null) return
      const { connectionString, kill } = await killedConnections(t, database)
      const { app } = await startHost(t, {
        store: make(t, connectionString),
        keys: [hs256Key()],
        clock: { now: () => Date.now() },
        cache: { max: 1 },
        usage: { flushInterval: '100ms' },
      })
      const tokens: Awaited<ReturnType<typeof issue>>[] = []
      for (let n = 0; n < CLIENTS * 2; n += 1) tokens.push(await issue(app, `${name} ${n}`))
      const accepted = new Map<string, number>(tokens.map(({ id }) => [id, 0]))
      const statuses = new Map<number, number>()
      let isOver = false
      const load = Array.from({ length: CLIENTS }, async (_, client) => {
        for (let n = client; !isOver; n += 1) {
          const { id, token } = tokens[n % tokens.length] ?? { id: '', token: '' }
          const read = await app.inject(withToken(token))
          if (read.statusCode === 200) accepted.set(id, (accepted.get(id) ?? 0) + 1)
          const write = await app.inject(
            as(`${name} ${client}`, { method: 'POST', url: '/tokens', payload: {} }),
          )
          for (const { statusCode } of [read, write])
            statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
        }
      })
      let killed = 0
      for (let round = 0; round < rounds; round += 1) {
        const issued = statuses.get(201) ?? 0
        for (const endsAt = performance.now() + ROUND_MS; performance.now() < endsAt; await sleep(5))
          if ((statuses.get(201) ?? 0) > issued) break
        killed += await kill()
      }
      isOver = true
      await Promise.all(load)
      t.comment(`${killed} connections were ended: ${JSON.stringify(Object.fromEntries(statuses))}`)
      t.ok(killed > rounds, 'connections were ended in each round')
      t.same(
        [...statuses.keys()].filter((status) => ![200, 201, 503].includes(status)),
        [],
      )
      for (const status of [200, 201]) t.ok(statuses.has(status), `${status} was among them`)

      await within(20_000, () =>
        app.apiTokens.flush().then(
          () => true,
          () => false,
        ),
      )
      for (const { id, token } of tokens) {
        t.equal((await app.apiTokens.get(id)).useCount, accepted.get(id), 'each use is counted exactly once')
        t.equal((await app.inject(withToken(token))).statusCode, 200)
      }
      const again = as(`${name} 0`, { method: 'POST', url: '/tokens', payload: {} })
      t.equal((await app.inject(again)).statusCode, 201)
      await kill()
      await app.close()
    },
  )
}

/** Once, so that no test waits for the steps of another. */
async function makeTables(connectionString: string): Promise<void> {
  const store = mysqlTokenStore({ connectionString, migrate: true })
  await store.open()
  await store.close()
}
