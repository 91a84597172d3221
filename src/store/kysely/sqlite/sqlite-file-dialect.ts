/** SQLite for Kysely, with migrations that happen whole or not at all, and once however many processes start. */

import { SqliteAdapter, SqliteDialect } from 'kysely'

export class SqliteFileDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new SqliteFileAdapter()
  }
}

class SqliteFileAdapter extends SqliteAdapter {
  /** SQLite rolls DDL back like any other statement; without this Kysely would migrate outside of a transaction. */
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
