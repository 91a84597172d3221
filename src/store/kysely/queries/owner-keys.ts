/** Finds the key at the end of a number of an owner's rows. It reads only an index. */

import type { TokenQuery } from '../../token-store.ts'
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
  { db }: StoreDb,
  { userId, descending }: Pick<TokenQuery, 'userId' | 'descending'>,
  { column, after, n }: KeyPlace,
): Promise<{ readonly id: string; readonly key: string } | undefined> {
  return db
    .selectFrom('api_tokens')
    .select((eb) => ['api_tokens.id', eb.ref(`api_tokens.${column}`).as('key')])
    .where('user_id', '=', userId)
    .$if(after !== null, (rows) => rows.where(column, descending ? '<' : '>', after))
    .orderBy(`api_tokens.${column}`, descending ? 'desc' : 'asc')
    .limit(1)
    .offset(n - 1)
    .executeTakeFirst()
}
