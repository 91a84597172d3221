/** Opens the migrator of a store by the store's address. */

import type { Kysely } from 'kysely'
import type { StoreAddress } from '../../store-address.ts'
import { openMysqlForMigration } from '../dialects/mysql/mysql-migration-db.ts'
import { openPostgresForMigration } from '../dialects/postgres/postgres-migration-db.ts'
import { openSqliteForMigration } from '../dialects/sqlite/sqlite-migration-db.ts'
import { ownTables, type TablePlace, traitsOf } from '../tables/own-tables.ts'
import { Migrator, type MigratorOptions } from './migrator.ts'

export interface OpenMigrator {
  readonly migrator: Migrator
  close(): Promise<void>
}

export interface MigratorPlace extends TablePlace {
  /** `true` to migrate; with `false` nothing is written. */
  readonly changes: boolean
}

/** Connects with the first statement. */
export function openMigrator(
  address: StoreAddress,
  place: MigratorPlace,
  options?: MigratorOptions,
): OpenMigrator {
  const { dialect } = address
  const db = openDatabase(address, place.changes)
  const storeDb = { traits: traitsOf(dialect), db: ownTables(db, dialect, place) }
  return { migrator: new Migrator(storeDb, options), close: () => db.destroy() }
}

/** One connection, without a time limit for statements. With `changes: false` nothing is written. */
export function openDatabase(address: StoreAddress, changes: boolean): Kysely<unknown> {
  switch (address.dialect) {
    case 'postgres':
      return openPostgresForMigration(address.url)
    case 'mysql':
      return openMysqlForMigration(address.url)
    case 'sqlite':
      return openSqliteForMigration(address.filename, changes)
    default:
      return address satisfies never
  }
}
