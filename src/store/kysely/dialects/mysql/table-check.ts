/** Checks at boot that the tables in MySQL or MariaDB have the engine and collation of the migrations. */

import { sql } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import type { StoreDb } from '../dialect-traits.ts'

const TABLES: readonly (keyof ApiTokenDatabase)[] = [
  'api_tokens',
  'api_token_owners',
  'api_token_usage',
  'api_token_devices',
  'api_token_leases',
]
/** Collations that compare texts by bytes, including trailing spaces. */
const BY_BYTES = ['utf8mb4_nopad_bin', 'utf8mb4_0900_bin']
const HISTORY = 'api_tokens_migration'

/** @throws `FST_API_TOKENS_INVALID_OPTION` with every fault. */
export async function requireTables(storeDb: StoreDb): Promise<void> {
  const faults = [...(await engineFaults(storeDb)), ...(await collationFaults(storeDb))]
  if (!(await countsFoundRows(storeDb))) faults.push('its driver is set to flags without FOUND_ROWS')
  if (faults.length > 0) throw new InvalidOption(`store: MySQL cannot be used: ${faults.join('; ')}`)
}

/** Other engines do not support transactions. */
async function engineFaults({ db }: StoreDb): Promise<string[]> {
  const { rows } = await sql<{ found: string; engine: string; format: string }>`
    select table_name as found, engine as engine, row_format as format from information_schema.tables
    where table_schema = database() and table_name in (${names({ db })})
    order by table_name`.execute(db)
  return rows.flatMap(({ found, engine, format }) => {
    if (engine !== 'InnoDB') return [`table ${found} has the engine ${engine}, and must have InnoDB`]
    return ['Dynamic', 'Compressed'].includes(format) ? [] : [`table ${found} has the row format ${format}`]
  })
}

async function collationFaults({ db }: StoreDb): Promise<string[]> {
  const { rows } = await sql<{ found: string; named: string; collation: string; type: unknown }>`
    select table_name as found, column_name as named, collation_name as collation, column_type as type
    from information_schema.columns
    where table_schema = database() and table_name in (${names({ db })}) and collation_name is not null
    order by table_name, column_name`.execute(db)
  // `column_type` is a long text like the scopes; a statement without a table cannot return one.
  if (rows.some(({ type }) => typeof type !== 'string')) return ['its driver (typeCast) changes texts']
  return rows
    .filter(({ collation }) => !BY_BYTES.includes(collation))
    .map(({ found, named, collation }) => `column ${found}.${named} has the collation ${collation}`)
}

/** The names of the tables with the host's prefix, which Kysely adds when it compiles a statement. */
function names({ db }: Pick<StoreDb, 'db'>) {
  return sql.join(
    TABLES.map((table) => {
      const [, name = table] = /from `(\w+)`/.exec(db.selectFrom(table).selectAll().compile().sql) ?? []
      return sql.val(name)
    }),
  )
}

/** Whether an UPDATE that changes nothing counts the row that it found. */
async function countsFoundRows({ db }: StoreDb): Promise<boolean> {
  const row = await db.selectFrom(HISTORY).select('name').limit(1).executeTakeFirstOrThrow()
  const { numUpdatedRows } = await db
    .updateTable(HISTORY)
    .set((eb) => ({ name: eb.ref('name') }))
    .where('name', '=', row.name)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}
