/** The connections of a host's own Kysely to MySQL, checked as those of a pool are, and without the host's plugins. */

import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import { requireSession } from './session-check.ts'

/** Kysely gives the same object for a connection each time. */
const checked = new WeakSet<DatabaseConnection>()

/** A Kysely on the connections of the host's: each is checked before its first statement of the store. */
export function onCheckedConnections<Database>(host: Kysely<Database>): Kysely<Database> {
  return new Kysely<Database>({
    dialect: {
      createDriver: () => new HostDriver(host),
      createQueryCompiler: () => new MysqlQueryCompiler(),
      createAdapter: () => new MysqlAdapter(),
      createIntrospector: (db) => new MysqlIntrospector(db),
    },
  })
}

class HostDriver<Database> implements Driver {
  readonly #host: Kysely<Database>
  readonly #returns = new WeakMap<DatabaseConnection, () => void>()

  constructor(host: Kysely<Database>) {
    this.#host = host
  }

  async init(): Promise<void> {}

  /** The host's Kysely lends a connection for as long as a function runs. */
  async acquireConnection(): Promise<DatabaseConnection> {
    const lent = Promise.withResolvers<DatabaseConnection>()
    this.#host
      .getExecutor()
      .provideConnection(async (connection) => {
        const returned = Promise.withResolvers<void>()
        await requireChecked(connection)
        // A transaction that the host left open would read an old snapshot, and swallow what is written.
        await run(connection, 'rollback')
        this.#returns.set(connection, returned.resolve)
        lent.resolve(connection)
        await returned.promise
      })
      .catch(lent.reject)
    return lent.promise
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#returns.get(connection)?.()
  }

  async beginTransaction(connection: DatabaseConnection, { isolationLevel }: TransactionSettings) {
    if (isolationLevel !== undefined)
      await run(connection, `set transaction isolation level ${isolationLevel}`)
    await run(connection, 'begin')
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await run(connection, 'commit')
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // What fails here has lost its connection, and the server rolls back. The first error is the one to tell.
    await run(connection, 'rollback').catch(() => undefined)
  }

  /** The host ends its own connections. */
  async destroy(): Promise<void> {}
}

async function requireChecked(connection: DatabaseConnection): Promise<void> {
  if (checked.has(connection)) return
  await requireSession(async (sql, parameters) => (await run(connection, sql, parameters)).rows)
  checked.add(connection)
}

function run(connection: DatabaseConnection, sql: string, parameters: readonly unknown[] = []) {
  return connection.executeQuery(CompiledQuery.raw(sql, [...parameters]))
}
