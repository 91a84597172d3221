/** Runs the migrations that are missing, on one instance at a time, and reports the state of the schema. */

import { sql } from 'kysely'
import { InvalidOption } from '../../../errors.ts'
import { reading, type StoreDb } from '../transactions.ts'
import type { Migration, SchemaStatement } from './migration.ts'
import { migrations } from './steps/index.ts'

/** Names of migrations, in their order. */
export interface MigrationState {
  readonly done: readonly string[]
  readonly missing: readonly string[]
  /** Done by another version of the package. */
  readonly unknown: readonly string[]
}

export interface PlannedMigration {
  readonly name: string
  readonly sql: readonly string[]
}

const TABLE = 'api_tokens_migration'

export interface MigratorOptions {
  /** The CLI command that migrates this database, for the error message of `assertUpToDate`. */
  readonly command?: string
  readonly steps?: Readonly<Record<string, Migration>>
}

export class Migrator {
  readonly #storeDb: StoreDb
  readonly #command: string | undefined
  readonly #steps: Readonly<Record<string, Migration>>

  constructor(storeDb: StoreDb, { command, steps = migrations }: MigratorOptions = {}) {
    this.#storeDb = storeDb
    this.#command = command
    this.#steps = steps
  }

  async state(): Promise<MigrationState> {
    const rows = await reading(this.#storeDb, ({ db }) =>
      db.selectFrom(TABLE).select('name').execute(),
    ).catch((error) => {
      if (this.#storeDb.traits.isMissingTable(error)) return []
      throw error
    })
    const known = Object.keys(this.#steps)
    const done = rows.map(({ name }) => name)
    return {
      done: known.filter((name) => done.includes(name)),
      missing: known.filter((name) => !done.includes(name)),
      unknown: done.filter((name) => !known.includes(name)),
    }
  }

  /** @throws {Error} When the schema is not exactly this version's. The message says what to do. */
  async assertUpToDate(): Promise<void> {
    const { missing, unknown } = await this.state()
    refuseUnknown(unknown)
    if (missing.length === 0) return
    const command = this.#command === undefined ? '' : `run ${this.#command}, or `
    throw new Error(
      `The schema of the token store lacks ${missing.join(', ')}: ${command}open the store once with migrate: true`,
    )
  }

  /** Runs the missing migrations and returns their names. Concurrent runs wait for the lock, then find nothing to do. */
  async migrate(): Promise<readonly string[]> {
    const { missing, unknown } = await this.state()
    refuseUnknown(unknown)
    if (missing.length === 0) return []
    try {
      return await this.#storeDb.traits.migrateAlone(this.#storeDb, (alone) => this.#runMissing(alone))
    } catch (cause) {
      if (cause instanceof InvalidOption) throw cause
      throw new Error('The schema of the token store could not be migrated', { cause })
    }
  }

  /** The SQL that `migrate` would run, including the record of it. */
  async plan(): Promise<readonly PlannedMigration[]> {
    const { missing, unknown } = await this.state()
    refuseUnknown(unknown)
    return missing.map((name, index) => ({
      name,
      sql: [
        // `if not exists`, so that the plan works with and without the table.
        ...(index === 0 ? [this.#historyTable(this.#storeDb)] : []),
        ...this.#statementsOf(name, this.#storeDb),
        this.#recordOf(name, this.#storeDb),
      ].map((statement) => statement.compile().sql),
    }))
  }

  async #runMissing(alone: StoreDb): Promise<readonly string[]> {
    await this.#historyTable(alone).execute()
    // Another instance, maybe of a later version, may have migrated while this one waited for the lock.
    const { missing, unknown } = await new Migrator(alone, { steps: this.#steps }).state()
    refuseUnknown(unknown)
    for (const name of missing) await this.#run(name, alone)
    return missing
  }

  async #run(name: string, alone: StoreDb): Promise<void> {
    for (const statement of this.#statementsOf(name, alone)) {
      await statement.execute().catch((error) => {
        if (!alone.traits.isDuplicateObject(error)) throw error
      })
    }
    await this.#recordOf(name, alone).execute()
  }

  #historyTable({ db, traits }: StoreDb): SchemaStatement {
    return db.schema
      .createTable(TABLE)
      .ifNotExists()
      .addColumn('name', traits.types.text(255), (column) => column.notNull().primaryKey())
      .addColumn('timestamp', traits.types.text(255), (column) => column.notNull())
      .modifyEnd(traits.types.tableOptions)
  }

  #recordOf(name: string, { db }: StoreDb): SchemaStatement {
    return db.insertInto(TABLE).values({ name: sql.lit(name), timestamp: sql.lit(new Date().toISOString()) })
  }

  #statementsOf(name: string, { db, traits }: StoreDb) {
    const step = this.#steps[name]
    if (step === undefined) throw new Error(`there is no step ${name}`)
    return step(db.schema, traits.types)
  }
}

/** Migrations of versions before the first release, which no later version can continue. */
const UNRELEASED = /^(2026-\d\d-\d\d-|initial-)/

function refuseUnknown(unknown: readonly string[]): void {
  if (unknown.length === 0) return
  const names = unknown.join(', ')
  throw new Error(
    unknown.some((name) => UNRELEASED.test(name))
      ? `The tables of the token store were made by a version before the first release (${names}): drop them and migrate again`
      : `The schema of the token store has ${names}, which this version does not know: run npm install fastify-api-tokens@latest`,
  )
}
