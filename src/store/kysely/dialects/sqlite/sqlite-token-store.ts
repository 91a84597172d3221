/** The store for an SQLite file: the default. */

import { Kysely } from 'kysely'
import { count, flag, noMore, optionsOf, text } from '../../../../option-values.ts'
import { addressOfFile } from '../../../store-address.ts'
import type { TokenStore } from '../../../token-store.ts'
import { KyselyTokenStore } from '../../kysely-token-store.ts'
import { migrateCommandFor } from '../../migrations/migrate-command-line.ts'
import { Migrator } from '../../migrations/migrator.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import { DEFAULT_TIMEOUT_MS } from '../time-limit.ts'
import { type Attempt, lockWaits } from './lock-waits.ts'
import { ReopenableFile } from './reopenable-file.ts'
import { isLocked } from './sqlite-errors.ts'
import { SqliteFileDialect } from './sqlite-file-dialect.ts'
import { sqlitePath } from './sqlite-path.ts'
import { sqliteTraits } from './sqlite-traits.ts'
import { turnsOf } from './sqlite-turns.ts'

export interface SqliteTokenStoreOptions {
  /**
   * The path of the database file, relative to the working directory. The file is created if it does not exist. Several
   * processes of one machine may share it.
   */
  readonly filename: string
  /** Whether the store migrates its tables at start. Default: `true`. */
  readonly migrate?: boolean | undefined
  /** How long a request waits for a lock of another connection, in milliseconds. Default: 5,000. */
  readonly timeout?: number | undefined
}

/**
 * Makes a store in an SQLite file. The file is opened at boot.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` for a filename that is not the path of a file. At boot: when the file cannot be
 *   opened or written, or with `migrate: false` when its schema is not up to date.
 * @example await app.register(apiTokens, { store: sqliteTokenStore({ filename: 'data/api-tokens.db' }), authenticateUser })
 */
export function sqliteTokenStore(options: SqliteTokenStoreOptions, ...more: never[]): TokenStore {
  noMore('sqliteTokenStore', more)
  const known = ['filename', 'migrate', 'timeout'] as const
  const {
    filename,
    migrate = true,
    timeout = DEFAULT_TIMEOUT_MS,
  } = optionsOf('sqliteTokenStore', options, known)
  text(filename, 'sqliteTokenStore: filename')
  flag(migrate, 'sqliteTokenStore: migrate')
  const path = sqlitePath(filename)
  const timeoutMs = count(timeout, 'sqliteTokenStore: timeout')
  const turns = turnsOf(path)
  const file = new ReopenableFile(path, timeoutMs)
  const attempt: Attempt = async (storeDb, work) => {
    file.requireUnmoved()
    return work(storeDb)
  }
  const db = new Kysely<ApiTokenDatabase>({ dialect: new SqliteFileDialect({ database: file }, path) })
  const storeDb = { db, traits: sqliteTraits, lockWaits: lockWaits(timeoutMs, attempt) }
  return new KyselyTokenStore({
    storeDb,
    migrator: new Migrator(storeDb, { command: migrateCommandFor(addressOfFile(path)) }),
    shared: false,
    migrate,
    open: () => file.open(),
    close: async () => file.close(),
    // Bypasses Kysely, whose overhead is as high as the cost of the read.
    readAtOnce: (sql, parameters) => {
      if (turns.isTaken() || file.isMoved) return undefined
      try {
        return file.prepare(sql).all(parameters)
      } catch (error) {
        if (isLocked(error)) return undefined
        throw error
      }
    },
  })
}
