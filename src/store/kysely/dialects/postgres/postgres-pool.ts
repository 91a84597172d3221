/** A pool of `pg` as Kysely's driver takes it: checked connections, prepared statements, and an end to waiting. */

import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { type TimeLimit, within } from '../with-timeout.ts'
import { listenToErrors, listenToErrorsOf } from './error-listeners.ts'
import { endsConnection } from './postgres-errors.ts'
import type { ConnectionCheck } from './postgres-session.ts'
import { ownParsers, type TypeParsers } from './postgres-values.ts'
import type { PreparedStatements } from './prepared-statements.ts'

/** What is needed of a pool of the package `pg`. */
export interface PgPool {
  /**
   * How it connects, which a pool of `pg` tells: the store listens to NOTIFY on connections of its own. Not by the type of
   * `pg`, so that hosts compile without `@types/pg`.
   */
  readonly options?: object
  connect(): Promise<PgClient>
}

export interface PgClient {
  query(config: PgQuery): Promise<PgAnswer>
  release(destroy?: boolean): void
  /** `I` outside of a transaction, `T` within one, `E` within one that failed; clients of old versions do not tell. */
  getTransactionStatus?(): string | null
  /** False while a response is outstanding; undefined in `pg-native`. */
  readonly readyForQuery?: boolean
}

interface PgQuery {
  readonly text: string
  readonly values: unknown[]
  readonly types: TypeParsers
  readonly query_timeout: number
  readonly name?: string
}

interface PgAnswer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: unknown[]
}

export interface PostgresPoolDeps extends TimeLimit {
  /** Called for each connection, and first when a statement needs one. */
  readonly pool: () => Promise<PgPool>
  readonly check: ConnectionCheck
  readonly prepared: PreparedStatements
  end(): Promise<void>
}

/** The longest timer of Node, 24 days: a query without a timeout of its own would have that of the host's pool. */
const FOREVER_MS = 2 ** 31 - 1
/** What a connection answers that has been given up: the server rolls back when the connection ends. */
const ROLLED_BACK: PgAnswer = { command: 'ROLLBACK', rowCount: null, rows: [] }

export async function postgresPool(parts: PostgresPoolDeps): Promise<PostgresPool> {
  return {
    options: {},
    end: () => parts.end(),
    connect: async () => {
      const restMs = countdown(parts)
      // Another one after the store was closed and opened again.
      const pool = await parts.pool()
      listenToErrorsOf(pool)
      const client = await connect(pool, restMs)
      const query = queryOn(client, parts, restMs)
      try {
        await parts.check(client, (text) => query.run(text, []))
      } catch (error) {
        client.release(true)
        throw error
      }
      return {
        // Kysely's type has a second form, for cursors, which no statement here uses.
        query: query.run as unknown as PostgresPoolClient['query'],
        release: (destroy = false) => client.release(destroy || query.isGivenUp()),
      }
    },
  }
}

/** A connection that is in no transaction: one that a host left open would swallow what is written here. */
async function connect(pool: PgPool, restMs: () => number | null): Promise<PgClient> {
  for (;;) {
    const client = await within(
      { timeoutMs: restMs() },
      'a connection to PostgreSQL',
      () => pool.connect(),
      (late) => late.release(),
    )
    listenToErrors(client)
    const status = await transactionStatus(client, restMs).catch((error: unknown) => {
      client.release(true)
      throw error
    })
    if (status === 'I') return client
    client.release(true)
  }
}

async function transactionStatus(client: PgClient, restMs: () => number | null): Promise<string> {
  // What the host has sent is not answered yet, and the status comes with the response.
  if (client.readyForQuery === false) {
    await client.query({ text: '', values: [], types: ownParsers, query_timeout: restMs() ?? FOREVER_MS })
  }
  return client.getTransactionStatus?.() ?? 'I'
}

/** Runs statements on a connection until one fails in a way that leaves the connection of no use. */
function queryOn(client: PgClient, { prepared, timeoutMs }: PostgresPoolDeps, restMs: () => number | null) {
  let givenUp: unknown
  const run = async (text: string, values: readonly unknown[]): Promise<PgAnswer> => {
    if (givenUp !== undefined) {
      if (text === 'rollback') return ROLLED_BACK
      throw givenUp
    }
    const name = prepared.nameOf(text)
    try {
      return await client.query({
        text: timeoutMs === null ? text : withStatementTimeout(text, timeoutMs),
        values: [...values],
        types: ownParsers,
        query_timeout: restMs() ?? FOREVER_MS,
        ...(name === undefined ? {} : { name }),
      })
    } catch (error) {
      if (name !== undefined) prepared.failed(text, name, error)
      if (endsConnection(error)) givenUp = error
      throw error
    }
  }
  return { run, isGivenUp: () => givenUp !== undefined }
}

/** Milliseconds that are left of the time of one statement or one transaction, the wait for its connection included. */
function countdown({ timeoutMs }: TimeLimit): () => number | null {
  if (timeoutMs === null) return () => null
  const endsAt = performance.now() + timeoutMs
  return () => Math.max(1, Math.ceil(endsAt - performance.now()))
}

/**
 * The server ends a statement that the client has given up, so that its locks are free. Set with the transaction that
 * it holds for: a pooler such as PgBouncer takes it in no other way.
 */
function withStatementTimeout(text: string, timeoutMs: number): string {
  return text.startsWith('start transaction')
    ? `${text}; set local statement_timeout = ${Math.ceil(timeoutMs)}`
    : text
}
