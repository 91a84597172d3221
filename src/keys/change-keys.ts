/** Changes a list of keys: rotation adds one, retirement removes one. */

import { InvalidOption } from '../errors.ts'
import type { SigningAlgorithm, SigningJwk } from './jwk.ts'
import { readSigningKeys, signingKeyAt } from './key-source.ts'
import { newKey } from './new-key.ts'

/** A key without its secret members, for display. */
export interface ListedKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly role: 'signs' | 'signs later' | 'verifies'
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
  return keys.map(({ kid, algorithm, signature, startsAt }, index) => {
    const later = index < current && signature !== undefined
    return {
      kid,
      algorithm,
      startsAt,
      role: index === current ? 'signs' : later ? 'signs later' : 'verifies',
    }
  })
}

/**
 * Adds a new key in front, which signs after `leadMs`. Until then the current key signs. Of older key pairs only the
 * public half is kept.
 */
export function rotateKeys(
  jwks: readonly SigningJwk[],
  { algorithm, leadMs, now }: RotationRules,
): { readonly keys: readonly SigningJwk[]; readonly added: ListedKey } {
  const keys = readSigningKeys(jwks)
  const current = signingKeyAt(keys, now)
  const nbf = Math.ceil((now + leadMs) / 1000)
  const added = { ...newKey(algorithm ?? current.algorithm), ...(leadMs === 0 ? {} : { nbf }) }
  const older = keys.indexOf(current) + 1
  return {
    keys: [added, ...jwks.slice(0, older), ...jwks.slice(older).map(publicHalf)],
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

/** A symmetric key has no public half: it is needed to verify. */
function publicHalf(jwk: SigningJwk): SigningJwk {
  if (jwk.kty === 'oct') return jwk
  const { d: _, ...rest } = jwk
  // Only the optional `d` was removed, which the type of a rest object does not express.
  return rest as SigningJwk
}
