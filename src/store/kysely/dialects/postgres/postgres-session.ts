/** Checks each connection to PostgreSQL for the settings that the statements rely on. */

import { InvalidOption } from '../../../../errors.ts'

/** Selects texts only, because a host may have changed how the driver reads other types. */
export const SESSION_QUERY = `select
  current_setting('server_encoding') as server_encoding,
  current_setting('client_encoding') as client_encoding,
  current_setting('standard_conforming_strings') as standard_conforming_strings,
  current_setting('transaction_read_only') as transaction_read_only,
  pg_is_in_recovery()::text as in_recovery,
  (select n.nspname::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass('api_tokens')) as tables_in`

export interface SessionRow {
  readonly server_encoding: string
  readonly client_encoding: string
  readonly standard_conforming_strings: string
  readonly transaction_read_only: string
  readonly in_recovery: string
  /** The schema in which an unqualified name finds the tables; `null` without the tables. */
  readonly tables_in: string | null
}

/**
 * @throws `FST_API_TOKENS_INVALID_OPTION` that names the setting.
 */
export function requireSession(row: SessionRow): void {
  const fault = faultOf(row)
  if (fault !== undefined) throw new InvalidOption(`store: ${fault}`)
}

/** Checks a connection before its first use. */
export type ConnectionCheck = (
  client: object,
  query: (text: string) => Promise<{ readonly rows: unknown[] }>,
) => Promise<void>

/**
 * Checks each connection of a store once. All must find the tables in the schema of the first connection, because the
 * statements do not name a schema.
 */
export function connectionCheck(): ConnectionCheck {
  const checked = new WeakSet<object>()
  let tablesIn: string | null = null
  return async (client, query) => {
    if (checked.has(client)) return
    if ('binary' in client && client.binary === true) {
      throw new InvalidOption(
        'store: the option binary of pg must be off, since pg reads binary numbers wrong',
      )
    }
    const { rows } = await query(SESSION_QUERY)
    // The columns that the query selects.
    const row = rows[0] as SessionRow
    requireSession(row)
    tablesIn ??= row.tables_in
    if (row.tables_in !== null && row.tables_in !== tablesIn) {
      throw new InvalidOption(
        `store: the search_path differs between connections: schema ${tablesIn} has the tables of one, ${row.tables_in} those of another`,
      )
    }
    checked.add(client)
  }
}

function faultOf(row: SessionRow): string | undefined {
  if (row.server_encoding !== 'UTF8')
    return `the database must have the server_encoding UTF8, and has ${row.server_encoding}`
  if (row.client_encoding !== 'UTF8')
    return `client_encoding must be UTF8, which pg expects, and is ${row.client_encoding}`
  if (row.standard_conforming_strings !== 'on') return 'standard_conforming_strings must be on'
  if (row.in_recovery === 'true') return 'the PostgreSQL server is a hot standby, which is read-only'
  if (row.transaction_read_only === 'on')
    return 'the session is read-only: default_transaction_read_only must be off'
  return undefined
}
