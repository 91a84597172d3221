/** `scan-rule`: prints what a secret scanner needs to find compact credentials. */

import { scanPattern } from '../token/compact-credential.ts'
import { readArguments, WrongCall } from './arguments.ts'
import type { Command } from './terminal.ts'

export const SCAN_RULE_USAGE = `  fastify-api-tokens scan-rule --prefix PREFIX
    PREFIX is the first entry of the option tokenPrefix`

/** The regular expression on a line of its own, and a rule for gitleaks (TOML) with it. */
export const scanRuleCommand: Command = async (args, { print }) => {
  const { texts, names } = readArguments(args, { texts: ['prefix'], flags: [] })
  if (names.length > 0) throw new WrongCall(`scan-rule takes no argument: ${names.join(' ')}`)
  const { prefix } = texts
  if (prefix === undefined) throw new WrongCall('scan-rule needs --prefix')
  if (!/^\w{1,32}$/.test(prefix)) {
    throw new WrongCall('--prefix must be at most 32 letters, digits or _, as for compact credentials')
  }
  const pattern = scanPattern(prefix)
  print(pattern)
  print('')
  print(gitleaksRule(prefix, pattern))
  return 0
}

function gitleaksRule(prefix: string, pattern: string): string {
  return [
    '[[rules]]',
    `id = "api-token-${prefix}"`,
    `description = "An API token: ${prefix}…"`,
    `regex = '''${pattern}'''`,
    `keywords = ["${prefix.toLowerCase()}"]`,
  ].join('\n')
}
