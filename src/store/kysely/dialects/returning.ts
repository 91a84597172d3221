/** Traits of the databases with `RETURNING` and `ON CONFLICT`: SQLite and PostgreSQL. */

import { type InsertQueryBuilder, type InsertResult, sql, type UpdateObject } from 'kysely'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { type ApiTokenRow, tokenColumns } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'
import type { ColumnRef, DialectTraits, TokenUpdate } from './dialect-traits.ts'

/** The traits that both share. */
export function returningTraits(usesTable: DialectTraits['usesTable']) {
  return {
    onConflictDoNothing<Table extends keyof ApiTokenDatabase>(
      insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
      key: string & keyof ApiTokenDatabase[Table],
    ) {
      return insert.onConflict((conflict) => conflict.column(key).doNothing())
    },

    onConflictUpdate<Table extends keyof ApiTokenDatabase>(
      insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
      table: Table,
      keys: readonly (string & keyof ApiTokenDatabase[Table])[],
      update: (stored: ColumnRef<Table>, added: ColumnRef<Table>) => UpdateObject<ApiTokenDatabase, Table>,
    ) {
      const columns = update(
        (name) => sql.ref(`${table}.${name}`),
        (name) => sql.ref(`excluded.${name}`),
      )
      // TypeScript cannot infer the type of the columns for a generic table.
      return insert.onConflict((conflict) => conflict.columns([...keys]).doUpdateSet(columns as never))
    },

    usesTable,

    async change({ db, traits }: StoreDb, id: string, update: (tokens: TokenUpdate) => TokenUpdate) {
      return update(db.updateTable('api_tokens'))
        .where('api_tokens.id', '=', traits.id(id))
        .returning([...tokenColumns(traits)])
        .$castTo<ApiTokenRow>()
        .executeTakeFirst()
    },
  } satisfies Partial<DialectTraits>
}
