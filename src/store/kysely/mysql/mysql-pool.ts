/** A pool of `mysql2` as Kysely's driver takes it: with statements that are prepared, and with an end to waiting. */

import type { MysqlPool as KyselyPool, MysqlPoolConnection } from 'kysely'
import { type Patience, within } from '../patience.ts'

/** What is needed of a pool of the package `mysql2`: that of `mysql2` itself, or of `mysql2/promise`. */
export type MysqlPool = MysqlCorePool | { readonly pool: MysqlCorePool }

interface MysqlCorePool {
  getConnection(callback: (error: Error | null, connection: MysqlConnection) => void): unknown
}

interface MysqlConnection {
  query(options: MysqlQuery, callback: Answered): unknown
  execute(options: MysqlQuery, callback: Answered): unknown
  release(): void
  destroy(): void
}

interface MysqlQuery {
  readonly sql: string
  readonly values: unknown[]
  readonly timeout?: number
}

type Answered = (error: (Error & { readonly code?: string }) | null, result: unknown) => void

export interface MysqlPoolParts extends Patience {
  /** Called when the first statement needs it. */
  readonly pool: () => Promise<MysqlPool>
  /** The SQL of statements that each connection prepares once. */
  readonly prepared: ReadonlySet<string>
}

export async function mysqlPool(parts: MysqlPoolParts): Promise<KyselyPool> {
  const given = await parts.pool()
  const pool = 'pool' in given ? given.pool : given
  const connect = () => {
    const { promise, resolve, reject } = Promise.withResolvers<MysqlConnection>()
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)))
    return promise
  }
  return {
    end: (callback) => callback(null),
    getConnection: (callback) => {
      within(parts, 'a connection to MySQL', connect, (late) => late.release()).then(
        (connection) => callback(null, connectionOf(connection, parts)),
        (error) => callback(error, undefined as never),
      )
    },
  }
}

function connectionOf(
  connection: MysqlConnection,
  { prepared, timeoutMs }: MysqlPoolParts,
): MysqlPoolConnection {
  let answers = true
  const query = (sql: string, values: readonly unknown[], callback: Answered) => {
    const options = { sql, values: [...values], ...(timeoutMs === null ? {} : { timeout: timeoutMs }) }
    const answered: Answered = (error, result) => {
      // A connection that still works on an answer nobody waits for is no use to the next.
      if (error?.code === 'PROTOCOL_SEQUENCE_TIMEOUT') answers = false
      callback(error, result)
    }
    if (prepared.has(sql)) connection.execute(options, answered)
    else connection.query(options, answered)
  }
  const release = () => (answers ? connection.release() : connection.destroy())
  // Of what else Kysely's type has, streams and the end of statements under way, nothing is used here.
  return { query, release } as unknown as MysqlPoolConnection
}
