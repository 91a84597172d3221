/** Signing keys for tests, new each time. */

import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { SigningJwk } from '../../src/keys/jwk.ts'

export function hs256Key(): SigningJwk {
  return { kty: 'oct', kid: randomUUID(), alg: 'HS256', k: randomBytes(32).toString('base64url') }
}

export function ed25519Key(): SigningJwk {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { ...privateKey.export({ format: 'jwk' }), kty: 'OKP', kid: randomUUID() }
}

export function es256Key(): SigningJwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kty: 'EC', kid: randomUUID() }
}

/** The public half, which verifies only. */
export function publicKey({ d: _, ...jwk }: SigningJwk): SigningJwk {
  return jwk as SigningJwk
}
