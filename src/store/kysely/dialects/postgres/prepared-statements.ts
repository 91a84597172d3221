/** Statements that each connection prepares once, by name. They are then parsed and planned once. */

import { createHash } from 'node:crypto'
import { isLostStatement, isStalePlan } from './postgres-errors.ts'

export class PreparedStatements {
  readonly #names = new Map<string, string>()
  #renamed = 0

  add(sql: string): void {
    this.#names.set(sql, this.#newName(sql))
  }

  /** The name of the prepared statement; `undefined` for a statement that is not prepared. */
  nameOf(sql: string): string | undefined {
    return this.#names.get(sql)
  }

  /**
   * Recovers all connections after an error of a prepared statement. After a stale plan, the statement gets a new name,
   * so that each connection prepares it again. When the server lacks the statement, a pooler does not support prepared
   * statements: none is used from then on.
   */
  failed(sql: string, name: string, error: unknown): void {
    if (isLostStatement(error)) this.#names.clear()
    // Other connections may have failed with the same name at the same time. One new name is enough.
    else if (isStalePlan(error) && this.nameOf(sql) === name) this.#names.set(sql, this.#newName(sql))
  }

  /** The name contains a digest of the SQL, because another version of the package may share the connection. */
  #newName(sql: string): string {
    this.#renamed += 1
    const digest = createHash('sha256').update(sql).digest('hex').slice(0, 16)
    return `fastify_api_tokens_${digest}_${this.#renamed}`
  }
}
