/** Creates the table of leases: who does what only one instance does at a time, and until when. */

import type { Migration } from '../migration.ts'

export const leases: Migration = (schema, { text, count, tableOptions }) => [
  schema
    .createTable('api_token_leases')
    .addColumn('name', text(64), (column) => column.notNull().primaryKey())
    .addColumn('holder', text(64), (column) => column.notNull())
    .addColumn('ends_at', count, (column) => column.notNull())
    .modifyEnd(tableOptions),
]
