/** Reads and checks the public keys of a client (RFC 7517 §5) at boot. */

import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose'
import { InvalidOption } from '../../errors.ts'
import { isRecord, listOf } from '../../option-values.ts'
import { requireUsableKey } from '../public-key.ts'

/** The algorithms of each type of key, by `kty` and `crv`. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  'EC P-256': ['ES256'],
  RSA: ['PS256', 'RS256'],
}

/**
 * Reads the JWK Set of a client. A key that cannot verify an assertion fails the boot, because otherwise every request
 * of the client would fail.
 *
 * @throws {InvalidOption} Names the invalid key and member.
 */
export function readClientKeys(jwks: unknown, path: string): JWTVerifyGetKey {
  const keys = isRecord(jwks) ? listOf(jwks['keys']) : undefined
  if (keys === undefined || keys.length === 0)
    throw new InvalidOption(`${path}.keys must hold at least one JWK`)
  const selectors = keys.map((key, index) => selectorOf(key, `${path}.keys[${index}]`))
  selectors.forEach((selector, index) => {
    const earlier = selectors.indexOf(selector)
    if (earlier === index) return
    throw new InvalidOption(`${path}.keys[${index}].kid must differ from that of ${path}.keys[${earlier}]`)
  })
  return createLocalJWKSet({ keys: keys as JWK[] })
}

/**
 * Checks a key, and returns the members by which jose selects it (RFC 7515 §4.1.4). Private keys must not be configured
 * here, and a symmetric key cannot authenticate a client.
 */
function selectorOf(jwk: unknown, path: string): string {
  if (!isRecord(jwk)) throw new InvalidOption(`${path} must be a JWK`)
  if (jwk['d'] !== undefined || jwk['k'] !== undefined || jwk['kty'] === 'oct') {
    throw new InvalidOption(`${path} must be a public key alone`)
  }
  const { kty, crv, kid, alg, use, key_ops: operations } = jwk
  const algorithms = ALGORITHMS[kty === 'RSA' ? 'RSA' : `${kty} ${crv}`]
  if (algorithms === undefined) {
    throw new InvalidOption(`${path}.kty must be OKP on Ed25519, EC on P-256, or RSA`)
  }
  if (kid !== undefined && typeof kid !== 'string') throw new InvalidOption(`${path}.kid must be a string`)
  if (alg !== undefined && !algorithms.some((known) => known === alg))
    throw new InvalidOption(`${path}.alg must be ${algorithms.join(' or ')} for this key`)
  if (use !== undefined && use !== 'sig') throw new InvalidOption(`${path}.use must be sig`)
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    throw new InvalidOption(`${path}.key_ops must hold verify`)
  requireUsableKey(jwk, path)
  return JSON.stringify([kid, kty, crv, alg])
}
