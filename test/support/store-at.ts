/** The store of a database, as a host would open it. */

import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import type { SqlDatabase } from './sql-databases.ts'

export function storeAt({ name, address }: Pick<SqlDatabase, 'name' | 'address'>): TokenStore {
  switch (name) {
    case 'SQLite':
      return sqliteTokenStore({ filename: address.replace('sqlite:', ''), migrate: true })
    case 'PostgreSQL':
      return postgresTokenStore({ connectionString: address, migrate: true })
    case 'MariaDB':
      return mysqlTokenStore({ connectionString: address, migrate: true })
    default:
      return name satisfies never
  }
}
