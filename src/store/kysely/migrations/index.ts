/** Every step of the schema, in order. A released step never changes. */

import type { Migration } from 'kysely/migration'
import type { DialectTraits } from '../dialect-traits.ts'
import { tokensAndOwners } from './2026-11-23-tokens-and-owners.ts'
import { rotation } from './2026-11-24-rotation.ts'

export function migrations(traits: DialectTraits): Record<string, Migration> {
  return {
    '2026-11-23-tokens-and-owners': tokensAndOwners(traits),
    '2026-11-24-rotation': rotation(traits),
  }
}
