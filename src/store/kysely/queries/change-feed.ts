/** Writes and reads the stamps of changes, by the database's clock. */

import { type RawBuilder, sql } from 'kysely'
import type { ChangeFeed, ChangesRead, StoredChange } from '../../change-feed.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { idFromText, type StoredId } from '../tables/stored-id.ts'
import { reading, type StoreDb, withRetries } from '../transactions.ts'

/** A changed token, a changed owner, or (with neither id) the database's clock. */
interface StampRow {
  readonly token_id: string | null
  readonly user_id: string | null
  readonly changed_at: number | string
}

/**
 * The new `changed_at` of a row: the database's clock, and always greater than the old value. Readers skip a stamp that
 * they have already processed, and must not skip a second change in one millisecond. On PostgreSQL the same expression
 * also publishes the invalidation, so that no change is stamped without one.
 */
export function stamp(
  table: 'api_tokens' | 'api_token_owners',
  { now, withNotify, idText }: DialectTraits,
): RawBuilder<number> {
  const before = sql.ref<number>(`${table}.changed_at`)
  const after = sql<number>`case when ${before} >= ${now} then ${before} + 1 else ${now} end`
  return table === 'api_tokens'
    ? withNotify(after, 'token', idText(sql.ref<StoredId>('api_tokens.id')))
    : withNotify(after, 'user', sql.ref<string>('api_token_owners.user_id'))
}

/** The feed of a database. */
export function changeFeed(storeDb: StoreDb): ChangeFeed {
  return {
    changesSince: (since) => reading(storeDb, (attempt) => selectChanges(attempt, since)),
    touchOwner: (userId) => withRetries(storeDb, (attempt) => touchOwner(attempt, userId)),
  }
}

/** One statement: the clock, and the rows that changed at or after `since`. */
async function selectChanges({ db, traits: { now, idText } }: StoreDb, since: number): Promise<ChangesRead> {
  const none = sql<string | null>`null`
  const rows: readonly StampRow[] = await db
    .selectNoFrom([none.as('token_id'), none.as('user_id'), now.as('changed_at')])
    .unionAll((eb) =>
      eb
        .selectFrom('api_tokens')
        .select((token) => [idText(token.ref('api_tokens.id')).as('token_id'), none.as('user_id')])
        .select((token) => token.ref('api_tokens.changed_at').$notNull().as('changed_at'))
        .where('api_tokens.changed_at', '>=', since),
    )
    .unionAll((eb) =>
      eb
        .selectFrom('api_token_owners')
        .select((owner) => [none.as('token_id'), owner.ref('api_token_owners.user_id').as('user_id')])
        .select((owner) => owner.ref('api_token_owners.changed_at').$notNull().as('changed_at'))
        .where('api_token_owners.changed_at', '>=', since),
    )
    .execute()
  const clock = rows.find((row) => row.token_id === null && row.user_id === null)
  return { now: Number(clock?.changed_at), changes: rows.flatMap(changeFromRow) }
}

/** Stamps an owner without another change. A user without a row has no token that could be cached. */
async function touchOwner({ db, traits }: StoreDb, userId: string): Promise<void> {
  await db
    .updateTable('api_token_owners')
    .set({ changed_at: stamp('api_token_owners', traits) })
    .where('user_id', '=', userId)
    .execute()
}

function changeFromRow({ token_id: tokenId, user_id: userId, changed_at }: StampRow): StoredChange[] {
  const changedAt = Number(changed_at)
  if (tokenId !== null) return [{ target: { tokenId: idFromText(tokenId) }, changedAt }]
  return userId === null ? [] : [{ target: { userId }, changedAt }]
}
