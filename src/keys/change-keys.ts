/** Decides what a list of keys becomes: by rotation a key longer, by retirement one shorter. */

import { InvalidOption } from '../errors.ts'
import type { SigningAlgorithm, SigningJwk } from './jwk.ts'
import { readSigningKeys, signingKeyAt } from './key-source.ts'
import { newKey } from './new-key.ts'

/** A key as it may be shown: without its material. */
export interface ListedKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly role: 'signs' | 'signs later' | 'verifies'
  /** Milliseconds since the epoch. */
  readonly startsAt: number
}

export interface RotationRules {
  /** Left out: that of the key which signs now. */
  readonly algorithm: SigningAlgorithm | undefined
  /** How long the new key only verifies, in milliseconds, so that every process knows it before one signs with it. */
  readonly leadMs: number
  readonly now: number
}

/** @throws {InvalidOption} A list that is none. */
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
 * A new key in front, to sign when its time has come; until then the key that signs now goes on. Keys that signed
 * before that one can no longer sign at all: of a pair only the public half stays.
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

/** @throws {InvalidOption} A kid that is not there, or that of the key which signs. */
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

/** A secret has no public half, and must stay whole to verify. */
function publicHalf(jwk: SigningJwk): SigningJwk {
  if (jwk.kty === 'oct') return jwk
  const { d: _, ...rest } = jwk
  // Nothing but `d`, which is optional, was left out; rest types forget the members by name.
  return rest as SigningJwk
}
