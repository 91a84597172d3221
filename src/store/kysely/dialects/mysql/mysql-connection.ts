/** One connection of `mysql2`: it is checked before the first statement of the store, and its end ends nothing else. */

import { isRecord } from '../../../../option-values.ts'
import { requireSession, wrongConnection } from './session-check.ts'

/** What is needed of a connection of `mysql2`. */
export interface MysqlConnection {
  /** How it was opened; the driver changes it with the session. */
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
  /** Whether the connection has ended by it. */
  readonly fatal?: boolean | undefined
}

/** UPDATE counts the rows that it finds, not only those that it changes. */
const FOUND_ROWS = 2

/** Connections that were checked, with the charset of each at that moment. */
const checked = new WeakMap<MysqlConnection, unknown>()
const watched = new WeakSet<MysqlConnection>()

/**
 * A connection that the server ends emits `error` more than once, and its pool listens for the first alone. Who has a
 * statement on it hears of the end by the statement.
 */
export function watchErrors(connection: MysqlConnection): void {
  if (watched.has(connection)) return
  watched.add(connection)
  connection.on('error', () => undefined)
}

/**
 * Throws unless the connection can be used. It is asked once, unless its charset has changed or its pool resets each
 * connection.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` that names every fault.
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

/** What no statement can be sent without. */
function driverFaults(config: Readonly<Record<string, unknown>>): string[] {
  const faults: string[] = []
  if (typeof config['charsetNumber'] !== 'number') return ['it is not one of mysql2']
  if ((Number(config['clientFlags']) & FOUND_ROWS) === 0) faults.push('flags must be without -FOUND_ROWS')
  if (config['queryFormat'] !== undefined) faults.push('queryFormat must not be set')
  return faults
}

/** Whether the pool gives each connection the server's own settings before it is lent again. */
function isReset({ pool }: Readonly<Record<string, unknown>>): boolean {
  return isRecord(pool) && isRecord(pool['config']) && pool['config']['resetOnRelease'] === true
}
