/** Creates the tables and their indexes. Until the first release this step is rewritten, under a new name each time. */

import type { SchemaModule } from 'kysely'
import type { ColumnTypes } from '../../dialects/dialect-traits.ts'
import { type Migration, type SchemaStatement, sparseIndex } from '../migration.ts'

export const initial: Migration = (schema, types) => [
  ...owners(schema, types),
  ...tokens(schema, types),
  ...usage(schema, types),
  ...leases(schema, types),
  ...devices(schema, types),
]

function owners(schema: SchemaModule, types: ColumnTypes): readonly SchemaStatement[] {
  const { text, integer, count, instant, tableOptions } = types
  return [
    schema
      .createTable('api_token_owners')
      .addColumn('user_id', text(255), (column) => column.notNull().primaryKey())
      .addColumn('status', text(16), (column) => column.notNull())
      .addColumn('generation', integer, (column) => column.notNull())
      .addColumn('raised_at', instant)
      .addColumn('ended_reason', text(16))
      .addColumn('changed_at', count)
      .addColumn('living_count', count)
      .addColumn('ended_count', count)
      .addColumn('counted_at', instant)
      .addColumn('recounted_at', instant)
      .addColumn('counted_max_age', count)
      .modifyEnd(tableOptions),
    sparseIndex(schema, types, 'api_token_owners_raised', 'api_token_owners', 'raised_at'),
    sparseIndex(schema, types, 'api_token_owners_changed', 'api_token_owners', 'changed_at'),
  ]
}

function tokens(schema: SchemaModule, types: ColumnTypes): readonly SchemaStatement[] {
  const { id, text, longText, integer, count, instant, computed, earliest, nameKey, tableOptions } = types
  return [
    schema
      .createTable('api_tokens')
      // By size, because PostgreSQL aligns times and numbers: 10 bytes less a row than in another order.
      .addColumn('id', id, (column) => column.notNull().primaryKey())
      .addColumn('created_at', instant, (column) => column.notNull())
      .addColumn('updated_at', instant, (column) => column.notNull())
      .addColumn('idle_from', instant, (column) => column.notNull())
      .addColumn('use_count', count, (column) => column.notNull())
      .addColumn('scopes_used', count, (column) => column.notNull().defaultTo(0))
      .addColumn('changed_at', count)
      .addColumn('expires_at', instant)
      .addColumn('last_used_at', instant)
      .addColumn('idle_warning_from', instant)
      .addColumn('revoked_at', instant)
      .addColumn('grace_ends_at', instant)
      .addColumn('ends_at', computed(instant, earliest(['revoked_at', 'expires_at', 'grace_ends_at'])))
      .addColumn('generation', integer, (column) => column.notNull())
      .addColumn('idle_day', integer, (column) => column.notNull())
      .addColumn('successor_id', id)
      .addColumn('predecessor_id', id)
      .addColumn('user_id', text(255), (column) => column.notNull())
      .addColumn('name', text(100))
      .addColumn('description', text(1000))
      .addColumn('scopes', longText, (column) => column.notNull())
      .addColumn('status', text(16), (column) => column.notNull())
      .addColumn('status_reason', text(16))
      .addColumn('hint', text(16), (column) => column.notNull())
      .addColumn('kid', text(255), (column) => column.notNull())
      .addColumn('form', text(16), (column) => column.notNull())
      .addColumn('seal', text(64), (column) => column.notNull())
      .addColumn('created_by_kind', text(16), (column) => column.notNull())
      .addColumn('created_by_id', text(255))
      .addColumn('metadata', longText)
      .addColumn('allowed_ips', longText)
      .addColumn('rate_limit', text(64))
      .addColumn('last_used_ip', text(64))
      .addColumn('last_used_user_agent', text(255))
      .addColumn('name_and_id', computed(text(133), nameKey('name', 'id')))
      .modifyEnd(tableOptions),
    schema.createIndex('api_tokens_of_owner').on('api_tokens').columns(['user_id', 'id']),
    schema.createIndex('api_tokens_names').on('api_tokens').columns(['user_id', 'name_and_id']),
    schema.createIndex('api_tokens_ends').on('api_tokens').columns(['user_id', 'generation', 'ends_at']),
    // For idle tokens and for idle warnings: a sweep does not read tokens whose warning was emitted.
    schema
      .createIndex('api_tokens_idle')
      .on('api_tokens')
      .columns(['status', 'idle_day', 'idle_warning_from']),
    sparseIndex(schema, types, 'api_tokens_changed', 'api_tokens', 'changed_at'),
    sparseIndex(schema, types, 'api_tokens_revoked', 'api_tokens', 'revoked_at'),
    // The lists of administration, over all owners. The second one also finds expired tokens.
    schema.createIndex('api_tokens_by_name').on('api_tokens').columns(['name_and_id']),
    schema.createIndex('api_tokens_by_expiry').on('api_tokens').columns(['expires_at', 'id']),
    schema.createIndex('api_tokens_by_last_use').on('api_tokens').columns(['idle_day', 'id']),
    sparseIndex(schema, types, 'api_tokens_by_creator', 'api_tokens', 'created_by_id', 'id'),
    sparseIndex(schema, types, 'api_tokens_grace', 'api_tokens', 'grace_ends_at'),
  ]
}

function usage(schema: SchemaModule, types: ColumnTypes): readonly SchemaStatement[] {
  const { id, text, integer, count, instant, updatedTableOptions } = types
  return [
    // Without other indexes, so that a flush changes no index and each row is updated in its place.
    schema
      .createTable('api_token_usage')
      .addColumn('day', integer, (column) => column.notNull())
      .addColumn('token_id', id, (column) => column.notNull())
      .addColumn('requests', count, (column) => column.notNull())
      .addColumn('last_used_at', instant, (column) => column.notNull())
      .addColumn('scopes_used', count, (column) => column.notNull())
      .addColumn('last_used_ip', text(64))
      .addColumn('last_used_user_agent', text(255))
      .addPrimaryKeyConstraint('api_token_usage_key', ['day', 'token_id'])
      .modifyEnd(updatedTableOptions),
  ]
}

function leases(schema: SchemaModule, types: ColumnTypes): readonly SchemaStatement[] {
  const { text, count, tableOptions } = types
  return [
    schema
      .createTable('api_token_leases')
      .addColumn('name', text(64), (column) => column.notNull().primaryKey())
      .addColumn('holder', text(64), (column) => column.notNull())
      .addColumn('ends_at', count, (column) => column.notNull())
      .modifyEnd(tableOptions),
    schema.createIndex('api_token_leases_ended').on('api_token_leases').columns(['ends_at']),
  ]
}

/** Device authorizations (RFC 8628). */
function devices(schema: SchemaModule, types: ColumnTypes): readonly SchemaStatement[] {
  const { text, longText, integer, count, tableOptions } = types
  return [
    schema
      .createTable('api_token_devices')
      .addColumn('device_digest', text(64), (column) => column.notNull().primaryKey())
      .addColumn('user_digest', text(64), (column) => column.notNull())
      .addColumn('client_id', text(255), (column) => column.notNull())
      .addColumn('name', text(100))
      .addColumn('scopes', longText, (column) => column.notNull())
      .addColumn('status', text(16), (column) => column.notNull())
      .addColumn('user_id', text(255))
      .addColumn('generation', integer)
      .addColumn('expires_at', count, (column) => column.notNull())
      .addColumn('interval_ms', count, (column) => column.notNull())
      .addColumn('polled_at', count)
      .modifyEnd(tableOptions),
    schema
      .createIndex('api_token_devices_user_code')
      .on('api_token_devices')
      .columns(['user_digest'])
      .unique(),
    schema.createIndex('api_token_devices_expired').on('api_token_devices').columns(['expires_at']),
    schema
      .createIndex('api_token_devices_pending')
      .on('api_token_devices')
      .columns(['client_id', 'status', 'expires_at']),
  ]
}
