/** All migrations by name, in their order. After the first release, a released migration never changes. */

import type { Migration } from '../migration.ts'
import { initial } from './initial.ts'

export const migrations: Readonly<Record<string, Migration>> = {
  // Each rewrite raises the number, so that a database with the earlier tables is recognized.
  'initial-5': initial,
}
