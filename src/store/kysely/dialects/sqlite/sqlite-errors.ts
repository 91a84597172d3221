/** Classifies the result codes of SQLite, and makes errors that name the file and its fault. */

import { errorMember } from '../error-code.ts'

/**
 * The result codes of SQLite for which a retry helps (https://sqlite.org/rescode.html): locks, low memory, and a duplicate
 * random key, which the next request replaces. Any other code means a fault of the disk, the file, its permissions or the
 * schema.
 */
const TRANSIENT =
  /^SQLITE_(BUSY|LOCKED|PROTOCOL|INTERRUPT|ABORT|NOMEM|IOERR_NOMEM|IOERR_BLOCKED|CONSTRAINT_PRIMARYKEY|CONSTRAINT_UNIQUE)(_|$)/

const LOCKED = /^SQLITE_(BUSY|LOCKED|PROTOCOL)(_|$)/

const CHECK = 'check owner and mode of the file, of the files -wal and -shm beside it, and of its folder'

/** The fault for the operator. The first code that the result code begins with applies. */
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

/** An error without a result code, such as that of a closed connection, counts as an outage. */
export function isPermanentInSqlite(error: unknown): boolean {
  const code = codeOf(error)
  return code.startsWith('SQLITE_') && !TRANSIENT.test(code)
}

/** Whether another connection holds a lock that the statement needs. Nothing was written. */
export function isLocked(error: unknown): boolean {
  return LOCKED.test(codeOf(error))
}

/** Adds the path of the file and its fault to an error of SQLite. Other errors are returned unchanged. */
export function namedError(path: string, cause: unknown): unknown {
  const fault = faultOf(cause)
  if (fault === undefined) return cause
  return Object.assign(new Error(`the SQLite file ${path} failed: ${fault}`, { cause }), {
    code: codeOf(cause),
  })
}

/** Describes the fault of the file; `undefined` for an error that is not SQLite's. */
export function faultOf(error: unknown): string | undefined {
  const code = codeOf(error)
  if (!code.startsWith('SQLITE_')) return undefined
  const [, fault] = FAULTS.find(([known]) => code.startsWith(known)) ?? []
  return fault ?? (error instanceof Error ? error.message : code)
}

function codeOf(error: unknown): string {
  return String(errorMember(error, 'code'))
}
