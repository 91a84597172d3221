/** `migrate` and `migrate status`: brings the schema of a store up to date, or says what it lacks. */

import { parseArgs } from 'node:util'
import { type OpenedSchema, openSchema } from '../store/kysely/schema/open-schema.ts'
import type { Schema } from '../store/kysely/schema/schema.ts'
import { parseStoreAddress } from '../store/store-address.ts'
import { messageOf } from './message-of.ts'
import type { Command, Terminal } from './terminal.ts'

export const MIGRATE_USAGE = `  fastify-api-tokens migrate        --store ADDRESS [--dry-run] [--schema NAME] [--table-prefix PREFIX]
  fastify-api-tokens migrate status --store ADDRESS [--schema NAME] [--table-prefix PREFIX]
    ADDRESS is postgres://…, mysql://… or sqlite:FILE; without --store it is taken from DATABASE_URL`

type Action = (schema: Schema, terminal: Terminal) => Promise<number>

const ACTIONS: Readonly<Record<string, Action>> = { migrate, status, 'dry-run': dryRun }

/** Never prints the password of an address. */
export const migrateCommand: Command = async (args, terminal) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      store: { type: 'string', default: process.env['DATABASE_URL'] ?? '' },
      schema: { type: 'string' },
      'table-prefix': { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const name = actionNamed(positionals, values['dry-run'])
  const action = name === undefined ? undefined : ACTIONS[name]
  if (action === undefined || values.store === '') {
    terminal.warn(`usage:\n${MIGRATE_USAGE}`)
    return 2
  }
  const place = { schema: values.schema, tablePrefix: values['table-prefix'], changes: name === 'migrate' }
  const opened = openSchema(parseStoreAddress(values.store), place)
  return runOn(opened, values.store, action, terminal)
}

function actionNamed([name = 'migrate', ...more]: readonly string[], isDry: boolean): string | undefined {
  if (more.length > 0 || !['migrate', 'status'].includes(name)) return undefined
  return isDry && name === 'migrate' ? 'dry-run' : name
}

async function runOn(opened: OpenedSchema, address: string, action: Action, terminal: Terminal) {
  try {
    return await action(opened.schema, terminal)
  } catch (error) {
    terminal.warn(messageOf(error, address))
    return 1
  } finally {
    await opened.close()
  }
}

async function migrate(schema: Schema, { print }: Terminal): Promise<number> {
  const done = await schema.migrate()
  for (const name of done) print(`done     ${name}`)
  if (done.length === 0) print('the schema is up to date')
  return 0
}

async function status(schema: Schema, { print }: Terminal): Promise<number> {
  const { done, missing, unknown } = await schema.state()
  for (const name of done) print(`done     ${name}`)
  for (const name of missing) print(`missing  ${name}`)
  for (const name of unknown) print(`unknown  ${name}`)
  return missing.length + unknown.length === 0 ? 0 : 1
}

async function dryRun(schema: Schema, { print }: Terminal): Promise<number> {
  const steps = await schema.plan()
  for (const { name, sql } of steps) {
    print(`-- ${name}`)
    for (const statement of sql) print(`${statement};`)
  }
  if (steps.length === 0) print('-- the schema is up to date')
  return 0
}
