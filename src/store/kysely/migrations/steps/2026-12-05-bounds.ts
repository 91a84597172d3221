/** Lets an owner's tokens be read by name and by their ends, a bounded number at a time, and counts them on the owner's row. */

import type { Migration } from '../migration.ts'

export const bounds: Migration = (schema, types) => {
  const { text, count, instant, computed, earliest, joined } = types
  return [
    schema
      .alterTable('api_tokens')
      .addColumn('ends_at', computed(instant, earliest(['revoked_at', 'expires_at', 'grace_ends_at']))),
    schema.alterTable('api_tokens').addColumn('name_and_id', computed(text(165), joined('name', 'id'))),
    schema.createIndex('api_tokens_ends').on('api_tokens').columns(['user_id', 'generation', 'ends_at']),
    ...(['living_count', 'ended_count'] as const).map((name) =>
      schema.alterTable('api_token_owners').addColumn(name, count),
    ),
    ...(['counted_at', 'recounted_at'] as const).map((name) =>
      schema.alterTable('api_token_owners').addColumn(name, instant),
    ),
    schema.createIndex('api_tokens_names').on('api_tokens').columns(['user_id', 'name_and_id']),
  ]
}
