/** Compact credentials by the book, with nothing of the plugin: what an attacker with or without a key might send. */

import { createHash, createHmac, hkdfSync } from 'node:crypto'
import type { SigningJwk } from '../../src/keys/jwk.ts'

export const PREFIX = 'acme_'

/** The parts of a credential with that prefix. */
export function partsOf(credential: string, prefix = PREFIX) {
  const body = credential.slice(prefix.length)
  return { keyHint: body.slice(0, 4), id: body.slice(4, 30), mac: body.slice(30) }
}

/** RFC 4648 §6, by bits. */
export function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups
    .map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('')
}

export function keyHintOf({ kid }: Pick<SigningJwk, 'kid'>): string {
  return base32(createHash('sha256').update(kid).digest()).slice(0, 4)
}

export function idOf(tokenId: string): string {
  return base32(Buffer.from(tokenId.replaceAll('-', ''), 'hex'))
}

/** The MAC of a text by a key: with the subkey, unless another secret is given. */
export function macOf(key: SigningJwk, text: string, secret: Buffer = subkeyOf(key)): string {
  return base32(createHmac('sha256', secret).update(text).digest().subarray(0, 20))
}

/** The private half of a key, in bytes. */
export function privateHalfOf({ k, d }: SigningJwk): Buffer {
  return Buffer.from(String(k ?? d), 'base64url')
}

export function subkeyOf(key: SigningJwk, purpose = 'compact credential'): Buffer {
  return Buffer.from(hkdfSync('sha256', privateHalfOf(key), '', `fastify-api-tokens ${purpose}`, 32))
}

/** A credential with a genuine MAC of the text before it. */
export function sign(key: SigningJwk, text: string): string {
  return text + macOf(key, text)
}
