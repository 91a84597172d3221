/** Classifies the SQLSTATE codes of PostgreSQL. https://www.postgresql.org/docs/current/errcodes-appendix.html */

import { errorMember } from '../error-code.ts'

const FEATURE_NOT_SUPPORTED = '0A000'
const INVALID_STATEMENT_NAME = '26000'
const DUPLICATE_STATEMENT = '42P05'
const SERIALIZATION_FAILURE = '40001'
const DEADLOCK = '40P01'
const UNDEFINED_TABLE = '42P01'
const UNDEFINED_SCHEMA = '3F000'

/** A code of PostgreSQL, not one of Node.js such as EPIPE. */
const SQLSTATE = /^(?!E)[0-9A-Z]{5}$/
/** The connection was terminated or timed out, or the session is read-only. */
const ENDED = /^(08|57P|25006|25P03|25P04)/

/** The table was altered after the connection had prepared the statement: "cached plan must not change result type". */
export function isStalePlan(error: unknown): boolean {
  // Recognized by the function that reports it, because the message is localized.
  return codeOf(error) === FEATURE_NOT_SUPPORTED && errorMember(error, 'routine') === 'RevalidateCachedQuery'
}

/** The server does not have the statement that this connection prepared: because of a pooler, or DEALLOCATE. */
export function isLostStatement(error: unknown): boolean {
  return [INVALID_STATEMENT_NAME, DUPLICATE_STATEMENT].includes(codeOf(error))
}

/**
 * Whether the connection cannot be used after the error: it has ended, it is still busy with a statement that timed out,
 * its server became a standby, or its prepared statements are gone.
 */
export function endsConnection(error: unknown): boolean {
  const code = codeOf(error)
  // Without a code of PostgreSQL the error is of the socket or of `pg`, such as its timeout.
  return !SQLSTATE.test(code) || ENDED.test(code) || isStalePlan(error) || isLostStatement(error)
}

/** Whether the transaction may succeed when it is retried. */
export function isRetryable(error: unknown): boolean {
  return (
    [SERIALIZATION_FAILURE, DEADLOCK].includes(codeOf(error)) || isStalePlan(error) || isLostStatement(error)
  )
}

/**
 * Classes of codes for which a retry does not help: wrong statements, names, privileges, passwords and settings, and full
 * disks. A unique violation is not one of them, because the next request uses another key.
 */
const PERMANENT =
  /^(0A|0P|21|22|23(?!505)|25(?!P0[34])|26|28|2B|3D|3F|42|44|53100|54|55(?!006|P03)|58|F0|HV|P0|XX)/

/** An error without such a code, such as that of a closed connection, counts as an outage. */
export function isPermanentInPostgres(error: unknown): boolean {
  const code = codeOf(error)
  return SQLSTATE.test(code) && PERMANENT.test(code)
}

export function isMissingTable(error: unknown): boolean {
  return [UNDEFINED_TABLE, UNDEFINED_SCHEMA].includes(codeOf(error))
}

function codeOf(error: unknown): string {
  return String(errorMember(error, 'code'))
}
