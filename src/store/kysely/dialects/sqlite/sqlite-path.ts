/** The absolute path of the file of an SQLite store. Later changes of the working directory do not matter. */

import { resolve } from 'node:path'
import { InvalidOption } from '../../../../errors.ts'

/** @throws {InvalidOption} For a name that SQLite would not read as the path of a permanent file. */
export function sqlitePath(filename: unknown): string {
  if (typeof filename !== 'string' || filename.trim() === '' || filename.includes('\0')) {
    throw new InvalidOption('store: filename must be the path of a file')
  }
  if (filename === ':memory:') {
    throw new InvalidOption(
      "store: ':memory:' keeps no token: use memoryTokenStore() of fastify-api-tokens/memory",
    )
  }
  // SQLite would read it as a URI, and better-sqlite3 would trim the spaces.
  if (/^file:/i.test(filename) || filename !== filename.trim()) {
    throw new InvalidOption('store: filename must be a path, without file: and without spaces around it')
  }
  return resolve(filename)
}
