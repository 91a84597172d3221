/** Finds the key at the end of a number of an owner's rows. It reads only an index. */

import { type Expression, type RawBuilder, sql } from 'kysely'
import type { TokenQuery } from '../../token-store.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { idFromText } from '../tables/stored-id.ts'
import type { StoreDb } from '../transactions.ts'

/** A column that is unique within an owner and has an index in the list's order. */
export type KeyColumn = 'id' | 'name_and_id'

export interface KeyPlace {
  readonly column: KeyColumn
  /** The key after which the rows begin; `null` for the start of the list. */
  readonly after: string | null
  readonly n: number
}

/** The n-th row after the key in the list's direction; `undefined` if the list ends before. */
export async function keyBehind(
  { db, traits }: StoreDb,
  { userId, descending }: Pick<TokenQuery, 'userId' | 'descending'>,
  { column, after, n }: KeyPlace,
): Promise<{ readonly id: string; readonly key: string } | undefined> {
  const row = await db
    .selectFrom('api_tokens')
    .select((eb) => traits.idText(eb.ref('api_tokens.id')).as('text'))
    .$if(column === 'name_and_id', (rows) => rows.select('name_and_id'))
    .where('user_id', '=', userId)
    .$if(after !== null, (rows) =>
      rows.where(column, descending ? '<' : '>', keyValue(traits, column, after ?? '')),
    )
    .orderBy(`api_tokens.${column}`, descending ? 'desc' : 'asc')
    .limit(1)
    .offset(n - 1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const id = idFromText(row.text)
  return { id, key: row.name_and_id ?? id }
}

/** A key as a value of its column. */
export function keyValue({ id }: DialectTraits, column: KeyColumn, key: string): Expression<never> {
  // The types of the two columns have no common value, so a value of either must fit the column by name.
  return (column === 'id' ? id(key) : sql`${key}`) as RawBuilder<never>
}
