/** The stamps of changes, by the database's clock: how they are written, and how they are read. */

import { type RawBuilder, sql } from 'kysely'
import type { ChangeFeed, ChangesRead, StoredChange } from '../../change-feed.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { type Connection, reading, withRetries } from '../transactions.ts'

/** A row as the read of changes returns it: of a token, of an owner, or of neither, with the clock. */
interface StampRow {
  readonly token_id: string | null
  readonly user_id: string | null
  readonly changed_at: number | string
}

/**
 * What a statement that changes a row writes into its `changed_at`: the database's clock, and always more than
 * before. Readers drop a stamp that they have seen, and must not drop the second change of a millisecond. Where the
 * database carries news itself, to stamp is to tell: no change can be in the feed and not be told.
 */
export function stamp(
  table: 'api_tokens' | 'api_token_owners',
  { now, telling }: DialectTraits,
): RawBuilder<number> {
  const before = sql.ref<number>(`${table}.changed_at`)
  const after = sql<number>`case when ${before} >= ${now} then ${before} + 1 else ${now} end`
  return table === 'api_tokens'
    ? telling(after, 'token', sql.ref<string>('api_tokens.id'))
    : telling(after, 'user', sql.ref<string>('api_token_owners.user_id'))
}

/** The feed of a database. */
export function changeFeed(connection: Connection): ChangeFeed {
  return {
    changesSince: (since) => reading(connection, (attempt) => selectChanges(attempt, since)),
    touchOwner: (userId) => withRetries(connection, (attempt) => touchOwner(attempt, userId)),
  }
}

/** One statement: the clock, and what was changed at or after `since`. */
async function selectChanges({ db, traits: { now } }: Connection, since: number): Promise<ChangesRead> {
  const none = sql<string | null>`null`
  const rows: readonly StampRow[] = await db
    .selectNoFrom([none.as('token_id'), none.as('user_id'), now.as('changed_at')])
    .unionAll((eb) =>
      eb
        .selectFrom('api_tokens')
        .select((token) => [token.ref('api_tokens.id').as('token_id'), none.as('user_id')])
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

/** Stamps an owner in whom nothing else changes. A user without a row has no token that anyone remembers. */
async function touchOwner({ db, traits }: Connection, userId: string): Promise<void> {
  await db
    .updateTable('api_token_owners')
    .set({ changed_at: stamp('api_token_owners', traits) })
    .where('user_id', '=', userId)
    .execute()
}

function changeFromRow({ token_id: tokenId, user_id: userId, changed_at }: StampRow): StoredChange[] {
  const changedAt = Number(changed_at)
  if (tokenId !== null) return [{ subject: { tokenId }, changedAt }]
  return userId === null ? [] : [{ subject: { userId }, changedAt }]
}
