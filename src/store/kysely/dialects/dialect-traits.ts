/**
 * The differences between the databases.
 *
 * To write a statement for all databases, build it with Kysely on the `db` of a `StoreDb`, and use the traits:
 *
 * - Write a time as `traits.time(ms)` and read it as `traits.millis(column)`. Columns of times have the type `Instant`,
 *   so that the compiler reports a plain number.
 * - Write the id of a token as `traits.id(text)` and read it as `traits.idText(column)` with `idFromText`. Such columns have
 *   the type `StoredId`.
 * - Run an UPDATE whose new row is needed with `change`: MySQL and MariaDB have no `UPDATE … RETURNING`.
 * - In a `set`, do not read a column after writing it: MySQL assigns from left to right.
 * - Read and then write in `atomically`, and lock the rows with `locked`.
 * - The names of tables and indexes, and no other identifiers, begin with `api_token`: a host may add a prefix to them.
 */

import type {
  AliasedRawBuilder,
  Expression,
  InsertQueryBuilder,
  InsertResult,
  Kysely,
  RawBuilder,
  SelectQueryBuilder,
  SelectType,
  UpdateObject,
  UpdateQueryBuilder,
  UpdateResult,
} from 'kysely'
import type { TokenUse } from '../../token-store.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import type { Instant } from '../tables/instant.ts'
import type { StoredId } from '../tables/stored-id.ts'

/** The database of a store: Kysely, on a connection or in a transaction, and the traits of the dialect. */
export interface StoreDb {
  readonly db: Kysely<ApiTokenDatabase>
  readonly traits: DialectTraits
  /** SQLite only: retries work while another connection has locked the file. A transaction is retried as a whole. */
  readonly lockWaits?: LockWaits
}

/** Retries work while another connection has locked the file, until a deadline after its arrival. */
export interface LockWaits {
  /** Runs writes one after another, in the order of their arrival. */
  write<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T>
  read<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T>
}

/** A row of the table `used`, which holds a batch of uses. */
export interface UseRow {
  id: StoredId
  uses: number
  used_at: Instant
  asked: number
  ip: string | null
  user_agent: string | null
}

/** A column of a table by its name. */
export type ColumnRef<Table extends keyof ApiTokenDatabase> = <
  Name extends string & keyof ApiTokenDatabase[Table],
>(
  name: Name,
) => RawBuilder<SelectType<ApiTokenDatabase[Table][Name]>>

/** An UPDATE of tokens, before it is run. */
export type TokenUpdate = UpdateQueryBuilder<ApiTokenDatabase, 'api_tokens', 'api_tokens', UpdateResult>

/** Whether a query waits for rows that are locked, or skips them. */
export type WhenLocked = 'wait' | 'skip'

/** Column types. Texts are compared by bytes. Their length is in code points; it is limited so that they can be indexed. */
export interface ColumnTypes {
  /** The id of a token. */
  readonly id: RawBuilder<unknown>
  text(length: number): RawBuilder<unknown>
  /** A text of any length, which cannot be indexed. */
  readonly longText: RawBuilder<unknown>
  /** Whole numbers of up to 31 bits. */
  readonly integer: RawBuilder<unknown>
  /** Whole numbers of up to 53 bits. */
  readonly count: RawBuilder<unknown>
  readonly instant: RawBuilder<unknown>
  /** A generated column. */
  computed(type: RawBuilder<unknown>, expression: RawBuilder<unknown>): RawBuilder<unknown>
  /** The earliest of these instants; the end of the year 9999 when all are null. */
  earliest(columns: readonly string[]): RawBuilder<unknown>
  /** The sort key of lists by name, see `nameAndId`, of a column with names and one with ids. */
  nameKey(name: string, id: string): RawBuilder<unknown>
  /** The options after the column list of CREATE TABLE. */
  readonly tableOptions: RawBuilder<unknown>
  /** The same for a table whose rows are updated often, in columns without an index. */
  readonly updatedTableOptions: RawBuilder<unknown>
  /** Whether the database supports partial indexes, which can leave out rows with null. */
  readonly sparseIndexes: boolean
}

export interface DialectTraits {
  readonly types: ColumnTypes
  /** With one writer at a time, a statement that reads and writes needs no lock. */
  readonly writers: 'one' | 'many'

  /** Whether a page is read from the index of its order only if it has a key at its end, too. */
  readonly pagesNeedEnds: boolean
  /** How a cold verification reads the usage and the owner of tokens. */
  readonly readsTokensBy: 'joins' | 'lateral joins' | 'subqueries'

  /** The database's clock when the statement runs, in whole milliseconds since the epoch. */
  readonly now: RawBuilder<number>

  /** Returns the stamp of a change. On PostgreSQL, the expression also sends NOTIFY with the kind, a space and the id. */
  withNotify(stamp: RawBuilder<number>, kind: 'token' | 'user', id: Expression<string>): RawBuilder<number>

  /** A time as a value. It is clamped to the range that all databases support. */
  time(ms: number): RawBuilder<Instant>
  /** A column of times as milliseconds since the epoch, independent of session and driver settings. */
  millis(time: Expression<Instant | null>): RawBuilder<number>
  /** The later of two times. */
  later(one: Expression<Instant>, other: Expression<Instant>): RawBuilder<Instant>
  /** The id of a token as a value. A text that is no UUID in lower case becomes `null`, which equals no id. */
  id(id: string): RawBuilder<StoredId>
  /** The same as a parameter of a compiled query. */
  idParameter(id: string): string | Buffer | null
  /** A column of ids as text, for `idFromText`. */
  idText(id: Expression<StoredId | null>): RawBuilder<string>
  /** Lowercases ASCII letters only. */
  lowerAscii(text: Expression<string | null>): RawBuilder<string | null>

  /** Locks the rows that the query finds until the transaction ends. */
  locked<Database, Tables extends keyof Database, Row>(
    query: SelectQueryBuilder<Database, Tables, Row>,
    whenLocked?: WhenLocked,
  ): SelectQueryBuilder<Database, Tables, Row>
  /** The INSERT, without effect if a row with this key exists. */
  onConflictDoNothing<Table extends keyof ApiTokenDatabase>(
    insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
    key: string & keyof ApiTokenDatabase[Table],
  ): InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>
  /**
   * The INSERT, which writes these columns instead if a row with these keys exists. `stored` is a column of that row, `added`
   * the value that would be inserted. In the result, a column must not be read after it was written.
   */
  onConflictUpdate<Table extends keyof ApiTokenDatabase>(
    insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
    table: Table,
    keys: readonly (string & keyof ApiTokenDatabase[Table])[],
    update: (stored: ColumnRef<Table>, added: ColumnRef<Table>) => UpdateObject<ApiTokenDatabase, Table>,
  ): InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>
  /** Runs the UPDATE of one token. Returns the new row, or `undefined` when no row met the conditions. */
  change(
    storeDb: StoreDb,
    id: string,
    update: (tokens: TokenUpdate) => TokenUpdate,
  ): Promise<unknown | undefined>
  /** A batch of uses as a table named `used`, passed as one JSON parameter. */
  usesTable(uses: readonly TokenUse[]): AliasedRawBuilder<UseRow, 'used'>
  /** An UPDATE of tokens, joined with a batch of uses. */
  updateWithUses(
    storeDb: StoreDb,
    uses: readonly TokenUse[],
  ): UpdateQueryBuilder<
    ApiTokenDatabase & { used: UseRow },
    'api_tokens',
    'api_tokens' | 'used',
    UpdateResult
  >

  /** Throws when a setting of the server or the session would break the contract of stores. */
  requireServer(storeDb: StoreDb): Promise<void>
  /** Throws when a property of the tables, such as a collation, would break the contract of stores. */
  requireTables?(storeDb: StoreDb): Promise<void>
  /** Runs migrations under a lock, in a transaction if the database can roll back DDL. */
  migrateAlone<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T>
  /** Whether a statement of a migration failed because an earlier run, which then crashed, had already done it. */
  isDuplicateObject(error: unknown): boolean
  isMissingTable(error: unknown): boolean
  /**
   * Whether a retry cannot help, by the database's error codes: the request then gets 500 instead of 503. An unknown
   * error counts as an outage.
   */
  isPermanent(error: unknown): boolean
  /** Whether the transaction can be retried: after a deadlock or a serialization failure. */
  isRetryable(error: unknown): boolean
}
