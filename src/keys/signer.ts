/** Signs credentials and checks their signatures: the one place that knows @fastify/jwt. */

import { randomUUID } from 'node:crypto'
import fastifyJwt, { type FastifyJWTOptions, type JWT } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import { TOKEN_TYPE, type TokenClaims } from '../token/claims.ts'
import { isCanonicalBase64url } from './base64url.ts'
import { hasLowS, withLowS } from './es256-twin.ts'
import type { SigningKey } from './jwk.ts'
import type { SigningKeys } from './key-source.ts'

export interface Signer {
  /** The key that signs now. */
  readonly kid: string
  /** The claims as a JWT in compact form. */
  sign(claims: TokenClaims): string
  /** The payload behind a good signature of one of the keys, and that key; `undefined` for anything else. */
  verify(jwt: string): SignedPayload | undefined
}

export interface SignedPayload {
  readonly kid: string
  readonly payload: Readonly<Record<string, unknown>>
}

interface KeyJwt {
  readonly key: SigningKey
  readonly jwt: JWT
}

/**
 * Registers @fastify/jwt once per key, in a scope of its own, so that each key has a verifier built once and the
 * host's own `fastify.jwt` and `request.user` stay the host's.
 */
export async function createSigner(fastify: FastifyInstance, keys: SigningKeys): Promise<Signer> {
  const jwts = new Map<string, KeyJwt>()
  await fastify.register(async (scope) => {
    for (const key of keys) jwts.set(key.kid, { key, jwt: await registerKey(scope, key) })
  })
  const [first] = keys
  const signing = jwts.get(first.kid)?.jwt
  if (signing === undefined) throw new Error('the signing key was not registered')
  return {
    kid: first.kid,
    sign: (claims) => signCanonical(signing, first, claims),
    verify: (jwt) => verifyStrictly(jwts, jwt),
  }
}

async function registerKey(scope: FastifyInstance, key: SigningKey): Promise<JWT> {
  // Unique per registration, so that two instances of the plugin, or the host's own, do not meet.
  const namespace = `apiTokens${randomUUID().replaceAll('-', '')}`
  await scope.register(fastifyJwt, { ...jwtOptions(key), namespace, decoratorName: namespace })
  // With a namespace `fastify.jwt` is a map of them, which its type says only after the host's declaration.
  return (scope.jwt as unknown as Record<string, JWT>)[namespace] as JWT
}

function jwtOptions(key: SigningKey): FastifyJWTOptions {
  return {
    secret: { public: key.verification, ...(key.signature === undefined ? {} : { private: key.signature }) },
    sign: { algorithm: key.algorithm, header: { typ: TOKEN_TYPE, kid: key.kid, alg: key.algorithm } },
    // The key decides the algorithm. Time and cache are the plugin's own matter.
    verify: {
      algorithms: [key.algorithm],
      checkTyp: TOKEN_TYPE,
      ignoreExpiration: true,
      ignoreNotBefore: true,
      cache: false,
    },
  }
}

function signCanonical(jwt: JWT, key: SigningKey, claims: TokenClaims): string {
  const signed = jwt.sign({ ...claims })
  if (key.algorithm !== 'ES256') return signed
  const start = signed.lastIndexOf('.') + 1
  return signed.slice(0, start) + withLowS(signed.slice(start))
}

function verifyStrictly(jwts: ReadonlyMap<string, KeyJwt>, jwt: string): SignedPayload | undefined {
  const [header, payload, signature, ...more] = jwt.split('.')
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return undefined
  if (![header, payload, signature].every(isCanonicalBase64url)) return undefined
  const kid = readKid(header)
  const signed = kid === undefined ? undefined : jwts.get(kid)
  if (signed === undefined) return undefined
  const claims = verifySignature(signed, jwt)
  if (claims === undefined) return undefined
  if (signed.key.algorithm === 'ES256' && !hasLowS(signature)) return undefined
  return { kid: signed.key.kid, payload: claims }
}

/** RFC 7515 §4.1.4. It only chooses among the plugin's own keys: nothing is looked up by it. */
function readKid(header: string): string | undefined {
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid?: unknown }
    return typeof kid === 'string' ? kid : undefined
  } catch {
    return undefined
  }
}

function verifySignature({ jwt }: KeyJwt, credential: string): Record<string, unknown> | undefined {
  try {
    return jwt.verify<Record<string, unknown>>(credential)
  } catch {
    return undefined
  }
}
