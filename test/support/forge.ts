/** Signs what an attacker, or another library, might send: with jose, so that nothing of ours vouches for itself. */

import { createHmac, createPrivateKey, createPublicKey, sign as signBytes } from 'node:crypto'
import { CompactSign, decodeJwt, decodeProtectedHeader, importJWK } from 'jose'
import type { SigningJwk } from '../../src/keys/jwk.ts'

export type Members = Record<string, unknown>

/** The header and claims of a credential, unverified. */
export function read(credential: string): { readonly header: Members; readonly claims: Members } {
  return { header: { ...decodeProtectedHeader(credential) }, claims: { ...decodeJwt(credential) } }
}

const ALGORITHMS = { oct: 'HS256', OKP: 'EdDSA', EC: 'ES256' } as const

/** The algorithm that a key signs with. */
export function algorithmOf({ kty }: SigningJwk): (typeof ALGORITHMS)[keyof typeof ALGORITHMS] {
  return ALGORITHMS[kty as keyof typeof ALGORITHMS]
}

/** A credential with this header and these claims, whatever they are; of two ES256 twins the one with the low s. */
export async function sign(key: SigningJwk, header: Members, claims: unknown): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claims))
  const alg = algorithmOf(key)
  const secret = await importJWK({ ...key }, alg)
  for (;;) {
    const signed = await new CompactSign(payload).setProtectedHeader({ ...header, alg }).sign(secret)
    if (alg !== 'ES256' || !hasHighS(signed)) return signed
  }
}

/**
 * A genuine signature over any text as the header, and any text as the payload: duplicate members, other orders and
 * spaces, which no library would write. Of two ES256 twins the one with the low s.
 */
export async function signText(key: SigningJwk, header: string, payload = '{}'): Promise<string> {
  const text = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  const alg = algorithmOf(key)
  if (alg === 'HS256') {
    const secret = Buffer.from(String(key['k']), 'base64url')
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
  for (;;) {
    const hash = alg === 'EdDSA' ? null : 'sha256'
    const signature = signBytes(hash, Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const signed = `${text}.${signature.toString('base64url')}`
    if (alg !== 'ES256' || !hasHighS(signed)) return signed
  }
}

/** An HMAC with any bytes as its secret, under any header: of SHA-256, as HS256 has it, unless said otherwise. */
export function hmac(secret: string | Buffer, header: Members, claims: Members, hash = 'sha256'): string {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}

/** RFC 7515 appendix A.5: the unsecured JWT. */
export function unsecured(header: Members, claims: Members, signature = ''): string {
  return `${encode(header)}.${encode(claims)}.${signature}`
}

/** Every encoding of a key's public half that a confused verifier might take for an HMAC secret. */
export function publicForms(key: SigningJwk): (string | Buffer)[] {
  const { d: _, ...jwk } = key
  const publicKey = createPublicKey(createPrivateKey({ key: { ...key }, format: 'jwk' }))
  return [
    publicKey.export({ type: 'spki', format: 'pem' }),
    publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
    publicKey.export({ type: 'spki', format: 'der' }),
    JSON.stringify(jwk),
    Buffer.from(String(key['x']), 'base64url'),
    String(key['x']),
  ]
}

/** The credential with one part replaced, whatever the part says. */
export function withPart(credential: string, index: 0 | 1 | 2, change: (part: Buffer) => Buffer): string {
  return credential
    .split('.')
    .map((part, at) => (at === index ? change(Buffer.from(part, 'base64url')).toString('base64url') : part))
    .join('.')
}

/** The credential with one bit of one part flipped. */
export function withFlippedBit(credential: string, index: 0 | 1 | 2, bit: number): string {
  return withPart(credential, index, (part) => {
    const at = (bit >> 3) % part.length
    part[at] = (part[at] ?? 0) ^ (1 << (bit & 7))
    return part
  })
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes in another spelling: the bits of the last character that carry nothing are set. */
export function withSpareBits(credential: string): string {
  const last = ALPHABET.indexOf(credential.slice(-1))
  return credential.slice(0, -1) + ALPHABET.charAt(last | 1)
}

/** The order of P-256 (SEC 2 §2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other of the two ES256 signatures that verify: (r, n − s). */
export function twin(credential: string): string {
  return withPart(credential, 2, (signature) => {
    const s = ORDER - sOf(signature)
    return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  })
}

function hasHighS(credential: string): boolean {
  return sOf(Buffer.from(credential.split('.')[2] ?? '', 'base64url')) > ORDER / 2n
}

function sOf(signature: Buffer): bigint {
  return BigInt(`0x${signature.toString('hex', 32)}`)
}

function encode(members: Members): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}
