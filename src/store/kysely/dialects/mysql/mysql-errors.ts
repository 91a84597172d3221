/** Classifies the error numbers of MySQL and MariaDB. */

import { errorMember } from '../error-code.ts'

/**
 * Classes of SQLSTATE for which a retry does not help: cardinality, data, constraints, credentials, catalogs, and syntax
 * or privileges.
 */
const PERMANENT_CLASSES = ['21', '22', '23', '28', '3D', '42']

/** Numbers of the general class `HY000` for which a retry does not help either. */
const PERMANENT = new Set([
  1105, // unknown error, with which a parser gives up
  1153, // a packet larger than max_allowed_packet
  1175, // sql_safe_updates
  1193, // unknown system variable
  1267, // mix of collations
  1270,
  1271,
  1273, // unknown collation
  1286, // unknown storage engine
  1300, // invalid text for a charset
  1364, // no default value
  1366, // incorrect value
  1665, // binlog_format STATEMENT with READ COMMITTED
])

/** Exceptions within these classes: connection and statement limits, and a duplicate random key, which a retry replaces. */
const TRANSIENT = new Set([1062, 1203, 1226, 1461, 1586])

/** An error without an error number, such as that of a lost connection, counts as an outage. */
export function isPermanentInMysql(error: unknown): boolean {
  const number = Number(errorMember(error, 'errno'))
  if (TRANSIENT.has(number)) return false
  return PERMANENT.has(number) || PERMANENT_CLASSES.includes(stateOf(error).slice(0, 2))
}

function stateOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return 'sqlState' in error ? String(error.sqlState) : stateOf(error.cause)
}
