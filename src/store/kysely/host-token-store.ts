/** Keeps tokens in the database of a host that has its own Kysely instance, in its own schema or under a prefix. */

import type { Kysely } from 'kysely'
import { InvalidOption } from '../../errors.ts'
import { flag, noMore, optionsOf, requireMethod, text } from '../../option-values.ts'
import type { TokenStore } from '../token-store.ts'
import { requirePlainResults } from './dialects/plain-results.ts'
import { listenToErrorsOf } from './dialects/postgres/error-listeners.ts'
import { lockWaits, withoutBusyTimeout } from './dialects/sqlite/lock-waits.ts'
import { DEFAULT_TIMEOUT_MS } from './dialects/with-timeout.ts'
import { KyselyTokenStore } from './kysely-token-store.ts'
import { migrateCommandFor } from './migrations/migrate-command-line.ts'
import { Migrator } from './migrations/migrator.ts'
import { type KyselyStoreDialect, ownTables, traitsOf } from './tables/own-tables.ts'
import type { StoreDb } from './transactions.ts'

export type { KyselyStoreDialect } from './tables/own-tables.ts'

export interface KyselyTokenStoreOptions<Database = unknown> {
  /** The host's own instance, which the store does not destroy. */
  readonly db: Kysely<Database>
  readonly dialect: KyselyStoreDialect
  /**
   * The pool of `pg` behind `db`, so that a connection that PostgreSQL ends does not end the process: the store adds an
   * `error` listener to the pool and to each of its clients.
   */
  readonly pool?: object | undefined
  /** The schema of PostgreSQL that holds the tables, made by the host. Default: the first of the search path. */
  readonly schema?: string | undefined
  /** Put before the names of tables and indexes: `auth_` makes `auth_api_tokens`. Default: none. */
  readonly tablePrefix?: string | undefined
  /** Whether the schema is brought up to date at start. Default `false`. */
  readonly migrate?: boolean | undefined
}

/** A Kysely instance does not tell where its database is. */
const ADDRESSES: Readonly<Record<KyselyStoreDialect, string>> = {
  postgres: 'postgres://…',
  mysql: 'mysql://…',
  sqlite: 'sqlite:…',
}

/**
 * Makes a store on the host's own Kysely instance.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` for an unknown dialect, a schema beside PostgreSQL, a prefix that is no name.
 *   At boot, when the schema is not this version's.
 * @example
 * import type { Kysely } from 'kysely'
 *
 * declare const db: Kysely<{ users: { id: string } }>
 * const store = kyselyTokenStore({ db, dialect: 'postgres', schema: 'auth', migrate: true })
 * await app.register(apiTokens, { store, keys: [jwk], authenticateUser })
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
