/** The session variables of MySQL or MariaDB that the statements rely on, with the allowed values. */

/** Session variables by name. Not every server has all of them. */
export type SessionVariables = ReadonlyMap<string, string>

interface Rule {
  readonly variable: string
  /** The allowed value, for the error. */
  readonly right: string
  isRight(value: string): boolean
}

/** The size of a flush of 2,500 uses with their clients, escaped. */
const MIN_PACKET = 4 * 1024 * 1024
/** The default of both servers. With a lower one, names are sorted by their first bytes only, and pages skip rows. */
const MIN_SORT_LENGTH = 1024
/** 2^64 - 1, the default of both servers. */
const NO_LIMIT = '18446744073709551615'

/** Modes that do not change what the statements do. Any other mode is refused. */
const HARMLESS_MODES = new Set([
  'STRICT_TRANS_TABLES',
  'STRICT_ALL_TABLES',
  'TRADITIONAL',
  'ANSI',
  'ANSI_QUOTES',
  'PIPES_AS_CONCAT',
  'IGNORE_SPACE',
  'REAL_AS_FLOAT',
  'ONLY_FULL_GROUP_BY',
  'NO_ENGINE_SUBSTITUTION',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ALLOW_INVALID_DATES',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_AUTO_CREATE_USER',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_DIR_IN_CREATE',
  'NO_UNSIGNED_SUBTRACTION',
  'PAD_CHAR_TO_FULL_LENGTH',
  'SIMULTANEOUS_ASSIGNMENT',
  'TIME_ROUND_FRACTIONAL',
  'TIME_TRUNCATE_FRACTIONAL',
])

const RULES: readonly Rule[] = [
  // mysql2 escapes a text before it encodes it: in another charset a character can become a quote.
  ...['client', 'connection', 'results'].map((part) => equal(`character_set_${part}`, 'utf8mb4')),
  equal('autocommit', 'ON'),
  equal('completion_type', 'NO_CHAIN'),
  equal('sql_safe_updates', 'OFF'),
  equal('sql_select_limit', NO_LIMIT),
  // It disables `max_join_size`.
  equal('sql_big_selects', 'ON'),
  equal('unique_checks', 'ON'),
  ...['tx', 'transaction'].flatMap((prefix) => [
    equal(`${prefix}_read_only`, 'OFF'),
    not(`${prefix}_isolation`, 'READ-UNCOMMITTED'),
  ]),
  // A lower limit would abort each flush.
  unlimitedOr('max_statement_time', 1),
  unlimitedOr('max_execution_time', 1000),
  atLeast('innodb_lock_wait_timeout', 1),
  atLeast('max_sort_length', MIN_SORT_LENGTH),
  atLeast('max_allowed_packet', MIN_PACKET),
  // Galera: with it, a node without the cluster returns stale rows.
  equal('wsrep_dirty_reads', 'OFF'),
]

/** Server variables: with one of them on, the server is a replica, or a primary that was just demoted. */
const READ_ONLY = ['read_only', 'super_read_only', 'innodb_read_only']

/** All variables that are read. */
export const READ_VARIABLES: readonly string[] = [
  ...RULES.map(({ variable }) => variable),
  ...READ_ONLY,
  'sql_mode',
  'binlog_format',
  'log_bin',
  'version',
]

/** The wrong settings of the session. A retry does not help. */
export function sessionFaults(session: SessionVariables): string[] {
  return [...ruleFaults(session), ...modeFaults(session), ...binlogFaults(session), ...versionFaults(session)]
}

/** The wrong settings among the variables with a rule. */
export function ruleFaults(session: SessionVariables): string[] {
  return RULES.flatMap(({ variable, right, isRight }) => {
    const value = session.get(variable)
    return value === undefined || isRight(value) ? [] : [`${variable} is ${value}, and must be ${right}`]
  })
}

/** The variable that makes the server read-only, if any. */
export function readOnlyVariable(session: SessionVariables): string | undefined {
  return READ_ONLY.find((variable) => !['OFF', '0', undefined].includes(session.get(variable)))
}

function modeFaults(session: SessionVariables): string[] {
  const mode = session.get('sql_mode')
  if (mode === undefined) return ['its variables cannot be read']
  const modes = mode.split(',').filter((name) => name !== '')
  const faults = modes
    .filter((name) => !HARMLESS_MODES.has(name))
    .map((name) => `sql_mode has ${name}, and must not`)
  // Without it a text that is too long is cut, and two user ids could become equal.
  if (modes.some((name) => name.startsWith('STRICT_'))) return faults
  return [...faults, 'sql_mode lacks STRICT_TRANS_TABLES']
}

/** Transactions run at READ COMMITTED, which statement-based replication does not support. */
function binlogFaults(session: SessionVariables): string[] {
  const isRight = session.get('log_bin') !== 'ON' || session.get('binlog_format') !== 'STATEMENT'
  return isRight ? [] : ['binlog_format is STATEMENT, and must be MIXED or ROW']
}

/** The store needs JSON_TABLE and SKIP LOCKED. */
function versionFaults(session: SessionVariables): string[] {
  const version = session.get('version') ?? ''
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? []
  const number = Number(major) * 1000 + Number(minor)
  const isRight = number >= (/mariadb/i.test(version) ? 10_006 : 8_000)
  return isRight ? [] : [`version is ${version}, and must be MySQL 8 or MariaDB 10.6 at least`]
}

function equal(variable: string, right: string): Rule {
  return { variable, right, isRight: (value) => value === right }
}

function not(variable: string, wrong: string): Rule {
  return { variable, right: `anything but ${wrong}`, isRight: (value) => value !== wrong }
}

function atLeast(variable: string, least: number): Rule {
  return { variable, right: `at least ${least}`, isRight: (value) => Number(value) >= least }
}

function unlimitedOr(variable: string, least: number): Rule {
  const isRight = (value: string) => Number(value) === 0 || Number(value) >= least
  return { variable, right: `0 or at least ${least}`, isRight }
}
