/** Every variant, in the order of the table. */

import { betterAuth, betterAuthDeferred, betterAuthWal } from './better-auth.ts'
import { bare, bearerMany, bearerOne, byHand, jwt, jwtCached } from './others.ts'
import { cold, forged, scopes, warm } from './plugin.ts'
import type { Variant } from './variant.ts'

export const variants: readonly Variant[] = [
  bare,
  warm,
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
  forged,
]

export function variantNamed(name: string): Variant {
  const variant = variants.find((candidate) => candidate.name === name)
  if (variant === undefined) throw new Error(`there is no variant ${name}`)
  return variant
}
