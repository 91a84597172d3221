/** Statements that each connection prepares once, by name: they are planned once, and parsed once. */

import { createHash } from 'node:crypto'
import { isLostStatement, isStalePlan } from './postgres-errors.ts'

export class PreparedStatements {
  readonly #names = new Map<string, string>()
  #renamed = 0

  add(sql: string): void {
    this.#names.set(sql, this.#newName(sql))
  }

  /** The name to prepare the statement under; `undefined` for one that is not prepared. */
  nameOf(sql: string): string | undefined {
    return this.#names.get(sql)
  }

  /**
   * Heals all connections at once after an error of a prepared statement. A stale plan gives the statement a new name,
   * under which each connection prepares it again. A server that does not have what was prepared is behind a pooler
   * that does not support it: nothing is prepared from then on.
   */
  failed(sql: string, name: string, error: unknown): void {
    if (isLostStatement(error)) this.#names.clear()
    // Connections that fail at the same moment have used the same name: one new name is enough.
    else if (isStalePlan(error) && this.nameOf(sql) === name) this.#names.set(sql, this.#newName(sql))
  }

  /** A name stands for one text, whichever version of the package prepared it on this connection. */
  #newName(sql: string): string {
    this.#renamed += 1
    const digest = createHash('sha256').update(sql).digest('hex').slice(0, 16)
    return `fastify_api_tokens_${digest}_${this.#renamed}`
  }
}
