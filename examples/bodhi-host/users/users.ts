/** The host's own directory of users: who they are, what they may do, and whether they are active. */
import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables, UserTable } from '../database/tables.ts'

export interface User extends Omit<UserTable, 'created_at' | 'last_signed_in_at'> {
  readonly createdAt: string
  readonly lastSignedInAt: string
}

/** What is learned of a user at a sign-in. */
export type Arrival = Pick<User, 'id' | 'provider' | 'name' | 'email' | 'role'>

/** The directory, in a table of its own beside the plugin's: every instance of the host reads the same. */
export class UserDirectory {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async find(id: string): Promise<User | null> {
    const row = await this.#db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? userOf(row) : null
  }

  async list(): Promise<User[]> {
    const rows = await this.#db.selectFrom('users').selectAll().orderBy('id').execute()
    return rows.map(userOf)
  }

  /** Writes down a sign-in, the first one included. Status and stamp of a known user stay as they are. */
  async admit(arrival: Arrival, now: Date): Promise<User> {
    const { id, provider, ...known } = arrival
    const time = now.toISOString()
    const update = () => this.#update(id, { ...known, last_signed_in_at: time })
    const first: UserTable = {
      ...arrival,
      status: 'active',
      stamp: randomUUID(),
      created_at: time,
      last_signed_in_at: time,
    }
    if (!(await update())) {
      try {
        await this.#db.insertInto('users').values(first).execute()
      } catch (error) {
        // Another sign-in of the same user may have come first.
        if (!(await update())) throw error
      }
    }
    return this.#known(id)
  }

  /** Ends the user's sessions permanently: a later reactivation does not restore them. */
  async deactivate(id: string): Promise<User> {
    await this.#update(id, { status: 'deactivated', stamp: randomUUID() })
    return this.#known(id)
  }

  async reactivate(id: string): Promise<User> {
    await this.#update(id, { status: 'active' })
    return this.#known(id)
  }

  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom('users').where('id', '=', id).execute()
  }

  /** Whether there is such a user. */
  async #update(id: string, changes: Partial<UserTable>): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('users')
      .set(changes)
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }

  async #known(id: string): Promise<User> {
    const user = await this.find(id)
    if (!user) throw new Error(`There is no user ${id}`)
    return user
  }
}

function userOf({ created_at, last_signed_in_at, ...row }: UserTable): User {
  return { ...row, createdAt: created_at, lastSignedInAt: last_signed_in_at }
}
