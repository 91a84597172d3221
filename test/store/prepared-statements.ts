/** Counts what better-sqlite3 prepares, for tests of what the store asks of it. */

import Database from 'better-sqlite3'
import type { Test } from 'tap'

/** How often each SQL text has been prepared from now on, until the test ends. */
export function watchStatements(t: Test): Map<string, number> {
  const times = new Map<string, number>()
  const { prototype } = Database
  const original = prototype.prepare
  prototype.prepare = function prepare(this: Database.Database, sql: string) {
    times.set(sql, (times.get(sql) ?? 0) + 1)
    return Reflect.apply(original, this, [sql])
  } as typeof original
  t.teardown(() => {
    prototype.prepare = original
  })
  return times
}
