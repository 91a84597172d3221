/** The CLI command that migrates a store, for the error of a host on a schema that is not up to date. */

import type { TablePlace } from '../tables/own-tables.ts'

/** Characters that a shell does not interpret. */
const PLAIN = /^[\w@%+=:,./…-]+$/

/** @param address Without its secrets. */
export function migrateCommandFor(address: string, { schema, tablePrefix }: TablePlace = {}): string {
  const parts = ['npx fastify-api-tokens migrate --store', quoted(address)]
  if (schema !== undefined) parts.push('--schema', quoted(schema))
  if (tablePrefix !== undefined) parts.push('--table-prefix', quoted(tablePrefix))
  return parts.join(' ')
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
