/** Counts the statements that better-sqlite3 runs. */

import Database from 'better-sqlite3'

const statement = prototypeOfStatements()

/** Counts until `stop`, which returns the count. */
export function countStatements(): { stop(): number } {
  const { run, all } = statement
  let count = 0
  const counting = <Run extends typeof run | typeof all>(original: Run) =>
    function counted(this: Database.Statement, ...parameters: unknown[]) {
      count += 1
      return Reflect.apply(original, this, parameters)
    } as Run
  statement.run = counting(run)
  statement.all = counting(all)
  return {
    stop: () => {
      statement.run = run
      statement.all = all
      return count
    },
  }
}

function prototypeOfStatements(): Database.Statement {
  const database = new Database(':memory:')
  const prototype: Database.Statement = Object.getPrototypeOf(database.prepare('select 1'))
  database.close()
  return prototype
}
