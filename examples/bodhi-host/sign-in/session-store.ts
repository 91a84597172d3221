/** Stores sessions in the host's database, so that they work on every instance and survive a restart. */
import { callbackify } from 'node:util'
import type { FastifySessionOptions } from '@fastify/session'
import type { Session } from 'fastify'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'

export type SessionStore = NonNullable<FastifySessionOptions['store']>

/**
 * Makes the store. The ids in the table are useless without the secret that signs the cookie.
 *
 * @param lifetimeMs The lifetime of a session from its start.
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

  // Expired sessions are deleted whenever a new one is stored.
  const now = Date.now()
  await db.deleteFrom('sessions').where('expires_at', '<=', new Date(now).toISOString()).execute()
  const expires_at = new Date(now + lifetimeMs).toISOString()
  await db.insertInto('sessions').values({ id, content, expires_at }).execute()
}

async function remove(db: Kysely<Tables>, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute()
}
