/** Brings the schema up to date with Kysely's own migrator, in tables of names that no host uses. */

import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { InvalidOption } from '../../errors.ts'
import type { ApiTokenDatabase } from './database.ts'
import type { DialectTraits } from './dialect-traits.ts'
import { migrations } from './migrations/index.ts'

const MIGRATIONS = 'api_tokens_migration'

/** Runs every step that is missing. Throws what the step threw, or that the schema is newer than this version. */
export async function migrate(db: Kysely<ApiTokenDatabase>, traits: DialectTraits): Promise<void> {
  const { error } = await migratorOf(db, traits).migrateToLatest()
  if (error instanceof InvalidOption) throw error
  if (error !== undefined)
    throw new Error('The schema of the token store could not be migrated', { cause: error })
}

/** Throws unless the schema is exactly this version's. */
export async function requireSchema(db: Kysely<ApiTokenDatabase>, traits: DialectTraits): Promise<void> {
  const steps = await migratorOf(db, traits).getMigrations()
  const missing = steps.filter((step) => step.executedAt === undefined).map((step) => step.name)
  if (missing.length > 0) {
    throw new Error(
      `The schema of the token store lacks ${missing.join(', ')}: open it once with migrate: true`,
    )
  }
  await requireNoOther(db, steps)
}

/** Kysely's list holds the steps of this version alone; the database may have seen later ones. */
async function requireNoOther(
  db: Kysely<ApiTokenDatabase>,
  steps: readonly { readonly name: string }[],
): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATIONS)}`.execute(db)
  const other = rows.map(({ name }) => name).filter((name) => !steps.some((step) => step.name === name))
  if (other.length > 0) {
    throw new Error(`The schema of the token store has ${other.join(', ')}, which this version does not know`)
  }
}

function migratorOf(db: Kysely<ApiTokenDatabase>, traits: DialectTraits): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => migrations(traits) },
    migrationTableName: MIGRATIONS,
    migrationLockTableName: 'api_tokens_migration_lock',
  })
}
