/** A pool of `mysql2` as Kysely's driver takes it: of connections that were checked, with an end to waiting. */

import type { MysqlPool as KyselyPool, MysqlPoolConnection } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import { isRecord } from '../../../../option-values.ts'
import { type TimeLimit, within } from '../with-timeout.ts'
import { type Answered, type MysqlConnection, requireUsable, watchErrors } from './mysql-connection.ts'

/**
 * What is needed of a pool of the package `mysql2`: of `mysql2` itself or of `mysql2/promise`, a pool, a pool cluster
 * or its namespace.
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
  /** Called when the first statement needs it. */
  readonly pool: () => Promise<MysqlPool>
  /** The SQL of statements that each connection prepares once. */
  readonly prepared: ReadonlySet<string>
  /** Whether the host uses the connections as well. */
  readonly isShared: boolean
}

/** @throws `FST_API_TOKENS_INVALID_OPTION` when it is no pool of `mysql2`. */
export function corePool(given: MysqlPool): MysqlCorePool {
  const core = unwrapped(given)
  if (isRecord(core) && typeof core['getConnection'] === 'function') return core as unknown as MysqlCorePool
  throw new InvalidOption('mysqlTokenStore: pool must be a pool of mysql2 or of mysql2/promise')
}

/** A pool of promises has the one of callbacks behind it. */
function unwrapped(given: unknown): unknown {
  if (!isRecord(given)) return undefined
  return given['pool'] ?? given['poolCluster'] ?? given['poolNamespace'] ?? given
}

export function mysqlPool(parts: MysqlPoolDeps): KyselyPool {
  const connect = async (endsAt: number | null) => {
    // Each time: the store makes another pool when it is opened again.
    const pool = corePool(await parts.pool())
    const { promise, resolve, reject } = Promise.withResolvers<MysqlConnection>()
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)))
    const connection = await promise
    watchErrors(connection)
    const lent = lentConnection(connection, parts, endsAt)
    try {
      await requireUsable(connection, lent.query)
      // A transaction that the host left open would read an old snapshot, and swallow what is written.
      if (parts.isShared) await rollBack(lent)
      return lent
    } catch (error) {
      lent.discard()
      throw error
    }
  }
  return {
    end: (callback) => callback(null),
    getConnection: (callback) => {
      const endsAt = parts.timeoutMs === null ? null : performance.now() + parts.timeoutMs
      within(
        parts,
        'a connection to MySQL',
        () => connect(endsAt),
        (late) => late.release(),
      ).then(
        // Of what else Kysely's type has, streams and the end of statements under way, nothing is used here.
        (connection) => callback(null, connection as unknown as MysqlPoolConnection),
        (error) => callback(error, undefined as never),
      )
    },
  }
}

/** As every statement is sent, whatever the host's pool is set to: rows are objects, and values the driver's own. */
const STATEMENT = {
  rowsAsArray: false,
  nestTables: false,
  namedPlaceholders: false,
  dateStrings: false,
  // Only another function replaces that of the pool.
  typeCast: (_field: unknown, next: () => unknown) => next(),
} as const

/**
 * A connection from when the pool lends it until it goes back. The wait for it and all its statements share one time,
 * so that a transaction ends in it. When the time is over the connection is closed: its statement may still be running.
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
    // `destroy` alone says goodbye and waits, and a server that is stuck does not answer.
    connection.stream?.destroy()
  }

  const query = (sql: string, values: readonly unknown[], callback: Answered) => {
    if (!isUsable) {
      // The server rolls back what was begun on a connection that has ended.
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

/** `--read-only`, as a primary answers that has just been demoted. */
const READ_ONLY_SERVER = [1290, 1792, 1836]

/** Whether nothing more can be asked of the connection. */
function isOver({ fatal = false, errno = 0 }: NonNullable<Parameters<Answered>[0]>): boolean {
  return fatal || READ_ONLY_SERVER.includes(errno)
}
