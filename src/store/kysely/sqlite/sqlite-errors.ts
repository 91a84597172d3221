/** What the error codes of SQLite mean for a store. */

import { errorMember } from '../error-code.ts'

/**
 * The result codes of SQLite that waiting corrects (https://sqlite.org/rescode.html): a lock of another connection,
 * memory that is short for the moment, and a random key that exists, since the next request makes another. Any other
 * result code names a fault: of the disk, the file, its permissions or the schema.
 */
const TRANSIENT =
  /^SQLITE_(BUSY|LOCKED|PROTOCOL|INTERRUPT|ABORT|NOMEM|IOERR_NOMEM|IOERR_BLOCKED|CONSTRAINT_PRIMARYKEY|CONSTRAINT_UNIQUE)(_|$)/

/** An error without a result code of SQLite, such as that of a closed connection, says nothing of the file. */
export function isPermanentInSqlite(error: unknown): boolean {
  const code = String(errorMember(error, 'code'))
  return code.startsWith('SQLITE_') && !TRANSIENT.test(code)
}
