/**
 * A better-sqlite3 connection as Kysely's driver takes it, that keeps its prepared statements: preparing one again
 * costs more than most queries do.
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
  /** How long a statement waits within the thread for another connection's lock, in milliseconds. Default 0. */
  readonly busyTimeoutMs?: number
  /** How long opening waits for another connection's lock, in milliseconds, while the event loop turns. Default 0. */
  readonly lockTimeoutMs?: number
  /**
   * `tokens` keeps tokens in it; `schema` changes its schema and leaves its journal as it is, since the file may be a
   * host's own; `reading` writes nothing, not even the file. Default `tokens`.
   */
  readonly purpose?: 'tokens' | 'schema' | 'reading'
}

/** Statements differ by the shape of a page's filter and by how much is pruned at once, so few are ever kept. */
const MAX_STATEMENTS = 128

const PAUSE_MS = 10

/**
 * Opens the file in WAL mode, with every commit synced to the disk: a revoke that was answered survives a power
 * cut.
 *
 * @throws {InvalidOption} That names the file and why it cannot be opened, or the package when it is not installed.
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

/** SQLite says which mode it has instead, where the file system lacks what WAL needs. */
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

/** better-sqlite3 loads a native file of its package with the first database: in a bundle this fails in several ways. */
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
 * Kysely begins its transactions with a plain `begin`, which takes the write lock only at the first write and
 * then fails at once if another process wrote meanwhile. Taken at the start, the lock is waited for.
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
