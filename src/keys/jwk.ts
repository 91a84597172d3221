/** Reads and checks signing keys in the form of JWKs (RFC 7517). */

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { InvalidOption } from '../errors.ts'
import { isRecord } from '../option-values.ts'
import { userIdFault } from '../token/text.ts'

/**
 * A JSON Web Key (RFC 7517 §4) with the members of RFC 7518 §6 and RFC 8037. The type is declared here, because name and
 * members of the one in `@types/node` differ between major versions.
 */
export interface Jwk {
  readonly kty?: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly key_ops?: string[]
  readonly ext?: boolean
  /** The secret of an `oct` key, in base64url. */
  readonly k?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  /** The private part of an `EC`, `OKP` or `RSA` key. */
  readonly d?: string
  readonly n?: string
  readonly e?: string
  readonly p?: string
  readonly q?: string
  readonly dp?: string
  readonly dq?: string
  readonly qi?: string
  readonly x5c?: string[]
  readonly x5t?: string
  readonly 'x5t#S256'?: string
  readonly x5u?: string
  readonly iat?: number
  readonly exp?: number
}

/** A signing key in the option `keys`. The first key of a list signs, all verify. */
export interface SigningJwk extends Jwk {
  readonly kty: 'oct' | 'OKP' | 'EC'
  /** The id of the key, in the header of each credential. Random: never a thumbprint of a symmetric key. */
  readonly kid: string
  /** When the key starts to sign, in seconds since the epoch (OpenID Federation 1.0 §8.7.2). It verifies before. */
  readonly nbf?: number
}

export const SIGNING_ALGORITHMS = ['HS256', 'EdDSA', 'ES256'] as const

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/** A checked key, in the forms that the signer takes. */
export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  /** The material that verifies: the secret's bytes, or a public key in PEM. */
  readonly verification: Buffer | string
  /** The material that signs, in the same forms; `undefined` for a public key, and for one that may only verify. */
  readonly signature: Buffer | string | undefined
  /**
   * The secret's bytes, or those of the private member `d`: subkeys are derived from it. `undefined` for a public key, of
   * which tokens are refused.
   */
  readonly privateHalf: Buffer | undefined
  /** The moment from which it may sign, in milliseconds since the epoch. */
  readonly startsAt: number
}

/** RFC 7518 §3.2: a key of at least the size of the hash. */
const MIN_SECRET_BYTES = 32
const MAX_KID_LENGTH = 255
/** The last second of the year 9999. A larger value is in milliseconds by mistake. */
const MAX_NBF = 253_402_300_799

/**
 * Reads one JWK. `oct` signs HS256 (RFC 7518 §3.2), `OKP` on Ed25519 EdDSA (RFC 8037), `EC` on P-256 ES256
 * (RFC 7518 §3.4).
 *
 * @param path The path of the key for the error: `keys[0]`.
 * @throws {InvalidOption} That names the invalid member.
 */
export function readSigningKey(jwk: unknown, path: string): SigningKey {
  if (!isRecord(jwk)) throw new InvalidOption(`${path} must be a JWK object`)
  const algorithm = algorithmOf(jwk, path)
  const { kid, alg, use, key_ops: operations, nbf = 0 } = jwk
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) {
    throw new InvalidOption(`${path}.kid must be a string of at most ${MAX_KID_LENGTH} characters`)
  }
  // Each row stores a kid. A text that a database refuses or changes would make every token invalid.
  const fault = userIdFault(kid)
  if (fault !== undefined) throw new InvalidOption(`${path}.kid ${fault}`)
  if (alg !== undefined && alg !== algorithm)
    throw new InvalidOption(`${path}.alg must be ${algorithm} for this key`)
  if (use !== undefined && use !== 'sig') throw new InvalidOption(`${path}.use must be sig`)
  if (operations !== undefined && !isForSignatures(operations))
    throw new InvalidOption(`${path}.key_ops must hold sign or verify`)
  if (typeof nbf !== 'number' || !(nbf >= 0 && nbf <= MAX_NBF)) {
    throw new InvalidOption(`${path}.nbf must be seconds since the epoch`)
  }
  const halves = algorithm === 'HS256' ? symmetricKey(jwk, kid, path) : asymmetricKey(jwk, path)
  // RFC 7517 §4.3: a key that may only verify does not sign.
  const maySign = !Array.isArray(operations) || operations.includes('sign')
  return { kid, algorithm, ...halves, ...(maySign ? {} : { signature: undefined }), startsAt: nbf * 1000 }
}

function algorithmOf(jwk: Record<string, unknown>, path: string): SigningAlgorithm {
  switch (jwk['kty']) {
    case 'oct':
      return 'HS256'
    case 'OKP':
      if (jwk['crv'] !== 'Ed25519') throw new InvalidOption(`${path}.crv must be Ed25519`)
      return 'EdDSA'
    case 'EC':
      if (jwk['crv'] !== 'P-256') throw new InvalidOption(`${path}.crv must be P-256`)
      return 'ES256'
    default:
      throw new InvalidOption(`${path}.kty must be oct, OKP or EC`)
  }
}

/** RFC 7517 §4.3. */
function isForSignatures(operations: unknown): boolean {
  return Array.isArray(operations) && ['sign', 'verify'].some((operation) => operations.includes(operation))
}

type Halves = Pick<SigningKey, 'verification' | 'signature' | 'privateHalf'>

function symmetricKey(jwk: Record<string, unknown>, kid: string, path: string): Halves {
  const { k } = jwk
  if (typeof k !== 'string' || !/^[\w-]+$/.test(k)) throw new InvalidOption(`${path}.k must be base64url`)
  const secret = Buffer.from(k, 'base64url')
  if (secret.length < MIN_SECRET_BYTES)
    throw new InvalidOption(`${path}.k must be of at least ${MIN_SECRET_BYTES} bytes`)
  // RFC 7638 §7: a published thumbprint of a secret lets anyone test guesses of it.
  if (kid === thumbprint(k))
    throw new InvalidOption(`${path}.kid must not be the thumbprint of a symmetric key`)
  return { verification: secret, signature: secret, privateHalf: secret }
}

function asymmetricKey(jwk: Record<string, unknown>, path: string): Halves {
  const { d, ...publicJwk } = jwk
  const publicKey = keyOf(() => createPublicKey({ key: publicJwk, format: 'jwk' }), path)
  const verification = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  if (d === undefined) return { verification, signature: undefined, privateHalf: undefined }
  const privateKey = keyOf(() => createPrivateKey({ key: jwk, format: 'jwk' }), path)
  if (!isPair(privateKey, publicKey)) throw new InvalidOption(`${path}.d does not belong to its public key`)
  return {
    verification,
    signature: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    // As Node.js exports it: the given text may have other unused bits, and PKCS #8 differs between versions of OpenSSL.
    privateHalf: Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'),
  }
}

function keyOf(read: () => KeyObject, path: string): KeyObject {
  try {
    return read()
  } catch (cause) {
    throw new InvalidOption(`${path} is not a usable key`, { cause })
  }
}

/** Node accepts a private key with the public half of another key. Every signature would be invalid. */
function isPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const hash = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const probe = Buffer.from('fastify-api-tokens')
  return verify(hash, probe, publicKey, sign(hash, probe, privateKey))
}

/** RFC 7638 §3, for `oct`. */
function thumbprint(k: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ k, kty: 'oct' }))
    .digest('base64url')
}
