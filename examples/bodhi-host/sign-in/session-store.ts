/** Keeps sessions in the host's database, so that every instance knows them, and a restart signs nobody out. */
import { callbackify } from 'node:util'
import type { FastifySessionOptions } from '@fastify/session'
import type { Session } from 'fastify'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'

export type SessionStore = NonNullable<FastifySessionOptions['store']>

/**
 * Makes the store. The ids in the table open nothing by themselves: the cookie is signed, and the secret is elsewhere.
 *
 * @param lifetimeMs how long a session lives from its begin
 */
export function sessionStore(db: Kysely<Tables>, lifetimeMs: number): SessionStore {
  return {
    get: callbackify((id: string) => find(db, id)),
    set: callbackify((id: string, session: Session) => write(db, id, session, lifetimeMs)),
    destroy: callbackify((id: string) => remove(db, id)),
  }
}

async function find(db: Kysely<Tables>, id: string): Promise<Session | null> {
  const row = await db
    .selectFrom('sessions')
    .select('content')
    .where('id', '=', id)
    .where('expires_at', '>', new Date().toISOString())
    .executeTakeFirst()
  return row ? (JSON.parse(row.content) as Session) : null // written below
}

async function write(db: Kysely<Tables>, id: string, session: Session, lifetimeMs: number): Promise<void> {
  const content = JSON.stringify(session)
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ content })
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) return

  // A new one: the moment to forget those that are over.
  const now = Date.now()
  await db.deleteFrom('sessions').where('expires_at', '<=', new Date(now).toISOString()).execute()
  const expires_at = new Date(now + lifetimeMs).toISOString()
  await db.insertInto('sessions').values({ id, content, expires_at }).execute()
}

async function remove(db: Kysely<Tables>, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute()
}
