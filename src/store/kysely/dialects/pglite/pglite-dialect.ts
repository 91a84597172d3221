/** PGlite for Kysely. Statements and transactions take turns on its one connection. */

import {
  type DatabaseConnection,
  type Driver,
  PGliteDialect,
  type PGliteDialectConfig,
  PGliteDriver,
} from 'kysely'

/** Kysely's dialect shares the connection without turns, so a statement could run within another's transaction. */
export class PGliteTurnsDialect extends PGliteDialect {
  readonly #config: PGliteDialectConfig

  constructor(config: PGliteDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): Driver {
    return new PGliteTurnsDriver(this.#config)
  }
}

class PGliteTurnsDriver extends PGliteDriver {
  #lastTurn: Promise<void> = Promise.resolve()
  #endTurn: () => void = () => undefined

  /** The instance is the host's, so it stays open. */
  override async destroy(): Promise<void> {}

  override async acquireConnection(): Promise<DatabaseConnection> {
    const turn = Promise.withResolvers<void>()
    const before = this.#lastTurn
    this.#lastTurn = turn.promise
    await before
    this.#endTurn = turn.resolve
    return super.acquireConnection()
  }

  override async releaseConnection(): Promise<void> {
    this.#endTurn()
  }
}
