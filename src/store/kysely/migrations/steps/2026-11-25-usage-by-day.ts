/** Creates the table of counts by day, and lets a token remember of which idle spell was warned. */

import { dropIndex, type Migration } from '../migration.ts'

export const usageByDay: Migration = (schema, types) => {
  const { text, instant, count, tableOptions } = types
  return [
    schema
      .createTable('api_token_usage')
      .addColumn('token_id', text(64), (column) => column.notNull())
      .addColumn('day', instant, (column) => column.notNull())
      .addColumn('requests', count, (column) => column.notNull())
      .addPrimaryKeyConstraint('api_token_usage_key', ['token_id', 'day'])
      .modifyEnd(tableOptions),
    schema.createIndex('api_token_usage_day').on('api_token_usage').columns(['day']),
    schema.alterTable('api_tokens').addColumn('idle_warned_from', instant),
    // One index for what is idle and what soon will be: a sweep need not read the tokens that it has warned of.
    schema
      .createIndex('api_tokens_idle_spells')
      .on('api_tokens')
      .columns(['status', 'idle_from', 'idle_warned_from']),
    dropIndex(schema, types, 'api_tokens_idle', 'api_tokens'),
  ]
}
