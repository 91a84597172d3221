/** Opens an SQLite file for migrations. */

import { existsSync } from 'node:fs'
import { Kysely } from 'kysely'
import { openSqlite } from './sqlite-connection.ts'
import { SqliteFileDialect } from './sqlite-file-dialect.ts'
import { sqlitePath } from './sqlite-path.ts'

/** Concurrent migrations wait for each other. */
const BUSY_TIMEOUT_MS = 600_000

/** With `changes: false` nothing is written, and a missing file counts as empty. */
export function openSqliteForMigration(filename: string, changes: boolean): Kysely<unknown> {
  const path = sqlitePath(filename)
  const file = changes || existsSync(path) ? path : ':memory:'
  const purpose = changes || file !== path ? 'schema' : 'reading'
  // No requests are served here, so the wait may block the thread.
  const database = () => openSqlite({ filename: file, busyTimeoutMs: BUSY_TIMEOUT_MS, purpose })
  return new Kysely({ dialect: new SqliteFileDialect({ database }, file) })
}
