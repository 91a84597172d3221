/** Changes a list of keys: rotation adds one, retirement removes one. */

import { InvalidOption } from '../errors.ts'
import type { SigningAlgorithm, SigningJwk, SigningKey } from './jwk.ts'
import { keyHintOf } from './key-hint.ts'
import { readSigningKeys, signingKeyAt } from './key-source.ts'
import { newKey } from './new-key.ts'

/** A key without its secret members, for display. */
export interface ListedKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  /** `public`: without its private half a key verifies no token. */
  readonly role: 'signs' | 'signs later' | 'verifies' | 'public'
  /** Milliseconds since the epoch. */
  readonly startsAt: number
}

export interface RotationRules {
  /** Default: the algorithm of the key that signs now. */
  readonly algorithm: SigningAlgorithm | undefined
  /** How long the new key only verifies, in milliseconds, so that every process loads it before one signs with it. */
  readonly leadMs: number
  readonly now: number
}

/** @throws {InvalidOption} For an invalid list of keys. */
export function listKeys(jwks: readonly SigningJwk[], now: number): readonly ListedKey[] {
  const keys = readSigningKeys(jwks)
  const current = keys.indexOf(signingKeyAt(keys, now))
  return keys.map((key, index) => ({
    kid: key.kid,
    algorithm: key.algorithm,
    startsAt: key.startsAt,
    role: roleOf(key, index - current),
  }))
}

/**
 * Adds a new key in front, which signs after `leadMs`. Until then the current key signs. The older keys stay whole,
 * because tokens are verified with the private half, too. `retireKey` removes it.
 */
export function rotateKeys(
  jwks: readonly SigningJwk[],
  { algorithm, leadMs, now }: RotationRules,
): { readonly keys: readonly SigningJwk[]; readonly added: ListedKey } {
  const keys = readSigningKeys(jwks)
  const current = signingKeyAt(keys, now)
  const nbf = Math.ceil((now + leadMs) / 1000)
  const added = { ...newKeyBeside(keys, algorithm ?? current.algorithm), ...(leadMs === 0 ? {} : { nbf }) }
  return {
    keys: [added, ...jwks],
    added: {
      kid: added.kid,
      algorithm: algorithm ?? current.algorithm,
      role: leadMs === 0 ? 'signs' : 'signs later',
      startsAt: leadMs === 0 ? 0 : nbf * 1000,
    },
  }
}

/** @throws {InvalidOption} For an unknown kid, and for the key that signs. */
export function retireKey(jwks: readonly SigningJwk[], kid: string, now: number): readonly SigningJwk[] {
  const keys = readSigningKeys(jwks)
  if (!keys.some((key) => key.kid === kid)) throw new InvalidOption(`keys: there is no key ${kid}`)
  if (signingKeyAt(keys, now).kid === kid) {
    throw new InvalidOption(
      `keys: ${kid} is the key that signs: rotate first, and retire it when another signs`,
    )
  }
  const left = jwks.filter((jwk) => jwk.kid !== kid)
  readSigningKeys(left)
  return left
}

/** A new key of which the hint differs from the others'. One in a million has the hint of another. */
function newKeyBeside(keys: readonly SigningKey[], algorithm: SigningAlgorithm): SigningJwk {
  const hints = keys.map(({ kid }) => keyHintOf(kid))
  let key = newKey(algorithm)
  while (hints.includes(keyHintOf(key.kid))) key = newKey(algorithm)
  return key
}

/** The role of a key that is `distance` places behind the key that signs. */
function roleOf({ signature, privateHalf }: SigningKey, distance: number): ListedKey['role'] {
  if (distance === 0) return 'signs'
  if (privateHalf === undefined) return 'public'
  return distance < 0 && signature !== undefined ? 'signs later' : 'verifies'
}
