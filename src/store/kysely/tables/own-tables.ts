/** The plugin's tables on somebody's Kysely instance: in a schema, or under a prefix, of the host's choice. */

import type { Kysely } from 'kysely'
import { InvalidOption } from '../../../errors.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { onCheckedConnections } from '../dialects/mysql/host-connections.ts'
import { mysqlTraits } from '../dialects/mysql/mysql-traits.ts'
import { postgresTraits } from '../dialects/postgres/postgres-traits.ts'
import { sqliteTraits } from '../dialects/sqlite/sqlite-traits.ts'
import type { ApiTokenDatabase } from './database.ts'
import { TablePrefixPlugin } from './table-prefix.ts'

/** `mysql` is MariaDB too, `postgres` is PGlite too. */
export type KyselyStoreDialect = 'postgres' | 'mysql' | 'sqlite'

/** Where in a database the tables are. */
export interface TablePlace {
  /** A schema of PostgreSQL, which is there. */
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
  // The tables are ours, whatever else the host's instance knows.
  const all = db as unknown as Kysely<ApiTokenDatabase>
  const own = dialect === 'mysql' ? onCheckedConnections(all) : all
  const prefixed = tablePrefix === undefined ? own : own.withPlugin(new TablePrefixPlugin(tablePrefix))
  return schema === undefined ? prefixed : prefixed.withSchema(schema)
}
