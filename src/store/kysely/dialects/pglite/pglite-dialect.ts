/** PGlite for Kysely, with one user of its one connection at a time. */

import {
  type DatabaseConnection,
  type Driver,
  PGliteDialect,
  type PGliteDialectConfig,
  PGliteDriver,
} from 'kysely'

/** Kysely's own hands the connection to everybody at once: a statement could fall into another's transaction. */
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

  /** The instance is the host's, who closes it. */
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
