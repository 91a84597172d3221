/** Opens the schema of a store by its address, without the store. */

import type { Kysely } from 'kysely'
import type { StoreAddress } from '../../store-address.ts'
import { openMysql } from '../dialects/mysql/mysql-schema.ts'
import { openPostgres } from '../dialects/postgres/postgres-schema.ts'
import { openSqliteFile } from '../dialects/sqlite/sqlite-schema.ts'
import { ownTables, type TablePlace, traitsOf } from '../tables/own-tables.ts'
import { Migrator } from './migrator.ts'

export interface OpenedSchema {
  readonly schema: Migrator
  close(): Promise<void>
}

export interface SchemaPlace extends TablePlace {
  /** Whether it is opened to be changed; otherwise nothing is written. */
  readonly changes: boolean
}

/** Connects when it is first asked something. */
export function openSchema(address: StoreAddress, place: SchemaPlace): OpenedSchema {
  const { dialect } = address
  const db = open(address, place.changes)
  const connection = { traits: traitsOf(dialect), db: ownTables(db, dialect, place) }
  return { schema: new Migrator(connection), close: () => db.destroy() }
}

function open(address: StoreAddress, changes: boolean): Kysely<unknown> {
  switch (address.dialect) {
    case 'postgres':
      return openPostgres(address.url)
    case 'mysql':
      return openMysql(address.url)
    case 'sqlite':
      return openSqliteFile(address.filename, changes)
    default:
      return address satisfies never
  }
}
