/** The file of an SQLite store: a path that is absolute from the start, whatever the working directory becomes. */

import { resolve } from 'node:path'
import { InvalidOption } from '../../../../errors.ts'

/** @throws {InvalidOption} A name that SQLite reads as something else than a file that stays. */
export function sqlitePath(filename: unknown): string {
  if (typeof filename !== 'string' || filename.trim() === '' || filename.includes('\0')) {
    throw new InvalidOption('store: filename must be the path of a file')
  }
  if (filename === ':memory:') {
    throw new InvalidOption(
      "store: ':memory:' keeps no token: use memoryTokenStore() of fastify-api-tokens/memory",
    )
  }
  // SQLite reads it as a URI, and better-sqlite3 cuts off the spaces.
  if (/^file:/i.test(filename) || filename !== filename.trim()) {
    throw new InvalidOption('store: filename must be a path, without file: and without spaces around it')
  }
  return resolve(filename)
}
