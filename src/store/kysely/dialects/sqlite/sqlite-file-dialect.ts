/** SQLite for Kysely, with migrations that happen whole or not at all, and once however many processes start. */

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
  /** SQLite rolls DDL back like any other statement; without this Kysely would migrate outside of a transaction. */
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
