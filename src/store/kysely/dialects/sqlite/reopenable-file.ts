/** An SQLite file for Kysely. It can be reopened after `close`, and it detects that the file was moved or deleted. */

import { type Stats, statSync } from 'node:fs'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { openSqlite } from './sqlite-connection.ts'
import { namedError } from './sqlite-errors.ts'

export class ReopenableFile implements SqliteDatabase {
  readonly #path: string
  readonly #lockTimeoutMs: number
  #database: SqliteDatabase | undefined
  #opened: Stats | undefined
  #isMoved = false

  constructor(path: string, lockTimeoutMs: number) {
    this.#path = path
    this.#lockTimeoutMs = lockTimeoutMs
  }

  /** @throws {InvalidOption} When the file cannot be opened. */
  async open(): Promise<void> {
    const lockTimeoutMs = this.#lockTimeoutMs
    this.#database = await openSqlite({ filename: this.#path, lockTimeoutMs })
    this.#opened = this.#stat()
    this.#isMoved = false
  }

  close(): void {
    this.#database?.close()
    this.#database = undefined
  }

  prepare(sql: string): SqliteStatement {
    if (this.#database === undefined) throw new Error(`the SQLite file ${this.#path} is closed`)
    return this.#database.prepare(sql)
  }

  /** Whether the last `requireUnmoved` found another file, or none, at the path. */
  get isMoved(): boolean {
    return this.#isMoved
  }

  /**
   * Fails when the file was moved, deleted or replaced: a write to it would succeed and then be lost.
   *
   * @throws The error code that SQLite uses when it detects such a file itself.
   */
  requireUnmoved(): void {
    const found = this.#stat()
    this.#isMoved = found?.ino !== this.#opened?.ino || found?.dev !== this.#opened?.dev
    if (!this.#isMoved) return
    const cause = new Error('another file, or none, stands under its path')
    throw namedError(this.#path, Object.assign(cause, { code: 'SQLITE_READONLY_DBMOVED' }))
  }

  #stat(): Stats | undefined {
    return statSync(this.#path, { throwIfNoEntry: false })
  }
}
