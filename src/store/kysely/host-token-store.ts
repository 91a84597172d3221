/** The store on a host's Kysely instance, in a schema or with a table prefix of the host's choice. */

import type { Kysely } from 'kysely'
import { InvalidOption } from '../../errors.ts'
import { flag, noMore, optionsOf, requireMethod, text } from '../../option-values.ts'
import type { TokenStore } from '../token-store.ts'
import { requirePlainResults } from './dialects/plain-results.ts'
import { listenToErrorsOf } from './dialects/postgres/error-listeners.ts'
import { lockWaits, withoutBusyTimeout } from './dialects/sqlite/lock-waits.ts'
import { DEFAULT_TIMEOUT_MS } from './dialects/time-limit.ts'
import { KyselyTokenStore } from './kysely-token-store.ts'
import { migrateCommandFor } from './migrations/migrate-command-line.ts'
import { Migrator } from './migrations/migrator.ts'
import { type KyselyStoreDialect, ownTables, traitsOf } from './tables/own-tables.ts'
import type { StoreDb } from './transactions.ts'

export type { KyselyStoreDialect } from './tables/own-tables.ts'

export interface KyselyTokenStoreOptions<Database = unknown> {
  /** The host's instance, which the store does not destroy. */
  readonly db: Kysely<Database>
  readonly dialect: KyselyStoreDialect
  /**
   * The pool of `pg` behind `db`. The store adds an `error` listener to the pool and to each client, so that a connection
   * that PostgreSQL ends does not end the process.
   */
  readonly pool?: object | undefined
  /** The PostgreSQL schema of the tables, which must exist. Default: the first of the search path. */
  readonly schema?: string | undefined
  /** The prefix of tables and indexes: `auth_` makes `auth_api_tokens`. Default: none. */
  readonly tablePrefix?: string | undefined
  /** Whether the store migrates its tables at start. Default: `false`. */
  readonly migrate?: boolean | undefined
}

/** For the migration command in errors. The address of a Kysely instance's database is not known. */
const ADDRESSES: Readonly<Record<KyselyStoreDialect, string>> = {
  postgres: 'postgres://…',
  mysql: 'mysql://…',
  sqlite: 'sqlite:…',
}

/**
 * Makes a store on the host's Kysely instance.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` for an unknown dialect, a `schema` without PostgreSQL, or a wrong prefix.
 *   At boot, when the schema is not up to date.
 * @example
 * import apiTokens, { jwksFile } from 'fastify-api-tokens'
 * import type { Kysely } from 'kysely'
 *
 * declare const db: Kysely<{ users: { id: string } }>
 * const store = kyselyTokenStore({ db, dialect: 'postgres', schema: 'auth', migrate: true })
 * await app.register(apiTokens, { authenticateUser, store, keys: jwksFile('/run/secrets/api-tokens-keys') })
 */
export function kyselyTokenStore<Database>(
  given: KyselyTokenStoreOptions<Database>,
  ...more: never[]
): TokenStore {
  noMore('kyselyTokenStore', more)
  const options = optionsOf('kyselyTokenStore', given, [
    'db',
    'dialect',
    'pool',
    'schema',
    'tablePrefix',
    'migrate',
  ])
  const { db, dialect, pool, schema, migrate = false } = options
  requireMethod(db, 'selectFrom', 'kyselyTokenStore: db must be a Kysely instance')
  if (schema !== undefined) text(schema, 'kyselyTokenStore: schema')
  flag(migrate, 'kyselyTokenStore: migrate')
  const storeDb = storeDbOf(options)
  if (pool !== undefined) {
    if (dialect !== 'postgres') throw new InvalidOption('kyselyTokenStore: pool is for PostgreSQL')
    requireMethod(pool, 'connect', 'kyselyTokenStore: pool must be the pool of pg behind db')
    listenToErrorsOf(pool)
  }
  return new KyselyTokenStore({
    storeDb,
    migrator: new Migrator(storeDb, { command: migrateCommandFor(ADDRESSES[dialect], options) }),
    shared: dialect !== 'sqlite',
    migrate,
    close: async () => undefined,
  })
}

function storeDbOf<Database>(options: KyselyTokenStoreOptions<Database>): StoreDb {
  const { db, dialect } = options
  const traits = traitsOf(dialect)
  const requireServer = async (storeDb: StoreDb) => {
    await requirePlainResults(storeDb)
    await traits.requireServer(storeDb)
  }
  return {
    traits: { ...traits, requireServer },
    db: ownTables(db, dialect, options),
    ...(dialect === 'sqlite' ? { lockWaits: lockWaits(DEFAULT_TIMEOUT_MS, withoutBusyTimeout) } : {}),
  }
}
