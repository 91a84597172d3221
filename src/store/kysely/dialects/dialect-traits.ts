/**
 * What differs between the databases, each trait in its database's own best form.
 *
 * To write a statement that runs everywhere: build it with Kysely on the `db` of a `StoreDb`, and leave to the
 * traits what they are for. A time goes in as `traits.time(ms)` and comes out as `traits.millis(column)`, a column of
 * times is of the type `Instant`, so that the compiler finds a number that was forgotten. A change that has to tell
 * the row after it goes through `change`, because MySQL and MariaDB know no `UPDATE … RETURNING`; they also assign
 * from left to right, so that a `set` must not read a column that it has written before. What reads and then writes
 * runs in `atomically`, and locks what it has read with `locked`. Tables and indexes have names that begin with
 * `api_token`, and so has nothing else: a host may put a prefix before them.
 */

import type {
  AliasedRawBuilder,
  Expression,
  InsertQueryBuilder,
  InsertResult,
  Kysely,
  RawBuilder,
  SelectQueryBuilder,
  UpdateQueryBuilder,
  UpdateResult,
} from 'kysely'
import type { TokenUse } from '../../token-store.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import type { Instant } from '../tables/instant.ts'

/** A database as statements see it: Kysely on a connection or in a transaction, and what is its dialect's own. */
export interface StoreDb {
  readonly db: Kysely<ApiTokenDatabase>
  readonly traits: DialectTraits
  /** SQLite only: how work waits for a lock of another connection. A transaction has none: all of it is tried again. */
  readonly lockWaits?: LockWaits
}

/** Tries work again while another connection has locked the file, until a deadline that counts from its arrival. */
export interface LockWaits {
  /** One after another, in the order of their arrival. */
  write<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T>
  read<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T>
}

/** One row of a batch of uses, as the statement that records them sees it. */
export interface UseRow {
  id: string
  uses: number
  used_at: Instant
  asked: number
  ip: string | null
  user_agent: string | null
}

/** An UPDATE of tokens that is not run yet. */
export type TokenUpdate = UpdateQueryBuilder<ApiTokenDatabase, 'api_tokens', 'api_tokens', UpdateResult>

/** Whether who finds a row locked waits for it, or leaves it to the one who has it. */
export type WhenLocked = 'wait' | 'skip'

/** Types of columns. Texts compare byte by byte; their length is in code points, and bounds what can be indexed. */
export interface ColumnTypes {
  text(length: number): RawBuilder<unknown>
  /** A text of any length, in no index. */
  readonly longText: RawBuilder<unknown>
  /** Whole numbers of up to 31 bits. */
  readonly integer: RawBuilder<unknown>
  /** Whole numbers of up to 53 bits. */
  readonly count: RawBuilder<unknown>
  readonly instant: RawBuilder<unknown>
  /** A column whose value the database computes from other columns of the row. */
  computed(type: RawBuilder<unknown>, expression: RawBuilder<unknown>): RawBuilder<unknown>
  /** The earliest of these instants that is not null; the last moment of the year 9999 when all of them are null. */
  earliest(columns: readonly string[]): RawBuilder<unknown>
  /** A text that may be null, a separator below every character of a name, and another text. */
  joined(nullableText: string, text: string): RawBuilder<unknown>
  /** What follows the closing parenthesis of CREATE TABLE. */
  readonly tableOptions: RawBuilder<unknown>
  /** Whether an index can leave out rows whose column is null. */
  readonly sparseIndexes: boolean
}

export interface DialectTraits {
  readonly types: ColumnTypes
  /** How many can write at a time: with one, a statement that reads and writes needs no lock. */
  readonly writers: 'one' | 'many'

  /** The database's own clock as the statement runs, in whole milliseconds since the epoch. */
  readonly now: RawBuilder<number>

  /**
   * The stamp of a change; where the database carries news itself, one that also tells it when the transaction commits:
   * the text is the kind, a space and the id.
   */
  withNotify(stamp: RawBuilder<number>, kind: 'token' | 'user', id: Expression<string>): RawBuilder<number>

  /** A moment as a value; one out of the range of all databases is the nearest that is in it. */
  time(ms: number): RawBuilder<Instant>
  /** A column of times as milliseconds since the epoch, whatever the session and the driver make of times. */
  millis(time: Expression<Instant | null>): RawBuilder<number>
  /** A text with its ASCII letters in lower case, and no others. */
  lowerAscii(text: Expression<string | null>): RawBuilder<string | null>

  /** Locks the rows that the query finds until the transaction ends. */
  locked<Tables extends keyof ApiTokenDatabase, Row>(
    query: SelectQueryBuilder<ApiTokenDatabase, Tables, Row>,
    whenLocked?: WhenLocked,
  ): SelectQueryBuilder<ApiTokenDatabase, Tables, Row>
  /** The INSERT, which does nothing where there is a row with this key. */
  onConflictDoNothing<Table extends keyof ApiTokenDatabase>(
    insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
    key: string & keyof ApiTokenDatabase[Table],
  ): InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>
  /** The INSERT, which adds to the column where there is a row with these keys. */
  onConflictAdd<Table extends keyof ApiTokenDatabase>(
    insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
    table: Table,
    keys: readonly (string & keyof ApiTokenDatabase[Table])[],
    column: string & keyof ApiTokenDatabase[Table],
  ): InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>
  /** Runs the UPDATE of one token and returns its row after it, `undefined` when no row met its conditions. */
  change(
    storeDb: StoreDb,
    id: string,
    update: (tokens: TokenUpdate) => TokenUpdate,
  ): Promise<unknown | undefined>
  /** A batch of uses as a table named `used`, in one parameter. */
  usesTable(uses: readonly TokenUse[]): AliasedRawBuilder<UseRow, 'used'>
  /** An UPDATE of tokens that also sees a batch of uses. */
  updateWithUses(
    storeDb: StoreDb,
    uses: readonly TokenUse[],
  ): UpdateQueryBuilder<
    ApiTokenDatabase & { used: UseRow },
    'api_tokens',
    'api_tokens' | 'used',
    UpdateResult
  >

  /** Throws when the server, or this session with it, cannot keep the contract of stores. */
  requireServer(storeDb: StoreDb): Promise<void>
  /** Throws when the tables, which are there and of this version, cannot keep the contract of stores. */
  requireTables?(storeDb: StoreDb): Promise<void>
  /** Runs the steps of the schema while nobody else does: in a transaction where the database can undo them. */
  migrateAlone<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T>
  /** Whether a step of the schema failed because a crash had kept an earlier run from saying that it was done. */
  isDuplicateObject(error: unknown): boolean
  isMissingTable(error: unknown): boolean
  /**
   * Whether waiting does not correct the error, by the database's own codes: the request gets 500 instead of 503. An
   * unknown error counts as an outage.
   */
  isPermanent(error: unknown): boolean
  /** Whether the database asks to try the transaction again: a deadlock, or what it could not put in order. */
  isRetryable(error: unknown): boolean
}
