/** `migrate` and `migrate status`: brings the schema of a store up to date, or lists missing migrations. */

import type { Migrator } from '../store/kysely/migrations/migrator.ts'
import { type OpenMigrator, openMigrator } from '../store/kysely/migrations/open-migrator.ts'
import { parseStoreAddress } from '../store/store-address.ts'
import { readArguments, WrongCall } from './arguments.ts'
import { messageOf } from './message-of.ts'
import type { Command, Terminal } from './terminal.ts'

export const MIGRATE_USAGE = `  fastify-api-tokens migrate        --store ADDRESS [--dry-run] [--schema NAME] [--table-prefix PREFIX]
  fastify-api-tokens migrate status --store ADDRESS [--schema NAME] [--table-prefix PREFIX]
    ADDRESS is postgres://…, mysql://… or sqlite:FILE; without --store it is taken from DATABASE_URL`

type Action = (migrator: Migrator, terminal: Terminal) => Promise<number>

const ACTIONS = { migrate, status, 'dry-run': dryRun } as const satisfies Record<string, Action>

/** Never prints the password of an address. */
export const migrateCommand: Command = async (args, terminal) => {
  const { texts, flags, names } = readArguments(args, {
    texts: ['store', 'schema', 'table-prefix'],
    flags: ['dry-run'],
  })
  const name = actionNamed(names, flags.has('dry-run'))
  const address = texts.store ?? addressOfEnvironment(process.env['DATABASE_URL'])
  const place = { schema: texts.schema, tablePrefix: texts['table-prefix'], changes: name === 'migrate' }
  const opened = openMigrator(parseStoreAddress(address), place)
  return runOn(opened, address, ACTIONS[name], terminal)
}

/** @throws {WrongCall} For an argument that has no effect. */
function actionNamed([name, ...more]: readonly string[], isDry: boolean): keyof typeof ACTIONS {
  const extra = name === 'status' ? more : name === undefined ? [] : [name, ...more]
  if (extra.length > 0)
    // The argument is not repeated in the error, because it may be part of an address with a password.
    throw new WrongCall('migrate takes no argument but status: give the address by --store')
  if (name === 'status' && isDry) throw new WrongCall('migrate status takes no --dry-run: it changes nothing')
  if (name === 'status') return 'status'
  return isDry ? 'dry-run' : 'migrate'
}

function addressOfEnvironment(value: string | undefined): string {
  if (value === undefined)
    throw new WrongCall('the address of the store is missing: give --store, or set DATABASE_URL')
  if (value.trim() === '')
    throw new WrongCall('DATABASE_URL is empty: give --store, or set it to the address of the store')
  return value
}

async function runOn(opened: OpenMigrator, address: string, action: Action, terminal: Terminal) {
  try {
    return await action(opened.migrator, terminal)
  } catch (error) {
    terminal.warn(messageOf(error, address))
    return 1
  } finally {
    await opened.close()
  }
}

async function migrate(migrator: Migrator, { print }: Terminal): Promise<number> {
  const done = await migrator.migrate()
  for (const name of done) print(`done     ${name}`)
  if (done.length === 0) print('the schema is up to date')
  return 0
}

async function status(migrator: Migrator, { print }: Terminal): Promise<number> {
  const { done, missing, unknown } = await migrator.state()
  for (const name of done) print(`done     ${name}`)
  for (const name of missing) print(`missing  ${name}`)
  for (const name of unknown) print(`unknown  ${name}`)
  return missing.length + unknown.length === 0 ? 0 : 1
}

async function dryRun(migrator: Migrator, { print }: Terminal): Promise<number> {
  const steps = await migrator.plan()
  for (const { name, sql } of steps) {
    print(`-- ${name}`)
    for (const statement of sql) print(`${statement};`)
  }
  if (steps.length === 0) print('-- the schema is up to date')
  return 0
}
