/** Creates signing keys. */

import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import type { SigningAlgorithm, SigningJwk } from './jwk.ts'

const SECRET_BYTES = 32

/** A new key with a random `kid`. */
export function newKey(alg: SigningAlgorithm): SigningJwk {
  const common = { kid: randomUUID(), alg, use: 'sig' }
  switch (alg) {
    case 'HS256':
      return { kty: 'oct', ...common, k: randomBytes(SECRET_BYTES).toString('base64url') }
    case 'EdDSA':
      return { kty: 'OKP', ...common, ...membersOf(generateKeyPairSync('ed25519').privateKey) }
    case 'ES256':
      return {
        kty: 'EC',
        ...common,
        ...membersOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      }
    default:
      return alg satisfies never
  }
}

function membersOf(key: KeyObject): Record<string, unknown> {
  const { kty: _, ...members } = key.export({ format: 'jwk' })
  return members
}
