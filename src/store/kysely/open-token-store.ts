/** Opens the store of an address, for the CLI. It does not migrate, and creates no SQLite file. */

import { existsSync } from 'node:fs'
import { InvalidOption } from '../../errors.ts'
import type { StoreAddress } from '../store-address.ts'
import type { TokenStore } from '../token-store.ts'
import { lockWaits, withoutBusyTimeout } from './dialects/sqlite/lock-waits.ts'
import { sqlitePath } from './dialects/sqlite/sqlite-path.ts'
import { DEFAULT_TIMEOUT_MS } from './dialects/time-limit.ts'
import { KyselyTokenStore } from './kysely-token-store.ts'
import { Migrator } from './migrations/migrator.ts'
import { openDatabase } from './migrations/open-migrator.ts'
import { ownTables, type TablePlace, traitsOf } from './tables/own-tables.ts'

/**
 * @throws {InvalidOption} When there is no such SQLite file. At `open`: when the schema is not up to date.
 */
export function openTokenStore(address: StoreAddress, place: TablePlace): TokenStore {
  const { dialect } = address
  if (dialect === 'sqlite' && !existsSync(sqlitePath(address.filename)))
    throw new InvalidOption(`there is no SQLite file ${address.filename}`)
  const db = openDatabase(address, true)
  const storeDb = {
    traits: traitsOf(dialect),
    db: ownTables(db, dialect, place),
    ...(dialect === 'sqlite' ? { lockWaits: lockWaits(DEFAULT_TIMEOUT_MS, withoutBusyTimeout) } : {}),
  }
  return new KyselyTokenStore({
    storeDb,
    migrator: new Migrator(storeDb),
    shared: dialect !== 'sqlite',
    migrate: false,
    close: () => db.destroy(),
  })
}
