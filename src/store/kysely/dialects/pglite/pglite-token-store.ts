/** The store for PGlite, a PostgreSQL within this process. */

import { Kysely, type PGlite } from 'kysely'
import { flag, noMore, optionsOf, requireMethod } from '../../../../option-values.ts'
import type { TokenStore } from '../../../token-store.ts'
import { KyselyTokenStore } from '../../kysely-token-store.ts'
import { Migrator } from '../../migrations/migrator.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import { postgresTraits } from '../postgres/postgres-traits.ts'
import { PGliteTurnsDialect } from './pglite-dialect.ts'

export interface PGliteTokenStoreOptions {
  /** An instance of `@electric-sql/pglite`, which the store does not close. */
  readonly pglite: PGlite
  /** Whether the store migrates its tables at start. Default: `true`, because the CLI cannot reach a PGlite. */
  readonly migrate?: boolean | undefined
}

/**
 * Makes a store in an embedded PostgreSQL, for one process.
 *
 * @throws At boot, with `migrate: false`, when the schema is not up to date.
 * @example
 * import { PGlite } from '@electric-sql/pglite'
 *
 * const store = pgliteTokenStore({ pglite: await PGlite.create('data/tokens') })
 * await app.register(apiTokens, { store, authenticateUser })
 */
export function pgliteTokenStore(options: PGliteTokenStoreOptions, ...more: never[]): TokenStore {
  noMore('pgliteTokenStore', more)
  const { pglite, migrate = true } = optionsOf('pgliteTokenStore', options, ['pglite', 'migrate'])
  requireMethod(pglite, 'query', 'pgliteTokenStore: pglite must be a PGlite')
  flag(migrate, 'pgliteTokenStore: migrate')
  const db = new Kysely<ApiTokenDatabase>({ dialect: new PGliteTurnsDialect({ pglite }) })
  const storeDb = { db, traits: postgresTraits }
  return new KyselyTokenStore({
    storeDb,
    migrator: new Migrator(storeDb),
    shared: false,
    migrate,
    close: async () => undefined,
  })
}
