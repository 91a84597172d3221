/** Refuses a host's Kysely instance whose plugins change what the statements return. */

import { sql } from 'kysely'
import { InvalidOption } from '../../../errors.ts'
import type { StoreDb } from '../transactions.ts'

/** A text that a plugin for JSON would turn into an object, under a name that a plugin for names would change. */
const TEXT = '{"a":[1]}'
/** A number of milliseconds, which a driver may return as a number, a text or a BigInt. */
const NUMBER = Date.UTC(2026, 0, 1)

/**
 * @throws `FST_API_TOKENS_INVALID_OPTION` for an instance with plugins such as `CamelCasePlugin`, or whose driver does not
 *   return numbers as they are.
 */
export async function requirePlainResults({ db }: StoreDb): Promise<void> {
  // With a parameter, as nearly all statements have: only those are answered in the binary format.
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
