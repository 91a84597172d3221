/** The plugin's tables on a Kysely instance, in a schema or with a prefix. */

import type { Kysely } from 'kysely'
import { InvalidOption } from '../../../errors.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { onCheckedConnections } from '../dialects/mysql/host-connections.ts'
import { mysqlTraits } from '../dialects/mysql/mysql-traits.ts'
import { postgresTraits } from '../dialects/postgres/postgres-traits.ts'
import { sqliteTraits } from '../dialects/sqlite/sqlite-traits.ts'
import type { ApiTokenDatabase } from './database.ts'
import { TablePrefixPlugin } from './table-prefix.ts'

/** `mysql` includes MariaDB, `postgres` includes PGlite. */
export type KyselyStoreDialect = 'postgres' | 'mysql' | 'sqlite'

/** The place of the tables in a database. */
export interface TablePlace {
  /** A schema of PostgreSQL, which must exist. */
  readonly schema?: string | undefined
  readonly tablePrefix?: string | undefined
}

const TRAITS: Readonly<Record<KyselyStoreDialect, DialectTraits>> = {
  postgres: postgresTraits,
  mysql: mysqlTraits,
  sqlite: sqliteTraits,
}

export function traitsOf(dialect: KyselyStoreDialect): DialectTraits {
  if (!Object.hasOwn(TRAITS, dialect)) {
    throw new InvalidOption(`store: dialect must be one of ${Object.keys(TRAITS).join(', ')}`)
  }
  return TRAITS[dialect]
}

export function ownTables<Database>(
  db: Kysely<Database>,
  dialect: KyselyStoreDialect,
  { schema, tablePrefix }: TablePlace,
): Kysely<ApiTokenDatabase> {
  if (schema !== undefined && dialect !== 'postgres') {
    throw new InvalidOption('store: schema is for PostgreSQL, use tablePrefix')
  }
  // The plugin uses only its own tables.
  const all = db as unknown as Kysely<ApiTokenDatabase>
  const own = dialect === 'mysql' ? onCheckedConnections(all) : all
  const prefixed = tablePrefix === undefined ? own : own.withPlugin(new TablePrefixPlugin(tablePrefix))
  return schema === undefined ? prefixed : prefixed.withSchema(schema)
}
