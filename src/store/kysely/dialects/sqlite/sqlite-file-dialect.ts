/** SQLite for Kysely, with transactional migrations, and with turns between the connections of this process. */

import { type Driver, SqliteAdapter, SqliteDialect, type SqliteDialectConfig } from 'kysely'
import { SqliteTurnsDriver } from './sqlite-turns.ts'

export class SqliteFileDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig
  readonly #filename: string

  constructor(config: SqliteDialectConfig, filename: string) {
    super(config)
    this.#config = config
    this.#filename = filename
  }

  override createDriver(): Driver {
    return new SqliteTurnsDriver(this.#config, this.#filename)
  }

  override createAdapter(): SqliteAdapter {
    return new SqliteFileAdapter()
  }
}

class SqliteFileAdapter extends SqliteAdapter {
  /** SQLite can roll back DDL. Without this Kysely would migrate outside of a transaction. */
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
