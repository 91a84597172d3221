/** The databases that processes can share, each empty and a test's own: an SQLite file, PostgreSQL, MariaDB. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Test } from 'tap'
import { ownDatabase, type ServerName } from './databases.ts'

export interface SqlDatabase {
  readonly name: 'SQLite' | ServerName
  /** As `--store` takes it. */
  readonly address: string
  run<Row>(sql: string): Promise<Row[]>
  /** Every column and index of the tables, in one order: two schemas are the same when these are. */
  columnsAndIndexes(): Promise<readonly string[]>
  /** Drops the tables. */
  empty(): Promise<void>
}

/** The id of a token as the databases store it. */
export function idLiteral(name: SqlDatabase['name'], id: string): string {
  return name === 'PostgreSQL' ? `'${id}'` : `x'${id.replaceAll('-', '')}'`
}

/** All uses of a token, in SQL: those of its row and those of its day. */
export const USE_COUNT = `use_count + coalesce((select requests from api_token_usage
  where api_token_usage.day = api_tokens.idle_day and api_token_usage.token_id = api_tokens.id), 0)`

/** Those of this machine; a server that is not there is said. */
export async function sqlDatabases(t: Test): Promise<readonly SqlDatabase[]> {
  const databases = [sqliteFile(t), await onServer(t, 'PostgreSQL'), await onServer(t, 'MariaDB')]
  return databases.filter((database) => database !== null)
}

function sqliteFile(t: Test): SqlDatabase {
  const filename = join(t.testdir(), 'tokens.db')
  const run = async <Row>(sql: string) => {
    const database = new Database(filename)
    try {
      const statement = database.prepare(sql)
      if (statement.reader) return statement.all() as Row[]
      statement.run()
      return []
    } finally {
      database.close()
    }
  }
  return databaseOf(
    'SQLite',
    `sqlite:${filename}`,
    run,
    'select sql as line from sqlite_schema where sql is not null',
  )
}

async function onServer(t: Test, server: ServerName): Promise<SqlDatabase | null> {
  const database = await ownDatabase(t, server)
  if (database === null) return null
  const { connectionString, name, run } = database
  const isPostgres = server === 'PostgreSQL'
  const schema = isPostgres
    ? `select table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable as line
        from information_schema.columns where table_schema = '${name}'
        union all select replace(indexdef, '${name}.', '') from pg_indexes where schemaname = '${name}'`
    : `select concat_ws(' ', table_name, column_name, column_type, is_nullable, collation_name) as line
        from information_schema.columns where table_schema = '${name}'
        union all select concat_ws(' ', table_name, index_name, seq_in_index, column_name)
        from information_schema.statistics where table_schema = '${name}'`
  return databaseOf(server, connectionString, run, schema)
}

function databaseOf(
  name: SqlDatabase['name'],
  address: string,
  run: SqlDatabase['run'],
  schema: string,
): SqlDatabase {
  return {
    name,
    address,
    run,
    columnsAndIndexes: async () => (await run<{ line: string }>(schema)).map(({ line }) => line).sort(),
    empty: async () => {
      for (const table of ['s_migration', '_usage', '_leases', '_devices', '_owners', 's']) {
        await run(`drop table if exists api_token${table}`)
      }
    },
  }
}
