/** Every variant, in the order of the table. */

import { betterAuth, betterAuthDeferred, betterAuthWal } from './better-auth.ts'
import { byHandColdPostgres, byHandColdPostgresUsers, byHandColdSqlite } from './by-hand-cold.ts'
import { compactVariants } from './compact.ts'
import { bare, bearerMany, bearerOne, byHand, jwt, jwtCached } from './others.ts'
import {
  cold,
  coldMariaDb,
  coldPostgres,
  coldPostgresUsers,
  forged,
  scopes,
  warm,
  warmAddresses,
} from './plugin.ts'
import type { Variant } from './variant.ts'

export const variants: readonly Variant[] = [
  bare,
  warm,
  warmAddresses,
  scopes,
  byHand,
  bearerOne,
  bearerMany,
  jwt,
  jwtCached,
  betterAuth,
  betterAuthDeferred,
  betterAuthWal,
  cold,
  byHandColdSqlite,
  coldPostgres,
  byHandColdPostgres,
  coldPostgresUsers,
  byHandColdPostgresUsers,
  coldMariaDb,
  forged,
  ...compactVariants,
]

/** The prefix of the name of a variant that runs earlier code. */
export const BEFORE = 'before:'

/** The variant of a name, with or without the prefix. */
export function variantNamed(name: string): Variant {
  if (name.startsWith(BEFORE)) {
    const variant = variantNamed(name.slice(BEFORE.length))
    return { ...variant, title: `${variant.title}, earlier code` }
  }
  const variant = variants.find((candidate) => candidate.name === name)
  if (variant === undefined) throw new Error(`there is no variant ${name}`)
  return variant
}
