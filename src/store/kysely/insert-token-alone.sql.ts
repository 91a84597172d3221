/**
 * Inserts a token by one statement, where the database lets one at a time write: what it reads of the owner and of
 * the owner's tokens holds until it has written.
 */

import { type CompiledQuery, sql } from 'kysely'
import type { UnownedToken } from '../../token/token.ts'
import type { InsertOutcome, InsertRules } from '../token-store.ts'
import { slot, withValues } from './compiled-query.ts'
import type { Connection } from './connection.ts'
import { writeToken } from './insert-token.sql.ts'
import type { Instant } from './instant.ts'
import { API_TOKEN_COLUMNS, rowFromToken } from './token-row.ts'
import { isLiving } from './token-status.sql.ts'

export type InsertAlone = CompiledQuery<{ readonly generation: number }>

/** The statement: the token, with the generation of its active owner who has room. */
export function insertAlone({ db, traits }: Connection): InsertAlone {
  const columns = API_TOKEN_COLUMNS.filter((column) => column !== 'generation')
  return db
    .insertInto('api_tokens')
    .columns(['generation', ...columns])
    .expression((eb) =>
      eb
        .selectFrom('api_token_owners as owner')
        .select(['owner.generation', ...columns.map((column) => sql`${slot(column)}`.as(column))])
        .where('owner.user_id', '=', slot<string>('user_id'))
        .where('owner.status', '=', 'active')
        .where((owner) =>
          owner(
            owner
              .selectFrom('api_tokens')
              .select(sql<number>`count(*)`.as('living'))
              .whereRef('api_tokens.user_id', '=', 'owner.user_id')
              .whereRef('api_tokens.generation', '=', 'owner.generation')
              // It asks for columns of the token alone; that the owner is in sight too is not in its type.
              .where((token) => isLiving(token as never, traits.time(slot<number>('now')))),
            '<',
            slot<number>('max_tokens'),
          ),
        ),
    )
    .returning('generation')
    .compile()
}

/** Runs it. Why it inserted nothing is told under the lock: an owner who was missing or full may not be any longer. */
export async function writeTokenAlone(
  connection: Connection,
  statement: InsertAlone,
  token: UnownedToken,
  rules: InsertRules,
): Promise<InsertOutcome> {
  const row = rowFromToken({ ...token, generation: 0 }, (ms) => ms as unknown as Instant)
  const query = withValues(statement, { ...row, now: rules.now, max_tokens: rules.maxTokens })
  const { rows } = await connection.db.executeQuery(query)
  const inserted = rows[0]
  if (inserted === undefined) return writeToken(connection, token, rules)
  return { outcome: 'inserted', token: { ...token, generation: Number(inserted.generation) } }
}
