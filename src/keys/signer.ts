/** Signs credentials and verifies their signatures. The only file that imports @fastify/jwt. */

import { createHmac, createSecretKey, type KeyObject, randomUUID, timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fastifyJwt, {
  type FastifyJWTOptions,
  type JWT,
  type SignOptions,
  type VerifyOptions,
} from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import { TOKEN_TYPE, type TokenClaims } from '../token/claims.ts'
import { isCanonicalBase64url } from './base64url.ts'
import { hasLowS, withLowS } from './es256-low-s.ts'
import type { SigningKey } from './jwk.ts'
import { type SigningKeys, signingKeyAt } from './key-source.ts'

export interface Signer {
  /** The current keys. */
  readonly keys: SigningKeys
  /** The key that signs at a moment. */
  signingKey(now: number): ClaimsSigner
  /** The payload of a JWT with a valid signature of one of the keys; otherwise `undefined`. */
  verify(jwt: string): SignedPayload | undefined
  /** Whether one of the keys has this `kid`. */
  knows(kid: string): boolean
  /** Replaces the keys. */
  change(keys: SigningKeys): void
}

export interface ClaimsSigner {
  readonly kid: string
  /** The claims as a JWT in compact form. */
  sign(claims: TokenClaims): string
}

export interface SignedPayload {
  readonly kid: string
  /** The payload as it was sent, in base64url. */
  readonly payload: string
  /** The members of the payload. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** A key, its @fastify/jwt instance, and the options of each call if the instance was registered with another key. */
interface KeyJwt {
  readonly key: SigningKey
  readonly jwt: JWT
  /** The secret of an HS256 key: invalid HMACs are detected without @fastify/jwt. */
  readonly secret: KeyObject | undefined
  readonly signOptions?: Partial<SignOptions>
  readonly verifyOptions?: Partial<VerifyOptions>
}

/**
 * Registers @fastify/jwt once per key in a scope of its own: verifiers are built once, and the host's own `fastify.jwt`
 * and `request.user` are not affected.
 */
export async function createSigner(fastify: FastifyInstance, keys: SigningKeys): Promise<Signer> {
  const registered: KeyJwt[] = []
  await fastify.register(async (scope) => {
    for (const key of keys)
      registered.push({ key, jwt: await registerKey(scope, key), secret: secretOf(key) })
  })
  return new JwtSigner(registered, keys)
}

class JwtSigner implements Signer {
  /** The keys that were registered at boot. */
  readonly #registered: readonly KeyJwt[]
  #keys: SigningKeys
  #jwts: ReadonlyMap<string, KeyJwt> = new Map()
  /** By the JWT header of each key, in base64url. A JWT with any other header is refused. */
  #headers: ReadonlyMap<string, KeyJwt> = new Map()

  constructor(registered: readonly KeyJwt[], keys: SigningKeys) {
    this.#registered = registered
    this.#keys = keys
    this.change(keys)
  }

  get keys(): SigningKeys {
    return this.#keys
  }

  signingKey(now: number): ClaimsSigner {
    const { kid } = signingKeyAt(this.#keys, now)
    return { kid, sign: (claims) => signCanonical(this.#jwtOf(kid), claims) }
  }

  verify(jwt: string): SignedPayload | undefined {
    return verifyStrictly(this.#headers, jwt)
  }

  knows(kid: string): boolean {
    return this.#jwts.has(kid)
  }

  change(keys: SigningKeys): void {
    this.#jwts = new Map(keys.map((key) => [key.kid, this.#bind(key)]))
    this.#headers = new Map([...this.#jwts.values()].map((signed) => [headerOf(signed.key), signed]))
    this.#keys = keys
  }

  #bind(key: SigningKey): KeyJwt {
    const { startsAt: _, ...material } = key
    const same = this.#registered.find(({ key: { startsAt: _, ...other } }) =>
      isDeepStrictEqual(other, material),
    )
    if (same !== undefined) return same
    // After the boot no further registration is possible, but each call accepts another key. The first registration has a
    // private key, which @fastify/jwt requires for signing.
    const [first] = this.#registered
    if (first === undefined) throw new Error('no key was registered')
    return { key, jwt: first.jwt, secret: secretOf(key), ...callOptions(key) }
  }

  #jwtOf(kid: string): KeyJwt {
    const jwt = this.#jwts.get(kid)
    if (jwt === undefined) throw new Error('the signing key is missing')
    return jwt
  }
}

async function registerKey(scope: FastifyInstance, key: SigningKey): Promise<JWT> {
  // Unique, so that two plugin instances and the host's own @fastify/jwt do not collide.
  const namespace = `apiTokens${randomUUID().replaceAll('-', '')}`
  await scope.register(fastifyJwt, { ...jwtOptions(key), namespace, decoratorName: namespace })
  // With a namespace, `fastify.jwt` is a map of namespaces. Its type says so only after a declaration by the host.
  return (scope.jwt as unknown as Record<string, JWT>)[namespace] as JWT
}

function jwtOptions(key: SigningKey): FastifyJWTOptions {
  return {
    secret: { public: key.verification, ...(key.signature === undefined ? {} : { private: key.signature }) },
    sign: signOptions(key),
    // The header is compared before and the payload after: only the signature is left to check.
    verify: { ignoreExpiration: true, ignoreNotBefore: true, cache: false },
  }
}

function secretOf({ algorithm, verification }: SigningKey): KeyObject | undefined {
  return algorithm === 'HS256' && typeof verification !== 'string' ? createSecretKey(verification) : undefined
}

/** The options of a call on an instance that was registered with another key. */
function callOptions(key: SigningKey): Pick<KeyJwt, 'signOptions' | 'verifyOptions'> {
  return {
    // fast-jwt accepts these forms of a key. The types of @fastify/jwt list fewer.
    signOptions: { ...signOptions(key), key: key.signature } as Partial<SignOptions>,
    verifyOptions: { key: key.verification } as Partial<VerifyOptions>,
  }
}

function signOptions({ algorithm, kid }: SigningKey) {
  return { algorithm, header: { typ: TOKEN_TYPE, kid, alg: algorithm } }
}

/** The exact header of every JWT of a key, in base64url: the key decides the algorithm. */
function headerOf({ algorithm, kid }: SigningKey): string {
  return Buffer.from(JSON.stringify({ alg: algorithm, typ: TOKEN_TYPE, kid })).toString('base64url')
}

function signCanonical({ jwt, key, signOptions }: KeyJwt, claims: TokenClaims): string {
  const signed = jwt.sign({ ...claims }, signOptions)
  if (key.algorithm !== 'ES256') return signed
  const start = signed.lastIndexOf('.') + 1
  return signed.slice(0, start) + withLowS(signed.slice(start))
}

/**
 * Compares the header as text, so that other types, algorithms and parameters such as `crit` and `b64` are refused
 * without being interpreted.
 */
function verifyStrictly(headers: ReadonlyMap<string, KeyJwt>, jwt: string): SignedPayload | undefined {
  const [header, payload, signature, ...more] = jwt.split('.')
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return undefined
  const signed = headers.get(header)
  if (signed === undefined || !isCanonicalBase64url(signature)) return undefined
  if (signed.secret !== undefined && !isHmac(signed.secret, header, payload, signature)) return undefined
  const claims = verifySignature(signed, jwt)
  if (claims === undefined) return undefined
  if (signed.key.algorithm === 'ES256' && !hasLowS(signature)) return undefined
  return { kid: signed.key.kid, payload, claims }
}

/**
 * Whether the HMAC is valid. @fastify/jwt would report an invalid one by an error with two stack traces, which costs
 * several times the HMAC. A client can send any number of invalid signatures.
 */
function isHmac(secret: KeyObject, header: string, payload: string, signature: string): boolean {
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function verifySignature(
  { jwt, verifyOptions }: KeyJwt,
  credential: string,
): Record<string, unknown> | undefined {
  try {
    return jwt.verify<Record<string, unknown>>(credential, verifyOptions)
  } catch {
    return undefined
  }
}
