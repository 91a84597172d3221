/** A connection of `mysql2`: checks it before the store's first statement, and handles its errors. */

import { isRecord } from '../../../../option-values.ts'
import { requireSession, wrongConnection } from './session-check.ts'

/** The members that are needed of a connection of `mysql2`. */
export interface MysqlConnection {
  /** The options of the connection. The driver updates them when the session changes. */
  readonly config: object
  readonly stream?: { destroy(): unknown }
  query(options: MysqlStatement, callback: Answered): unknown
  execute(options: MysqlStatement, callback: Answered): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  release(): void
  destroy(): void
}

interface MysqlStatement {
  readonly sql: string
  readonly values: unknown[]
}

export type Answered = (error: MysqlError | null, result: unknown) => void

interface MysqlError extends Error {
  readonly errno?: number | undefined
  /** Whether the error ended the connection. */
  readonly fatal?: boolean | undefined
}

/** The client flag with which UPDATE counts the rows that it finds, not only those that it changes. */
const FOUND_ROWS = 2

/** Checked connections, with the charset that each had at its check. */
const checked = new WeakMap<MysqlConnection, unknown>()
const watched = new WeakSet<MysqlConnection>()

/**
 * A connection that the server ends emits `error` more than once, and its pool listens only for the first. A running
 * statement rejects by itself.
 */
export function watchErrors(connection: MysqlConnection): void {
  if (watched.has(connection)) return
  watched.add(connection)
  connection.on('error', () => undefined)
}

/**
 * Throws unless the connection can be used. A connection is checked once, and again when its charset changes or its pool
 * resets connections.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` with a message that names every fault.
 */
export async function requireUsable(
  connection: MysqlConnection,
  query: (sql: string, values: readonly unknown[], callback: Answered) => void,
): Promise<void> {
  const config = isRecord(connection.config) ? connection.config : {}
  const charset = config['charsetNumber']
  if (checked.has(connection) && checked.get(connection) === charset && !isReset(config)) return
  const faults = driverFaults(config)
  if (faults.length > 0) throw wrongConnection(faults)
  await requireSession((sql, parameters) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    query(sql, parameters, (error, rows) => (error === null ? resolve(rows) : reject(error)))
    return promise
  })
  checked.set(connection, charset)
}

/** Faults that would break the check itself. */
function driverFaults(config: Readonly<Record<string, unknown>>): string[] {
  const faults: string[] = []
  if (typeof config['charsetNumber'] !== 'number') return ['it is not one of mysql2']
  if ((Number(config['clientFlags']) & FOUND_ROWS) === 0) faults.push('flags must be without -FOUND_ROWS')
  if (config['queryFormat'] !== undefined) faults.push('queryFormat must not be set')
  return faults
}

/** Whether the pool resets each connection to the server's settings when it is returned. */
function isReset({ pool }: Readonly<Record<string, unknown>>): boolean {
  return isRecord(pool) && isRecord(pool['config']) && pool['config']['resetOnRelease'] === true
}
