/** The host's own directory of users: who they are, what they may do, and whether they are active. */
import { randomUUID } from 'node:crypto'
import Database from 'better-sqlite3'
import type { Role } from './roles.ts'

export interface User {
  readonly id: string
  /** The provider that vouches for the user: the same id from another one is somebody else. */
  readonly provider: string
  readonly name: string
  readonly email: string | null
  readonly role: Role
  readonly status: 'active' | 'deactivated'
  /** Changes when the user's sessions must end: a session holds the stamp that it began with. */
  readonly stamp: string
  readonly createdAt: string
  readonly lastSignedInAt: string
}

/** What is learned of a user at a sign-in. */
export type Arrival = Pick<User, 'id' | 'provider' | 'name' | 'email' | 'role'>

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    role TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active',
    stamp TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_signed_in_at TEXT NOT NULL
  ) STRICT
`

const COLUMNS = `id, provider, name, email, role, status, stamp,
  created_at AS createdAt, last_signed_in_at AS lastSignedInAt`

/** The directory, in a table of its own beside the plugin's. */
export class UserDirectory {
  readonly #database: Database.Database

  constructor(filename: string) {
    this.#database = new Database(filename)
    this.#database.pragma('journal_mode = WAL')
    this.#database.pragma('busy_timeout = 5000')
    this.#database.exec(SCHEMA)
  }

  find(id: string): User | null {
    return this.#database.prepare<[string], User>(`SELECT ${COLUMNS} FROM users WHERE id = ?`).get(id) ?? null
  }

  list(): User[] {
    return this.#database.prepare<[], User>(`SELECT ${COLUMNS} FROM users ORDER BY id`).all()
  }

  /** Writes down a sign-in, the first one included. Status and stamp of a known user stay as they are. */
  admit(arrival: Arrival, now: Date): User {
    const row = { ...arrival, stamp: randomUUID(), now: now.toISOString() }
    this.#database
      .prepare(
        `INSERT INTO users (id, provider, name, email, role, stamp, created_at, last_signed_in_at)
         VALUES (@id, @provider, @name, @email, @role, @stamp, @now, @now)
         ON CONFLICT (id) DO UPDATE SET
           name = excluded.name, email = excluded.email, role = excluded.role,
           last_signed_in_at = excluded.last_signed_in_at`,
      )
      .run(row)
    return this.#known(arrival.id)
  }

  /** Ends the user's sessions for good: a later reactivation does not bring them back. */
  deactivate(id: string): User {
    this.#database
      .prepare(`UPDATE users SET status = 'deactivated', stamp = ? WHERE id = ?`)
      .run(randomUUID(), id)
    return this.#known(id)
  }

  reactivate(id: string): User {
    this.#database.prepare(`UPDATE users SET status = 'active' WHERE id = ?`).run(id)
    return this.#known(id)
  }

  remove(id: string): void {
    this.#database.prepare(`DELETE FROM users WHERE id = ?`).run(id)
  }

  close(): void {
    this.#database.close()
  }

  #known(id: string): User {
    const user = this.find(id)
    if (!user) throw new Error(`There is no user ${id}`)
    return user
  }
}
