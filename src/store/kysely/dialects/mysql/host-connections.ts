/** Uses the MySQL connections of a host's Kysely: each is checked once, and the host's plugins are left out. */

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

/** Kysely uses one object per connection. */
const checked = new WeakSet<DatabaseConnection>()

/** A Kysely on the host's connections. Each is checked before the store's first statement on it. */
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

  /** The host's Kysely lends a connection while a callback runs, so the callback waits for `releaseConnection`. */
  async acquireConnection(): Promise<DatabaseConnection> {
    const lent = Promise.withResolvers<DatabaseConnection>()
    this.#host
      .getExecutor()
      .provideConnection(async (connection) => {
        const returned = Promise.withResolvers<void>()
        await requireChecked(connection)
        // In a transaction that the host left open, reads would be stale and writes might never be committed.
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
    // When this fails, the connection is lost and the server rolls back. The first error is the one to report.
    await run(connection, 'rollback').catch(() => undefined)
  }

  /** The connections are the host's, so they stay open. */
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
