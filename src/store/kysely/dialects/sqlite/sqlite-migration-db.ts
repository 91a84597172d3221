/** Opens an SQLite file for its schema alone. */

import { existsSync } from 'node:fs'
import { Kysely } from 'kysely'
import { openSqlite } from './sqlite-connection.ts'
import { SqliteFileDialect } from './sqlite-file-dialect.ts'
import { sqlitePath } from './sqlite-path.ts'

/** Who comes while another migrates waits for it, however long its steps take. */
const BUSY_TIMEOUT_MS = 600_000

/** With `changes` false nothing is written, and a file that is not there is as good as an empty one. */
export function openSqliteForMigration(filename: string, changes: boolean): Kysely<unknown> {
  const path = sqlitePath(filename)
  const file = changes || existsSync(path) ? path : ':memory:'
  const purpose = changes || file !== path ? 'schema' : 'reading'
  // No request waits here, so that the wait may stop the thread.
  const database = () => openSqlite({ filename: file, busyTimeoutMs: BUSY_TIMEOUT_MS, purpose })
  return new Kysely({ dialect: new SqliteFileDialect({ database }, file) })
}
