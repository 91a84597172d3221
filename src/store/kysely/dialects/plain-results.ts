/** Refuses a host's Kysely instance with plugins that change results. */

import { sql } from 'kysely'
import { InvalidOption } from '../../../errors.ts'
import type { StoreDb } from '../transactions.ts'

/** A JSON plugin would parse this text, and a camel-case plugin would rename its column. */
const TEXT = '{"a":[1]}'
/** Milliseconds. A driver may return them as a number, a text or a BigInt. */
const NUMBER = Date.UTC(2026, 0, 1)

/**
 * @throws `FST_API_TOKENS_INVALID_OPTION` for an instance with plugins such as `CamelCasePlugin`, or with a driver that
 *   changes numbers.
 */
export async function requirePlainResults({ db }: StoreDb): Promise<void> {
  // With a parameter: `pg` uses its binary format only for statements with parameters.
  const row = await db
    .selectNoFrom([
      sql<string>`${sql.lit(TEXT)}`.as('sent_text'),
      sql<unknown>`${sql.lit(NUMBER)} + ${0}`.as('sent_number'),
    ])
    .executeTakeFirst()
  if (row?.sent_text !== TEXT) {
    throw new InvalidOption(
      'store: db has a plugin that changes results, such as CamelCasePlugin: give db.withoutPlugins()',
    )
  }
  if (Number(row.sent_number) === NUMBER) return
  throw new InvalidOption('store: the driver of db changes numbers, by a type parser or a binary format')
}
