/**
 * A better-sqlite3 connection as Kysely's driver takes it, that keeps its prepared statements: preparing anew
 * costs more than most queries do.
 */

import type BetterSqlite3 from 'better-sqlite3'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { InvalidOption } from '../../../errors.ts'
import { requireNodeFor } from '../../../node-version.ts'

export interface SqliteFile {
  readonly filename: string
  /** How long a statement waits for another process's write, in milliseconds. */
  readonly busyTimeoutMs: number
  /**
   * `tokens` keeps tokens in it; `schema` changes its schema and leaves its journal as it is, since the file may be a
   * host's own; `reading` writes nothing, not even the file. Default `tokens`.
   */
  readonly purpose?: 'tokens' | 'schema' | 'reading'
}

/** Statements differ by the shape of a page's filter and by how much is pruned at once, so few are ever kept. */
const MAX_STATEMENTS = 128

/**
 * Opens the file in WAL mode, with every commit synced to the disk: a revoke that was answered survives a power
 * cut.
 */
export async function openSqlite(file: SqliteFile): Promise<SqliteDatabase> {
  requireNodeFor('better-sqlite3')
  const { default: Database } = await import('better-sqlite3')
  const { filename, busyTimeoutMs, purpose = 'tokens' } = file
  const options = { timeout: busyTimeoutMs, readonly: purpose === 'reading' }
  return keepStatements(openFile(() => new Database(filename, options), file))
}

function openFile(
  open: () => BetterSqlite3.Database,
  { filename, purpose = 'tokens' }: SqliteFile,
): BetterSqlite3.Database {
  try {
    const database = open()
    if (purpose === 'tokens') database.pragma('journal_mode = WAL')
    if (purpose !== 'reading') database.pragma('synchronous = FULL')
    return database
  } catch (cause) {
    throw new InvalidOption(`store: the SQLite file ${filename} cannot be opened`, { cause })
  }
}

function keepStatements(database: BetterSqlite3.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => {
      database.close()
    },
    prepare: (sql) => {
      const kept = statements.get(sql)
      if (kept !== undefined) return kept
      if (statements.size >= MAX_STATEMENTS) statements.clear()
      const statement = statementOf(database, sql)
      statements.set(sql, statement)
      return statement
    },
  }
}

/**
 * Kysely begins its transactions with a plain `begin`, which takes the write lock only at the first write and
 * then fails at once if another process wrote meanwhile. Taken at the start, the lock is waited for.
 */
function statementOf(database: BetterSqlite3.Database, sql: string): SqliteStatement {
  return database.prepare(sql === 'begin' ? 'begin immediate' : sql)
}
