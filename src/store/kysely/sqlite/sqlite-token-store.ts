/** Keeps tokens in an SQLite file beside the host: the default. */

import { Kysely, type SqliteDatabase } from 'kysely'
import { flag, optionsOf, text } from '../../../option-values.ts'
import { addressOfFile } from '../../store-address.ts'
import type { TokenStore } from '../../token-store.ts'
import type { ApiTokenDatabase } from '../database.ts'
import { KyselyTokenStore } from '../kysely-token-store.ts'
import { migrateCommandFor } from '../schema/migrate-command-line.ts'
import { Schema } from '../schema/schema.ts'
import { openSqlite } from './sqlite-connection.ts'
import { SqliteFileDialect } from './sqlite-file-dialect.ts'
import { sqliteTraits } from './sqlite-traits.ts'
import { turnsOf } from './sqlite-turns.ts'

export interface SqliteTokenStoreOptions {
  /** The database file; made when it is not there. Several processes of one machine may share it. */
  readonly filename: string
  /** Whether the schema is brought up to date at start. Default `true`. */
  readonly migrate?: boolean
}

const BUSY_TIMEOUT_MS = 2_000

/**
 * Makes a store in an SQLite file. The file is opened at boot, not here.
 *
 * @throws At boot, when the file cannot be opened, or with `migrate: false` when its schema is not this version's.
 * @example await app.register(apiTokens, { store: sqliteTokenStore({ filename: 'data/api-tokens.db' }), authenticateUser })
 */
export function sqliteTokenStore(options: SqliteTokenStoreOptions): TokenStore {
  const { filename, migrate = true } = optionsOf('sqliteTokenStore', options, ['filename', 'migrate'])
  text(filename, 'sqliteTokenStore: filename')
  flag(migrate, 'sqliteTokenStore: migrate')
  const turns = turnsOf(filename)
  let database: SqliteDatabase | undefined
  const open = async () => {
    database = await openSqlite({ filename, busyTimeoutMs: BUSY_TIMEOUT_MS })
    return database
  }
  const dialect = new SqliteFileDialect({ database: open }, filename)
  const db = new Kysely<ApiTokenDatabase>({ dialect })
  const connection = { db, traits: sqliteTraits }
  return new SqliteTokenStore({
    connection,
    schema: new Schema(connection, { command: migrateCommandFor(addressOfFile(filename)) }),
    shared: false,
    migrate,
    close: () => db.destroy(),
    // Kysely's way there and back costs as much as the reading.
    readAtOnce: (sql, parameters) => (turns.isTaken() ? undefined : database?.prepare(sql).all(parameters)),
  })
}

/** The stores of this process that are opening, in turn. */
let opening: Promise<void> = Promise.resolve()

class SqliteTokenStore extends KyselyTokenStore {
  /** One after another: SQLite waits for a lock within the thread, which could be the one that has to release it. */
  override open(): Promise<void> {
    const opened = opening.then(() => super.open())
    opening = opened.catch(() => undefined)
    return opened
  }
}
