/** The host's own tables, the same on each database. A host that grows has migrations; this one has one version. */
import { type CreateTableBuilder, type Kysely, sql } from 'kysely'
import type { Role } from '../users/roles.ts'
import type { DatabaseAddress } from './database-address.ts'

export interface Tables {
  readonly users: UserTable
  readonly sessions: SessionTable
}

/** Times are ISO 8601 in UTC, as text: the one type that every database reads back as it was written. */
export interface UserTable {
  readonly id: string
  /** The provider that vouches for the user: the same id from another one is somebody else. */
  readonly provider: string
  readonly name: string
  readonly email: string | null
  readonly role: Role
  readonly status: 'active' | 'deactivated'
  /** Changes when the user's sessions must end: a session holds the stamp that it began with. */
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

/** Makes the tables that are not there yet. Several instances may start at once. */
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
    // PostgreSQL refuses the second of two who make one table at once; asked again, it has the table.
    await statement.execute().catch(() => statement.execute())
  }
}

/** MySQL would take `Ann`, and `ann` with a space behind it, for `ann`. Each server runs the comment that is for it. */
function comparedByBytes<Name extends string, Column extends string>(
  table: CreateTableBuilder<Name, Column>,
): CreateTableBuilder<Name, Column> {
  const bytes = sql.raw('/*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */')
  return table.modifyEnd(sql`engine = InnoDB, row_format = dynamic, default character set utf8mb4 ${bytes}`)
}
