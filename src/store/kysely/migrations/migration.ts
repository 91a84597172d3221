/**
 * A migration is a list of statements. After a crash each can be run again, because MySQL cannot roll back DDL. It is
 * written once for all databases: with `createTable`, `addColumn` and `createIndex` of Kysely, one change a statement,
 * and with the column types of the traits.
 */

import type { SchemaModule } from 'kysely'
import type { ColumnTypes } from '../dialects/dialect-traits.ts'

/** The members of Kysely's schema builders that the migrator uses. */
export interface SchemaStatement {
  compile(): { readonly sql: string }
  execute(): Promise<unknown>
}

export type Migration = (schema: SchemaModule, types: ColumnTypes) => readonly SchemaStatement[]

/** An index that begins with a column that is null in most rows. Where the database supports it, it leaves those rows out. */
export function sparseIndex(
  schema: SchemaModule,
  { sparseIndexes }: ColumnTypes,
  name: string,
  table: string,
  column: string,
  ...more: readonly string[]
): SchemaStatement {
  const index = schema
    .createIndex(name)
    .on(table)
    .columns([column, ...more])
  return sparseIndexes ? index.where(column as never, 'is not', null) : index
}
