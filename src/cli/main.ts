#!/usr/bin/env node

/** The command `fastify-api-tokens`: finds the command that is asked for, and runs it. */

import { KEYS_USAGE, keysCommand } from './keys-command.ts'
import { MIGRATE_USAGE, migrateCommand } from './migrate-command.ts'
import type { Command, Terminal } from './terminal.ts'

const COMMANDS: Readonly<Record<string, { readonly run: Command; readonly usage: string }>> = {
  keys: { run: keysCommand, usage: KEYS_USAGE },
  migrate: { run: migrateCommand, usage: MIGRATE_USAGE },
}

const terminal: Terminal = { print: console.log, warn: console.error }

process.exitCode = await main(process.argv.slice(2))

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    terminal.warn(['usage:', ...Object.values(COMMANDS).map(({ usage }) => usage)].join('\n'))
    return 2
  }
  try {
    return await command.run(args, terminal)
  } catch (error) {
    terminal.warn(error instanceof Error ? error.message : String(error))
    if (!isWrongCall(error)) return 1
    terminal.warn(`usage:\n${command.usage}`)
    return 2
  }
}

/** An option that is unknown, or that lacks its value. */
function isWrongCall(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
