/** Adapts a pool of `pg` to Kysely's driver: checked connections, prepared statements and timeouts. */

import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { withTimeout } from '../../../../with-timeout.ts'
import type { TimeLimit } from '../time-limit.ts'
import { listenToErrors, listenToErrorsOf } from './error-listeners.ts'
import { endsConnection } from './postgres-errors.ts'
import type { ConnectionCheck } from './postgres-session.ts'
import { ownParsers, type TypeParsers } from './postgres-values.ts'
import type { PreparedStatements } from './prepared-statements.ts'

/** The members that are needed of a pool of `pg`. */
export interface PgPool {
  /**
   * The connection options of the pool. The store uses them for the connections of its pub/sub. The type is not that of
   * `pg`, so that hosts compile without `@types/pg`.
   */
  readonly options?: object
  connect(): Promise<PgClient>
}

export interface PgClient {
  query(config: PgQuery): Promise<PgAnswer>
  release(destroy?: boolean): void
  /** `I` outside of a transaction, `T` within one, `E` within a failed one. Older versions of `pg` lack the method. */
  getTransactionStatus?(): string | null
  /** `false` while a response is outstanding, `undefined` in `pg-native`. */
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
  /** Called for each connection. The store opens its own pool with the first call. */
  readonly pool: () => Promise<PgPool>
  readonly check: ConnectionCheck
  readonly prepared: PreparedStatements
  end(): Promise<void>
}

/** The longest timer of Node.js, 24 days. Without an explicit timeout a query would use that of the host's pool. */
const FOREVER_MS = 2 ** 31 - 1
/** The result of ROLLBACK on a discarded connection: the server rolls back when the connection ends. */
const ROLLED_BACK: PgAnswer = { command: 'ROLLBACK', rowCount: null, rows: [] }

export async function postgresPool(deps: PostgresPoolDeps): Promise<PostgresPool> {
  return {
    options: {},
    end: () => deps.end(),
    connect: async () => {
      const restMs = countdown(deps)
      // Each time, because a store that is opened again makes another pool.
      const pool = await deps.pool()
      listenToErrorsOf(pool)
      const client = await connect(pool, restMs)
      const query = queryOn(client, deps, restMs)
      try {
        await deps.check(client, (text) => query.run(text, []))
      } catch (error) {
        client.release(true)
        throw error
      }
      return {
        // Kysely's type also has an overload for cursors, which is not used here.
        query: query.run as unknown as PostgresPoolClient['query'],
        release: (destroy = false) => client.release(destroy || query.isGivenUp()),
      }
    },
  }
}

/** A connection without an open transaction. In one that the host left open, writes might never be committed. */
async function connect(pool: PgPool, restMs: () => number | null): Promise<PgClient> {
  for (;;) {
    const client = await withTimeout(pool.connect(), restMs(), 'the pool of PostgreSQL connections', (late) =>
      late.release(),
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
  // The host has a statement in flight, whose response may change the status: wait for it with an empty query.
  if (client.readyForQuery === false) {
    await client.query({ text: '', values: [], types: ownParsers, query_timeout: restMs() ?? FOREVER_MS })
  }
  return client.getTransactionStatus?.() ?? 'I'
}

/** Runs statements on a connection until an error makes the connection unusable. */
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

/** The rest of the time limit of a statement or transaction, including the wait for its connection. */
function countdown({ timeoutMs }: TimeLimit): () => number | null {
  if (timeoutMs === null) return () => null
  const endsAt = performance.now() + timeoutMs
  return () => Math.max(1, Math.ceil(endsAt - performance.now()))
}

/**
 * Makes the server cancel a statement after the client's timeout, so that its locks are released. It is set within the
 * transaction, because poolers such as PgBouncer do not support it as a session setting.
 */
function withStatementTimeout(text: string, timeoutMs: number): string {
  return text.startsWith('start transaction')
    ? `${text}; set local statement_timeout = ${Math.ceil(timeoutMs)}`
    : text
}
