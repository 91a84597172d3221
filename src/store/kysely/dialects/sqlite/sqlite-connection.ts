/**
 * Adapts better-sqlite3 to Kysely's driver and caches prepared statements: preparing a statement costs more than most
 * queries.
 */

import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type BetterSqlite3 from 'better-sqlite3'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import { requireNodeFor } from '../../../../node-version.ts'
import { loadDriver, notLoaded } from '../driver.ts'
import { faultOf, isLocked, namedError } from './sqlite-errors.ts'

export interface SqliteFile {
  /** Absolute. */
  readonly filename: string
  /** How long a statement blocks the thread for another connection's lock, in milliseconds. Default: 0. */
  readonly busyTimeoutMs?: number
  /** How long opening waits for another connection's lock, without blocking the thread. Default: 0 ms. */
  readonly lockTimeoutMs?: number
  /**
   * `tokens`: for the store. `schema`: for migrations; the journal mode stays, because the file may be a host's.
   * `reading`: read-only. Default: `tokens`.
   */
  readonly purpose?: 'tokens' | 'schema' | 'reading'
}

/** More than the store needs: its statements differ only by filters and by the number of pruned rows. */
const MAX_STATEMENTS = 128

const PAUSE_MS = 10

/**
 * Opens the file in WAL mode, with every commit synced to the disk, so that a revocation survives a power failure.
 *
 * @throws {InvalidOption} Names the file and the reason, or the package that is not installed.
 */
export async function openSqlite(file: SqliteFile): Promise<SqliteDatabase> {
  requireNodeFor('better-sqlite3')
  const { default: Database } = await loadDriver('better-sqlite3', () => import('better-sqlite3'))
  const { filename, busyTimeoutMs = 0, lockTimeoutMs = 0, purpose = 'tokens' } = file
  const options = { timeout: busyTimeoutMs, readonly: purpose === 'reading' }
  const open = () => prepared(new Database(filename, options), purpose)
  const deadline = performance.now() + lockTimeoutMs
  for (;;) {
    try {
      return keepStatements(open(), filename)
    } catch (error) {
      if (!isLocked(error) || performance.now() >= deadline) throw notOpened(filename, error)
      await sleep(PAUSE_MS)
    }
  }
}

function prepared(
  database: BetterSqlite3.Database,
  purpose: NonNullable<SqliteFile['purpose']>,
): BetterSqlite3.Database {
  try {
    if (purpose === 'tokens') setWal(database)
    if (purpose !== 'reading') database.pragma('synchronous = FULL')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** On a file system without support for WAL, SQLite keeps another mode and returns its name. */
function setWal(database: BetterSqlite3.Database): void {
  const mode = String(database.pragma('journal_mode = WAL', { simple: true }))
  if (mode !== 'wal') throw new Error(`its journal mode stays ${mode}: WAL needs a local file system`)
}

function notOpened(filename: string, cause: unknown): Error {
  if (lacksNativePart(cause)) return notLoaded('better-sqlite3', cause)
  const isFolder = statSync(filename, { throwIfNoEntry: false })?.isDirectory() === true
  const fault = faultOf(cause) ?? (cause instanceof Error ? cause.message : String(cause))
  const why = isFolder ? 'it is a folder' : fault
  return new InvalidOption(`store: the SQLite file ${filename} cannot be opened: ${why}`, { cause })
}

/** better-sqlite3 loads its native addon with the first database. In a bundle this fails in several ways. */
function lacksNativePart(error: unknown): boolean {
  return error instanceof ReferenceError || /better_sqlite3\.node|dynamic require/i.test(String(error))
}

function keepStatements(database: BetterSqlite3.Database, filename: string): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => {
      statements.clear()
      database.close()
    },
    prepare: (sql) => {
      const kept = statements.get(sql)
      if (kept !== undefined) return kept
      if (statements.size >= MAX_STATEMENTS) statements.clear()
      const statement = namingErrors(filename, () => statementOf(database, sql, filename))
      statements.set(sql, statement)
      return statement
    },
  }
}

/**
 * Kysely's `begin` would take the write lock at the first write, which fails at once if another process wrote in between.
 * `begin immediate` takes the lock at the start and can be retried.
 */
function statementOf(database: BetterSqlite3.Database, sql: string, filename: string): SqliteStatement {
  const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql)
  return {
    reader: statement.reader,
    all: (parameters) => namingErrors(filename, () => statement.all(parameters)),
    run: (parameters) => namingErrors(filename, () => statement.run(parameters)),
    iterate: (parameters) => namingErrors(filename, () => statement.iterate(parameters)),
  }
}

function namingErrors<T>(filename: string, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw namedError(filename, error)
  }
}
