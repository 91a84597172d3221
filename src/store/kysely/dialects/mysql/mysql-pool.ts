/** Adapts a pool of `mysql2` to Kysely's driver: checked connections and timeouts. */

import type { MysqlPool as KyselyPool, MysqlPoolConnection } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import { isRecord } from '../../../../option-values.ts'
import { withTimeout } from '../../../../with-timeout.ts'
import type { TimeLimit } from '../time-limit.ts'
import { type Answered, type MysqlConnection, requireUsable, watchErrors } from './mysql-connection.ts'

/**
 * The members that are needed of a pool: of `mysql2` or `mysql2/promise`, a pool, a pool cluster or a namespace of one.
 */
export type MysqlPool =
  | MysqlCorePool
  | { readonly pool: MysqlCorePool }
  | { readonly poolCluster: MysqlCorePool }
  | { readonly poolNamespace: MysqlCorePool }

interface MysqlCorePool {
  getConnection(callback: (error: Error | null, connection: MysqlConnection) => void): unknown
}

export interface MysqlPoolDeps extends TimeLimit {
  /** Called for each connection. The store opens its own pool with the first call. */
  readonly pool: () => Promise<MysqlPool>
  /** The SQL of the statements that each connection prepares once. */
  readonly prepared: ReadonlySet<string>
  /** Whether the host uses the connections as well. */
  readonly isShared: boolean
}

/** @throws `FST_API_TOKENS_INVALID_OPTION` for a value that is not a pool of `mysql2`. */
export function corePool(given: MysqlPool): MysqlCorePool {
  const core = unwrapped(given)
  if (isRecord(core) && typeof core['getConnection'] === 'function') return core as unknown as MysqlCorePool
  throw new InvalidOption('mysqlTokenStore: pool must be a pool of mysql2 or of mysql2/promise')
}

/** A pool of `mysql2/promise` wraps a pool with callbacks. */
function unwrapped(given: unknown): unknown {
  if (!isRecord(given)) return undefined
  return given['pool'] ?? given['poolCluster'] ?? given['poolNamespace'] ?? given
}

export function mysqlPool(deps: MysqlPoolDeps): KyselyPool {
  const connect = async (endsAt: number | null) => {
    // Each time, because a store that is opened again makes another pool.
    const pool = corePool(await deps.pool())
    const { promise, resolve, reject } = Promise.withResolvers<MysqlConnection>()
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)))
    const connection = await promise
    watchErrors(connection)
    const lent = lentConnection(connection, deps, endsAt)
    try {
      await requireUsable(connection, lent.query)
      // In a transaction that the host left open, reads would be stale and writes might never be committed.
      if (deps.isShared) await rollBack(lent)
      return lent
    } catch (error) {
      lent.discard()
      throw error
    }
  }
  return {
    end: (callback) => callback(null),
    getConnection: (callback) => {
      const endsAt = deps.timeoutMs === null ? null : performance.now() + deps.timeoutMs
      withTimeout(connect(endsAt), deps.timeoutMs, 'the pool of MySQL connections', (late) =>
        late.release(),
      ).then(
        // Kysely's type also has members for streams and cancellation, which are not used here.
        (connection) => callback(null, connection as unknown as MysqlPoolConnection),
        (error) => callback(error, undefined as never),
      )
    },
  }
}

/** Options of every statement, which override those of the host's pool. */
const STATEMENT = {
  rowsAsArray: false,
  nestTables: false,
  namedPlaceholders: false,
  dateStrings: false,
  // A function is needed to override the pool's.
  typeCast: (_field: unknown, next: () => unknown) => next(),
} as const

/**
 * A connection that the pool has lent. The wait for it and all its statements share one time limit, so that a transaction
 * is limited as a whole. After the limit the connection is closed, because its statement may still be running.
 */
function lentConnection(
  connection: MysqlConnection,
  { prepared, timeoutMs }: MysqlPoolDeps,
  endsAt: number | null,
) {
  let isUsable = true

  const discard = () => {
    if (!isUsable) return
    isUsable = false
    connection.destroy()
    // `destroy` alone waits for a response, which a stuck server does not send.
    connection.stream?.destroy()
  }

  const query = (sql: string, values: readonly unknown[], callback: Answered) => {
    if (!isUsable) {
      // The server has rolled back the transaction of a closed connection.
      callback(sql === 'rollback' ? null : new Error('the connection to MySQL has ended'), {})
      return
    }
    let isAnswered = false
    let timer: NodeJS.Timeout | undefined
    const answered: Answered = (error, result) => {
      if (isAnswered) return
      isAnswered = true
      clearTimeout(timer)
      if (error !== null && isOver(error)) discard()
      callback(error, result)
    }
    if (endsAt !== null) {
      const refuse = () => {
        discard()
        answered(new Error(`MySQL gave no answer within ${timeoutMs} ms`), undefined)
      }
      timer = setTimeout(refuse, Math.max(1, endsAt - performance.now()))
    }
    const statement = { ...STATEMENT, sql, values: [...values] }
    if (prepared.has(sql)) connection.execute(statement, answered)
    else connection.query(statement, answered)
  }

  const release = () => {
    if (isUsable) connection.release()
  }
  return { query, release, discard }
}

function rollBack({ query }: ReturnType<typeof lentConnection>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  query('rollback', [], (error) => (error === null ? resolve() : reject(error)))
  return promise
}

/** Errors of a read-only server, such as a primary that was just demoted. */
const READ_ONLY_SERVER = [1290, 1792, 1836]

/** Whether the connection cannot be used any more. */
function isOver({ fatal = false, errno = 0 }: NonNullable<Parameters<Answered>[0]>): boolean {
  return fatal || READ_ONLY_SERVER.includes(errno)
}
