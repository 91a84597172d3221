/** Refuses a PostgreSQL role that lacks privileges on the tables, or that row-level security hides rows from. */

import { type Kysely, sql } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import type { StoreDb } from '../../transactions.ts'

type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'

/** The privileges that the statements need. */
const NEEDED: Readonly<Record<keyof ApiTokenDatabase, readonly Privilege[]>> = {
  api_tokens: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  api_token_owners: ['SELECT', 'INSERT', 'UPDATE'],
  api_token_usage: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  api_token_devices: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  api_token_leases: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  api_tokens_migration: ['SELECT'],
}

interface Needed {
  readonly table: string
  readonly privilege: Privilege
}

/**
 * @throws `FST_API_TOKENS_INVALID_OPTION` that names the role, the privilege and the table.
 */
export async function requireAccess({ db }: StoreDb): Promise<void> {
  const needed = tablesOf(db).flatMap(({ name, privileges }) =>
    privileges.map((privilege): Needed => ({ table: name, privilege })),
  )
  const { rows } = await sql<Needed & { readonly role: string; readonly fault: 'lacks' | 'hidden' }>`
    select current_user::text as role, value ->> 'table' as table, value ->> 'privilege' as privilege,
      case when has_table_privilege(value ->> 'table', value ->> 'privilege') then 'hidden' else 'lacks' end as fault
    from json_array_elements(${JSON.stringify(needed)}::json) as value
    where not has_table_privilege(value ->> 'table', value ->> 'privilege')
      or row_security_active(value ->> 'table')`.execute(db)
  const [first] = rows
  if (first === undefined) return
  const { role, table, privilege, fault } = first
  throw new InvalidOption(
    fault === 'lacks'
      ? `store: the role ${role} lacks the privilege ${privilege} on the table ${table}`
      : `store: row-level security is active for the role ${role} on the table ${table}, and may hide rows`,
  )
}

/** The quoted names of the tables in this database, with schema and prefix. */
function tablesOf(db: Kysely<ApiTokenDatabase>) {
  return Object.entries(NEEDED).map(([table, privileges]) => {
    // The keys of the record are the tables.
    const query = db.selectFrom(table as keyof ApiTokenDatabase).select(sql.lit(1).as('one'))
    const { sql: text } = query.compile()
    return { name: text.replace(/^.* from /, ''), privileges }
  })
}
