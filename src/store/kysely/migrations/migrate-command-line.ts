/** The line that brings a store's schema up to date, for the errors of hosts that start too early. */

import type { TablePlace } from '../tables/own-tables.ts'

/** What a shell takes as it is. */
const PLAIN = /^[\w@%+=:,./…-]+$/

/** The address comes without its secrets. */
export function migrateCommandFor(address: string, { schema, tablePrefix }: TablePlace = {}): string {
  const words = ['npx fastify-api-tokens migrate --store', quoted(address)]
  if (schema !== undefined) words.push('--schema', quoted(schema))
  if (tablePrefix !== undefined) words.push('--table-prefix', quoted(tablePrefix))
  return words.join(' ')
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
