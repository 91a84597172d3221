#!/usr/bin/env node

/** The CLI `fastify-api-tokens`: finds the command by name and runs it. */

import { readFileSync } from 'node:fs'
import { WrongCall } from './arguments.ts'
import { KEYS_USAGE, keysCommand } from './keys-command.ts'
import { MIGRATE_USAGE, migrateCommand } from './migrate-command.ts'
import { OWNERS_USAGE, ownersCommand } from './owners-command.ts'
import { printableLines } from './print-table.ts'
import { SCAN_RULE_USAGE, scanRuleCommand } from './scan-rule-command.ts'
import type { Command, Terminal } from './terminal.ts'
import { TOKENS_USAGE, tokensCommand } from './tokens-command.ts'

const COMMANDS: Readonly<Record<string, { readonly run: Command; readonly usage: string }>> = {
  keys: { run: keysCommand, usage: KEYS_USAGE },
  migrate: { run: migrateCommand, usage: MIGRATE_USAGE },
  tokens: { run: tokensCommand, usage: TOKENS_USAGE },
  owners: { run: ownersCommand, usage: OWNERS_USAGE },
  'scan-rule': { run: scanRuleCommand, usage: SCAN_RULE_USAGE },
}

const USAGE = [
  ...Object.values(COMMANDS).map(({ usage }) => usage),
  '  fastify-api-tokens --help | --version',
].join('\n')

const terminal: Terminal = { print: console.log, warn: console.error }

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const usage = `usage:\n${command?.usage ?? USAGE}`
  if (asksForHelp(command === undefined ? [name] : args)) {
    terminal.print(usage)
    return 0
  }
  if (name === '--version') {
    terminal.print(version())
    return 0
  }
  try {
    if (command === undefined)
      throw new WrongCall(name === undefined ? 'a command is missing' : 'there is no such command')
    return await command.run(args, terminal)
  } catch (error) {
    terminal.warn(printableLines(error instanceof Error ? error.message : String(error)))
    if (!(error instanceof WrongCall)) return 1
    terminal.warn(usage)
    return 2
  }
}

function asksForHelp(args: readonly (string | undefined)[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return String(JSON.parse(manifest).version)
}
