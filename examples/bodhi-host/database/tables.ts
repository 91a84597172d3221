/** The host's own tables, the same for each database. A real host needs migrations; this example has one version. */
import { type CreateTableBuilder, type Kysely, sql } from 'kysely'
import type { Role } from '../users/roles.ts'
import type { DatabaseAddress } from './database-address.ts'

export interface Tables {
  readonly users: UserTable
  readonly sessions: SessionTable
}

/** Times are stored as ISO 8601 text in UTC, because that type works the same in every database. */
export interface UserTable {
  readonly id: string
  /** The user's identity provider. The same id at another provider is a different user. */
  readonly provider: string
  readonly name: string
  readonly email: string | null
  readonly role: Role
  readonly status: 'active' | 'deactivated'
  /** Changed to end all sessions of the user: a session is valid only with the stamp of its start. */
  readonly stamp: string
  readonly created_at: string
  readonly last_signed_in_at: string
}

export interface SessionTable {
  readonly id: string
  /** JSON. */
  readonly content: string
  readonly expires_at: string
}

/** Creates missing tables. Several instances may start at the same time. */
export async function createTables(db: Kysely<Tables>, dialect: DatabaseAddress['dialect']): Promise<void> {
  const { schema } = db
  const users = schema
    .createTable('users')
    .ifNotExists()
    .addColumn('id', 'varchar(255)', (id) => id.primaryKey())
    .addColumn('provider', 'text', (provider) => provider.notNull())
    .addColumn('name', 'text', (name) => name.notNull())
    .addColumn('email', 'text')
    .addColumn('role', 'varchar(30)', (role) => role.notNull())
    .addColumn('status', 'varchar(30)', (status) => status.notNull())
    .addColumn('stamp', 'varchar(36)', (stamp) => stamp.notNull())
    .addColumn('created_at', 'varchar(30)', (time) => time.notNull())
    .addColumn('last_signed_in_at', 'varchar(30)', (time) => time.notNull())
  const sessions = schema
    .createTable('sessions')
    .ifNotExists()
    .addColumn('id', 'varchar(255)', (id) => id.primaryKey())
    .addColumn('content', 'text', (content) => content.notNull())
    .addColumn('expires_at', 'varchar(30)', (time) => time.notNull())

  for (const table of [users, sessions]) {
    const statement = dialect === 'mysql' ? comparedByBytes(table) : table
    // PostgreSQL may refuse the second of two concurrent creations of a table: try again, then it exists.
    await statement.execute().catch(() => statement.execute())
  }
}

/** Byte-wise collation: by default MySQL treats `Ann` and `ann ` as equal. Each server runs its own comment. */
function comparedByBytes<Name extends string, Column extends string>(
  table: CreateTableBuilder<Name, Column>,
): CreateTableBuilder<Name, Column> {
  const bytes = sql.raw('/*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */')
  return table.modifyEnd(sql`engine = InnoDB, row_format = dynamic, default character set utf8mb4 ${bytes}`)
}
