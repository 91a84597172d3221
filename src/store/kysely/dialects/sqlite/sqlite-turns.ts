/**
 * Lets the connections of this process to one file take turns. SQLite waits for a lock within the thread, which is
 * the very one that has to go on for another connection's transaction to end.
 */

import { resolve } from 'node:path'
import { type DatabaseConnection, type SqliteDialectConfig, SqliteDriver } from 'kysely'

/** By file, the turn after which the next may begin. */
const lastTurns = new Map<string, Promise<void>>()

/** Tells of a file whether a connection of this process has it: its transaction may be half done. */
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

  /** A connection is held for one statement, or for one transaction. */
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
