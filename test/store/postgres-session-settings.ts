/** Session settings of PostgreSQL: those that the store allows, and those that it refuses. */

/** Settings that may have any value. */
export const RIGHT: Readonly<Record<string, string>> = {
  TimeZone: 'Asia/Kathmandu',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  transform_null_equals: 'on',
  statement_timeout: '4s',
  lock_timeout: '3s',
  idle_in_transaction_session_timeout: '10s',
  synchronous_commit: 'off',
  lc_messages: 'C',
}

/** Settings that are refused, and how the error names them. */
export const REFUSED: Readonly<Record<string, readonly [value: string, error: RegExp]>> = {
  default_transaction_read_only: [
    'on',
    /store: the session is read-only: default_transaction_read_only must/,
  ],
  standard_conforming_strings: ['off', /store: standard_conforming_strings must be on/],
  client_encoding: ['LATIN1', /store: client_encoding must be UTF8, which pg expects, and is LATIN1/],
}

/** The address with these settings for each of its sessions, in the schema of this name. */
export function withSettings(
  address: string,
  schema: string,
  settings: Readonly<Record<string, string>>,
): string {
  const all = Object.entries({ search_path: schema, ...settings })
  const options = all.map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' ')
  const url = new URL(address)
  url.search = ''
  return `${url.href}?options=${encodeURIComponent(options)}`
}
