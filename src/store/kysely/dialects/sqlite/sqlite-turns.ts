/**
 * The connections of this process to one file take turns. Waiting for SQLite's lock would block the thread, which has to
 * run to complete the other connection's transaction.
 */

import { resolve } from 'node:path'
import { type DatabaseConnection, type SqliteDialectConfig, SqliteDriver } from 'kysely'

/** The last turn of each file. The next one begins after it. */
const lastTurns = new Map<string, Promise<void>>()

/** Whether a connection of this process has the turn: its transaction may be incomplete. */
export function turnsOf(filename: string): { isTaken(): boolean } {
  const file = resolve(filename)
  return { isTaken: () => lastTurns.has(file) }
}

export class SqliteTurnsDriver extends SqliteDriver {
  readonly #file: string
  #endTurn: () => void = () => undefined

  constructor(config: SqliteDialectConfig, filename: string) {
    super(config)
    this.#file = resolve(filename)
  }

  /** A turn lasts for one statement or one transaction. */
  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection()
    const turn = Promise.withResolvers<void>()
    const before = lastTurns.get(this.#file)
    lastTurns.set(this.#file, turn.promise)
    await before
    this.#endTurn = () => {
      if (lastTurns.get(this.#file) === turn.promise) lastTurns.delete(this.#file)
      turn.resolve()
    }
    return connection
  }

  override async releaseConnection(): Promise<void> {
    this.#endTurn()
    await super.releaseConnection()
  }
}
