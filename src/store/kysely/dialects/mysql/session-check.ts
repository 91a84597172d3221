/** Checks that the session and the driver of a MySQL connection have the settings that the statements rely on. */

import { InvalidOption } from '../../../../errors.ts'
import { isRecord } from '../../../../option-values.ts'
import {
  READ_VARIABLES,
  readOnlyVariable,
  ruleFaults,
  type SessionVariables,
  sessionFaults,
} from './session-rules.ts'

/** Runs a statement on the connection. The shape of the result depends on the driver's settings. */
export type RunOnConnection = (sql: string, parameters: readonly unknown[]) => Promise<unknown>

/** One character that differs between latin1 and UTF-8, and one that needs four bytes in UTF-8. */
const PROBE = 'š𝄞'
const PROBE_BYTES = 'C5A1F09D849E'

/**
 * Reads a value of each type that the statements read, whether `SET timestamp` has stopped the clock, and the two settings
 * that are needed to read the other variables.
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
 * Checks the session of a connection.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` with every fault of the session.
 * @throws {Error} When the server is read-only, such as a former primary after a failover.
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

/** The error of a connection that must not be used. */
export function wrongConnection(faults: readonly string[]): Error {
  return new InvalidOption(`store: a connection to MySQL cannot be used: ${faults.join('; ')}`)
}

function variablesOf(rows: unknown): SessionVariables {
  const pairs = Array.isArray(rows) ? rows : []
  return new Map(
    pairs.flatMap((row: unknown): [string, string][] => {
      // With the charset `binary`, texts are returned as buffers.
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

/** The row, if the driver returns it as an object. */
function probeOf(rows: unknown): Probe | undefined {
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  // The columns that the statement selects.
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
