/**
 * A step of the schema: statements, each of which can be run again after a crash. A step is written once for all
 * databases: `createTable`, `addColumn` and `createIndex` of Kysely, one thing a statement, and types of `traits`.
 */

import type { SchemaModule } from 'kysely'
import type { ColumnTypes } from '../dialects/dialect-traits.ts'

/** What Kysely's schema builders are: they can be run, and tell their SQL. */
export interface SchemaStatement {
  compile(): { readonly sql: string }
  execute(): Promise<unknown>
}

export type Migration = (schema: SchemaModule, types: ColumnTypes) => readonly SchemaStatement[]

/** The index goes. */
export function dropIndex(
  schema: SchemaModule,
  { indexNamesOf }: ColumnTypes,
  name: string,
  table: string,
): SchemaStatement {
  const drop = schema.dropIndex(name)
  return indexNamesOf === 'table' ? drop.on(table) : drop
}

/** An index of one column that is null in most rows: where the database can, it holds the others alone. */
export function sparseIndex(
  schema: SchemaModule,
  { sparseIndexes }: ColumnTypes,
  name: string,
  table: string,
  column: string,
): SchemaStatement {
  const index = schema.createIndex(name).on(table).column(column)
  return sparseIndexes ? index.where(column as never, 'is not', null) : index
}
