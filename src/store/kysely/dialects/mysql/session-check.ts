/** Checks one connection to MySQL or MariaDB for what the statements rely on: its session, and how its driver reads. */

import { InvalidOption } from '../../../../errors.ts'
import { isRecord } from '../../../../option-values.ts'
import {
  READ_VARIABLES,
  readOnlyVariable,
  ruleFaults,
  type SessionVariables,
  sessionFaults,
} from './session-rules.ts'

/** Runs a statement on the connection. What comes back is the driver's, and may have any shape. */
export type RunOnConnection = (sql: string, parameters: readonly unknown[]) => Promise<unknown>

/** One letter that becomes another in a charset of one byte, and one that needs four bytes in UTF-8. */
const PROBE = 'š𝄞'
const PROBE_BYTES = 'C5A1F09D849E'

/**
 * A literal of each kind that the statements read, and whether `SET timestamp` has stopped the clock; with the two
 * settings without which the variables cannot be read.
 */
const PROBES = `select ? as probe_text, hex(?) as probe_bytes,
  timestampdiff(microsecond, timestamp'1970-01-01 00:00:00', cast(null as datetime(3))) div 1000 as probe_null,
  timestampdiff(microsecond, timestamp'1970-01-01 00:00:00', timestamp'2100-01-01 00:00:00') div 1000 as probe_count,
  abs(timestampdiff(second, now(), sysdate())) > 5 as probe_stopped,
  cast(@@sql_select_limit as char) as sql_select_limit, if(@@sql_big_selects, 'ON', 'OFF') as sql_big_selects
  limit 1`
const VARIABLES = `show session variables
  where variable_name in (${READ_VARIABLES.map((name) => `'${name}'`).join(', ')})`

/**
 * Throws unless the statements of the store mean on this connection what they say.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` that names every fault of the connection.
 * @throws {Error} When the server is read-only at this moment, as one is that has been a primary before a failover.
 */
export async function requireSession(run: RunOnConnection): Promise<void> {
  const probe = probeOf(await run(PROBES, [PROBE, PROBE]))
  if (probe === undefined) {
    throw wrongConnection(['its driver does not return rows as objects with the names of their columns'])
  }
  refuse(ruleFaults(new Map(LIMITS.map((name) => [name, String(probe[name])]))))
  const session = variablesOf(await run(VARIABLES, []))
  refuse(sessionFaults(session))
  refuse(probeFaults(probe))
  const readOnly = readOnlyVariable(session)
  if (readOnly !== undefined) throw new Error(`the MySQL server takes no writes: ${readOnly} is on`)
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw wrongConnection(faults)
}

/** The error of a connection that must not be used, by its faults. */
export function wrongConnection(faults: readonly string[]): Error {
  return new InvalidOption(`store: a connection to MySQL cannot be used: ${faults.join('; ')}`)
}

function variablesOf(rows: unknown): SessionVariables {
  const pairs = Array.isArray(rows) ? rows : []
  return new Map(
    pairs.flatMap((row: unknown): [string, string][] => {
      // Texts are bytes where the charset is `binary`.
      return isRecord(row) ? [[String(row['Variable_name']), String(row['Value'])]] : []
    }),
  )
}

const LIMITS = ['sql_select_limit', 'sql_big_selects'] as const

type Probe = Readonly<
  Record<
    'probe_text' | 'probe_bytes' | 'probe_null' | 'probe_count' | 'probe_stopped' | (typeof LIMITS)[number],
    unknown
  >
>

/** The one row, if the driver makes an object of it. */
function probeOf(rows: unknown): Probe | undefined {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  // What the statement selects.
  return isRecord(row) && 'probe_text' in row ? (row as Probe) : undefined
}

function probeFaults(probe: Probe): string[] {
  const faults: string[] = []
  if (probe.probe_bytes !== PROBE_BYTES || probe.probe_text !== PROBE)
    faults.push('its charset is not utf8mb4 at both ends, or its driver changes texts')
  if (probe.probe_null !== null) faults.push('its driver (typeCast) makes something of NULL')
  if (Number(probe.probe_count) !== Date.UTC(2100, 0, 1))
    faults.push('its driver (typeCast) changes whole numbers')
  if (Number(probe.probe_stopped) !== 0) faults.push('its clock is stopped by SET timestamp')
  return faults
}
