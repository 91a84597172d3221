/** Signs credentials, verifies their signatures, and seals rows. The only file that imports @fastify/jwt. */

import { createHmac, createSecretKey, type KeyObject, randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fastifyJwt, {
  type FastifyJWTOptions,
  type JWT,
  type SignOptions,
  type VerifyOptions,
} from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import { isRecord } from '../option-values.ts'
import { TOKEN_TYPE, type TokenClaims } from '../token/claims.ts'
import { COMPACT_LENGTH, KEY_HINT_LENGTH, textBeforeMac, tokenIdIn } from '../token/compact-credential.ts'
import type { TokenRecord } from '../token/token.ts'
import { isCanonicalBase64url } from './base64url.ts'
import { COMPACT_CREDENTIAL, hasItsMac, withMac } from './compact-mac.ts'
import { derivedSecret } from './derived-secret.ts'
import { hasLowS, withLowS } from './es256-low-s.ts'
import type { SigningKey } from './jwk.ts'
import { keyHintOf } from './key-hint.ts'
import { type SigningKeys, signingKeyAt } from './key-source.ts'
import { hasItsSeal, ROW_SEAL, type SealedColumns, sealOf } from './row-seal.ts'
import { isSameText } from './same-text.ts'

export interface Signer {
  /** The current keys. */
  readonly keys: SigningKeys
  /** The key that signs at a moment. */
  signingKey(now: number): TokenSigner
  /**
   * The payload of a JWT with a valid signature of one of the keys; otherwise `undefined`. A key without its private half
   * verifies nothing, because it cannot check the seal of the token's row.
   */
  verify(jwt: string): SignedPayload | undefined
  /**
   * The token of a compact credential with a valid MAC of one of the keys; otherwise `undefined`.
   *
   * @param start The length of the prefix, which the MAC covers, too.
   */
  verifyCompact(credential: string, start: number): CompactToken | undefined
  /** Whether the row is as its own key sealed it. `false` also when that key is retired, or has no private half. */
  isSealed(row: SealedColumns & Pick<TokenRecord, 'seal'>): boolean
  /** The seal of a changed row by its own key. `undefined` when that key is retired, or has no private half. */
  seal(row: SealedColumns): string | undefined
  /** Replaces the keys. */
  change(keys: SigningKeys): void
}

/** The key of new tokens. */
export interface TokenSigner {
  readonly kid: string
  /** The claims as a JWT (RFC 7519). */
  sign(claims: TokenClaims): string
  /** The compact credential of a token. */
  signCompact(prefix: string, tokenId: string): string
  /** The seal of a row whose `kid` is this key's. */
  seal(row: SealedColumns): string
}

export interface CompactToken {
  readonly kid: string
  readonly tokenId: string
}

export interface SignedPayload {
  readonly kid: string
  /** The payload as it was sent, in base64url. */
  readonly payload: string
  /** The members of the payload. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a key computes with. Created once per key. */
interface KeySecrets {
  /** The secret of an HS256 key. @fastify/jwt verifies the signatures of the other keys. */
  readonly hs256: KeyObject | undefined
  /** The subkey of compact credentials; `undefined` for a key without its private half. */
  readonly compact: KeyObject | undefined
  /** The subkey of seals, likewise. */
  readonly seal: KeyObject | undefined
}

/** A key, its @fastify/jwt instance, and the options of each call if the instance was registered with another key. */
interface KeyJwt {
  readonly key: SigningKey
  readonly jwt: JWT
  readonly secrets: KeySecrets
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
      registered.push({ key, jwt: await registerKey(scope, key), secrets: secretsOf(key) })
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
  /** By the hint of each key. */
  #hints: ReadonlyMap<string, KeyJwt> = new Map()

  constructor(registered: readonly KeyJwt[], keys: SigningKeys) {
    this.#registered = registered
    this.#keys = keys
    this.change(keys)
  }

  get keys(): SigningKeys {
    return this.#keys
  }

  signingKey(now: number): TokenSigner {
    const { kid } = signingKeyAt(this.#keys, now)
    const signing = this.#jwts.get(kid)
    const { compact, seal } = signing?.secrets ?? {}
    if (signing === undefined || compact === undefined || seal === undefined)
      throw new Error('the signing key is missing')
    return {
      kid,
      sign: (claims) => signCanonical(signing, claims),
      signCompact: (prefix, tokenId) => withMac(compact, textBeforeMac(prefix, keyHintOf(kid), tokenId)),
      seal: (row) => sealOf(seal, row),
    }
  }

  verify(jwt: string): SignedPayload | undefined {
    return verifyStrictly(this.#headers, jwt)
  }

  verifyCompact(credential: string, start: number): CompactToken | undefined {
    if (credential.length - start !== COMPACT_LENGTH) return undefined
    const key = this.#hints.get(credential.slice(start, start + KEY_HINT_LENGTH))
    const compact = key?.secrets.compact
    if (key === undefined || compact === undefined || !hasItsMac(compact, credential)) return undefined
    const tokenId = tokenIdIn(credential, start)
    return tokenId === undefined ? undefined : { kid: key.key.kid, tokenId }
  }

  isSealed(row: SealedColumns & Pick<TokenRecord, 'seal'>): boolean {
    const seal = this.#jwts.get(row.kid)?.secrets.seal
    return seal !== undefined && hasItsSeal(seal, row)
  }

  seal(row: SealedColumns): string | undefined {
    const seal = this.#jwts.get(row.kid)?.secrets.seal
    return seal === undefined ? undefined : sealOf(seal, row)
  }

  change(keys: SigningKeys): void {
    this.#jwts = new Map(keys.map((key) => [key.kid, this.#bind(key)]))
    const whole = [...this.#jwts.values()].filter(({ key }) => key.privateHalf !== undefined)
    this.#headers = new Map(whole.map((signed) => [headerOf(signed.key), signed]))
    this.#hints = new Map(whole.map((signed) => [keyHintOf(signed.key.kid), signed]))
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
    return { key, jwt: first.jwt, secrets: secretsOf(key), ...callOptions(key) }
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

function secretsOf(key: SigningKey): KeySecrets {
  const { algorithm, privateHalf } = key
  const isSymmetric = algorithm === 'HS256' && privateHalf !== undefined
  return {
    hs256: isSymmetric ? createSecretKey(privateHalf) : undefined,
    compact: derivedSecret(key, COMPACT_CREDENTIAL),
    seal: derivedSecret(key, ROW_SEAL),
  }
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
  if (signed === undefined) return undefined
  const { hs256 } = signed.secrets
  const claims =
    hs256 === undefined
      ? claimsOfSignature(signed, jwt, signature)
      : claimsOfHmac(hs256, header, payload, signature)
  return claims && { kid: signed.key.kid, payload, claims }
}

/**
 * The claims of a payload with a valid HMAC, which is computed once. @fastify/jwt would report an invalid one by an error
 * with two stack traces, which costs several times the HMAC, and a client can send any number of them.
 */
function claimsOfHmac(
  secret: KeyObject,
  header: string,
  payload: string,
  signature: string,
): Record<string, unknown> | undefined {
  // Text is compared, so that each HMAC has one form.
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
  return isSameText(signature, expected) ? parsePayload(payload) : undefined
}

/** The caller compares the payload with what would be signed, so that no rule of JWT (RFC 7519 §7.2) is skipped. */
function parsePayload(payload: string): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return isRecord(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

function claimsOfSignature(
  signed: KeyJwt,
  jwt: string,
  signature: string,
): Record<string, unknown> | undefined {
  if (!isCanonicalBase64url(signature)) return undefined
  const claims = verifySignature(signed, jwt)
  if (claims === undefined) return undefined
  return signed.key.algorithm === 'ES256' && !hasLowS(signature) ? undefined : claims
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
