/** What the result codes of SQLite mean for a store, and errors that name the file and its fault. */

import { errorMember } from '../error-code.ts'

/**
 * The result codes of SQLite that waiting corrects (https://sqlite.org/rescode.html): a lock of another connection,
 * memory that is short for the moment, and a random key that exists, since the next request makes another. Any other
 * result code names a fault: of the disk, the file, its permissions or the schema.
 */
const TRANSIENT =
  /^SQLITE_(BUSY|LOCKED|PROTOCOL|INTERRUPT|ABORT|NOMEM|IOERR_NOMEM|IOERR_BLOCKED|CONSTRAINT_PRIMARYKEY|CONSTRAINT_UNIQUE)(_|$)/

const LOCKED = /^SQLITE_(BUSY|LOCKED|PROTOCOL)(_|$)/

const CHECK = 'check owner and mode of the file, of the files -wal and -shm beside it, and of its folder'

/** What an operator can correct, by the first code that the result code begins with. */
const FAULTS: readonly (readonly [code: string, fault: string])[] = [
  ['SQLITE_FULL', 'the disk is full'],
  ['SQLITE_CORRUPT', 'it is corrupt'],
  ['SQLITE_NOTADB', 'it is not an SQLite database, or is encrypted'],
  ['SQLITE_READONLY_DBMOVED', 'it was moved or deleted while it was open'],
  ['SQLITE_READONLY', `this process may not write it: ${CHECK}`],
  ['SQLITE_CANTOPEN', `this process may not open it: ${CHECK}`],
  ['SQLITE_IOERR', 'the disk is full or reports an error'],
  ['SQLITE_BUSY', 'another connection has locked it'],
  ['SQLITE_LOCKED', 'another connection has locked it'],
  ['SQLITE_PROTOCOL', 'another connection has locked it'],
]

/** An error without a result code of SQLite, such as that of a closed connection, says nothing of the file. */
export function isPermanentInSqlite(error: unknown): boolean {
  const code = codeOf(error)
  return code.startsWith('SQLITE_') && !TRANSIENT.test(code)
}

/** Whether another connection has a lock that the statement needs: nothing was written. */
export function isLocked(error: unknown): boolean {
  return LOCKED.test(codeOf(error))
}

/** The error of SQLite with the absolute path of the file and its fault; any other error as it is. */
export function namedError(path: string, cause: unknown): unknown {
  const fault = faultOf(cause)
  if (fault === undefined) return cause
  return Object.assign(new Error(`the SQLite file ${path} failed: ${fault}`, { cause }), {
    code: codeOf(cause),
  })
}

/** What is wrong with the file, in plain words; `undefined` when the error is none of SQLite's. */
export function faultOf(error: unknown): string | undefined {
  const code = codeOf(error)
  if (!code.startsWith('SQLITE_')) return undefined
  const [, fault] = FAULTS.find(([known]) => code.startsWith(known)) ?? []
  return fault ?? (error instanceof Error ? error.message : code)
}

function codeOf(error: unknown): string {
  return String(errorMember(error, 'code'))
}
