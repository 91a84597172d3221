/** The public keys by which a client signs its assertions (RFC 7517 §5), each checked at boot. */

import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose'
import { InvalidOption } from '../../errors.ts'
import { isRecord, listOf } from '../../option-values.ts'
import { requireUsableKey } from '../public-key.ts'

/** What a key of each type may sign with, by `kty` and, where the type has curves, by `crv`. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  'EC P-256': ['ES256'],
  RSA: ['PS256', 'RS256'],
}

/**
 * Reads the JWK Set of a client. A key that cannot verify an assertion fails by its path: ignored, it would let each of
 * the client's requests fail.
 *
 * @throws {InvalidOption} That names the key and member that is wrong.
 */
export function readClientKeys(jwks: unknown, path: string): JWTVerifyGetKey {
  const keys = isRecord(jwks) ? listOf(jwks['keys']) : undefined
  if (keys === undefined || keys.length === 0)
    throw new InvalidOption(`${path}.keys must hold at least one JWK`)
  const marks = keys.map((key, index) => markOf(key, `${path}.keys[${index}]`))
  marks.forEach((mark, index) => {
    const earlier = marks.indexOf(mark)
    if (earlier === index) return
    throw new InvalidOption(`${path}.keys[${index}].kid must tell it from ${path}.keys[${earlier}]`)
  })
  return createLocalJWKSet({ keys: keys as JWK[] })
}

/**
 * By what a key that can be used is found (RFC 7515 §4.1.4). The private half of a client's key has no business here, and
 * a shared one proves nothing.
 */
function markOf(jwk: unknown, path: string): string {
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
