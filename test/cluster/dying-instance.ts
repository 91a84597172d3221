/** A process of a host that does one thing, and kills itself at one of the statements which that takes. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { writeSync } from 'node:fs'
import Fastify from 'fastify'
import apiTokens from '../../src/index.ts'
import { type MysqlPool, mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import {
  type PgPool,
  postgresTokenStore,
} from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { parseStoreAddress } from '../../src/store/store-address.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import type { Line, Order } from './dying.ts'

interface Step {
  /** The statement is on its way. */
  sent(): void
  answered(): void
}

const UNWATCHED: Step = { sent: () => undefined, answered: () => undefined }

const SWEEP_INTERVAL_MS = 60_000

const order: Order = JSON.parse(process.argv[2] ?? '')
/** Set while the one thing is done, in all that follows from it, and in nothing that runs beside it. */
const doing = new AsyncLocalStorage<true>()
let statements = 0
const sweeps: (() => void)[] = []
catchSweeps()

const app = Fastify()
await app.register(apiTokens, {
  store: await storeAt(order.address),
  keys: [order.key],
  routes: false,
  usage: { flushInterval: '1h' },
  clock: { now: () => Date.now() + order.aheadMs },
})
await app.ready()
await doing.run(true, act)

async function act(): Promise<void> {
  const { apiTokens } = app
  const { does } = order
  switch (does.name) {
    case 'issue':
      return end((await apiTokens.issue({ userId: does.userId })).credential)
    case 'rotate':
      return end((await apiTokens.rotate(does.tokenId)).credential)
    case 'use':
      return end((await apiTokens.verify(does.credential)).id)
    case 'flush': {
      await doing.exit(async () => {
        await use(does.credentials, does.flushed)
        await apiTokens.flush()
        await use(does.credentials, does.used)
        await apiTokens.revoke(does.revoked)
      })
      await apiTokens.flush()
      return end('flushed')
    }
    case 'sweep':
      // The caller may try again.
      process.on('message', sweepNow)
      process.once('disconnect', () => process.exit())
      return sweepNow()
    default:
      return does satisfies never
  }
}

async function use(credentials: readonly string[], times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    for (const credential of credentials) await app.apiTokens.verify(credential)
  }
}

/** After the last statement there is the answer, with which a process may die too. */
function end(answer: string): void {
  report({ answer })
  reach(null)
  process.exit()
}

/** The sweep of every minute, in no time. */
function sweepNow(): void {
  for (const sweep of sweeps) doing.run(true, sweep)
}

function catchSweeps(): void {
  const { setInterval } = globalThis
  const catching = (callback: () => void, ms?: number) => {
    if (ms === SWEEP_INTERVAL_MS) sweeps.push(callback)
    return setInterval(callback, ms)
  }
  Object.assign(globalThis, { setInterval: catching })
}

/** Called before each statement, with the number by which the server knows the connection. */
function reach(connection: number | null): Step {
  if (doing.getStore() === undefined) return UNWATCHED
  statements += 1
  report({ statement: statements, connection })
  const { kill } = order
  if (kill?.statement !== statements) return { ...UNWATCHED, answered: () => report({ answered: true }) }
  if (kill.moment === 'before') die()
  return {
    sent: () => {
      if (kill.moment === 'sent') setImmediate(die)
    },
    answered: () => {
      if (kill.moment === 'after') die()
    },
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Written before it returns, whatever comes next. */
function report(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

/** The stores as hosts make them, on pools of a host's own that are watched. */
async function storeAt(text: string): Promise<TokenStore> {
  const address = parseStoreAddress(text)
  if (address.dialect === 'sqlite') {
    await watchSqlite()
    return sqliteTokenStore({ filename: address.filename, migrate: false })
  }
  const { dialect, url } = address
  if (dialect === 'postgres') return postgresTokenStore({ pool: await watchedPostgres(url) })
  return mysqlTokenStore({ pool: await watchedMysql(url) })
}

async function watchedPostgres(connectionString: string): Promise<PgPool> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString })
  type Client = Awaited<ReturnType<PgPool['connect']>>
  // One for each client: the store checks every client once.
  const known = new WeakMap<object, Client>()
  return {
    connect: async () => {
      const client = await pool.connect()
      const before = known.get(client)
      if (before !== undefined) return before
      const watched: Client = {
        release: (destroy) => client.release(destroy),
        query: async (config) => {
          // Its type has no such member, and every client does.
          const step = reach((client as unknown as { processID: number }).processID)
          const asked = client.query(config)
          step.sent()
          const answer = await asked
          step.answered()
          return answer
        },
      }
      known.set(client, watched)
      return watched
    },
  }
}

async function watchedMysql(uri: string): Promise<MysqlPool> {
  const { default: mysql } = await import('mysql2')
  type Given = Extract<MysqlPool, { getConnection: unknown }>
  type Connection = Parameters<Parameters<Given['getConnection']>[0]>[1]
  const pool = mysql.createPool({ uri })
  const known = new WeakMap<Connection, Connection>()
  const watched = (connection: Connection & { readonly threadId: number }): Connection => {
    const before = known.get(connection)
    if (before !== undefined) return before
    const asking = (name: 'query' | 'execute'): Connection['query'] => {
      return (options, callback) => {
        // The store sends ROLLBACK whenever it takes a connection of the host's pool: no step of what it does.
        const step = options.sql === 'rollback' ? UNWATCHED : reach(connection.threadId)
        connection[name](options, (error, result) => {
          step.answered()
          callback(error, result)
        })
        step.sent()
      }
    }
    const made: Connection = {
      config: connection.config,
      on: (event, listener) => connection.on(event, listener),
      query: asking('query'),
      execute: asking('execute'),
      release: () => connection.release(),
      destroy: () => connection.destroy(),
    }
    known.set(connection, made)
    return made
  }
  return {
    getConnection: (callback) =>
      pool.getConnection((error, connection) =>
        // The driver's own type is wider; after an error there is no connection.
        callback(error, error === null ? watched(connection as never) : (connection as never)),
      ),
  }
}

/** All statements of the driver, which runs them within the thread. */
async function watchSqlite(): Promise<void> {
  const { default: Database } = await import('better-sqlite3')
  const statement = Object.getPrototypeOf(new Database(':memory:').prepare('select 1'))
  for (const name of ['all', 'run', 'iterate']) {
    const run = statement[name]
    statement[name] = function (...args: unknown[]) {
      const step = reach(null)
      const answer = run.apply(this, args)
      step.answered()
      return answer
    }
  }
}
