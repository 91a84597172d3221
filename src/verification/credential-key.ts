/**
 * The cache's key of a credential: its open part (prefix, header and claims) as text, and the SHA-256 of its secret part
 * (the signature and what follows). A heap dump therefore contains no usable credential.
 */

import { hash } from 'node:crypto'
import { nextPart } from '../token/credential.ts'
import { type Digest, newDigest, ONE_BLOCK, sha256OfShort } from './short-sha256.ts'

/** Contains the SHA-256 of the secret. */
export interface CredentialKey extends Readonly<Digest> {
  /** Everything before the secret: the prefix, the header and the claims. */
  readonly open: string
}

/** The key of a credential, for storing. */
export function keyOf(credential: string): CredentialKey {
  const secret = secretAt(credential, 0)
  const digest = newDigest()
  readDigest(hash('sha256', credential.slice(secret), 'buffer'), digest)
  return { ...digest, open: copyOf(credential.slice(0, secret - 1)) }
}

/** The index at which the secret of the credential `text` from `start` on begins; 0 without one. */
export function secretAt(text: string, start: number): number {
  return nextPart(text, nextPart(text, start))
}

/** Reused by each lookup, to allocate nothing. */
const lookupDigest = newDigest()

/**
 * Digests the secret `text` from `start` on, for a lookup. The result is overwritten by the next call. `undefined`: the
 * text cannot be a secret of a credential.
 */
export function digestToFind(text: string, start: number): Readonly<Digest> | undefined {
  if (start === 0) return undefined
  if (text.length - start <= ONE_BLOCK)
    return sha256OfShort(text, start, lookupDigest) ? lookupDigest : undefined
  readDigest(hash('sha256', text.slice(start), 'buffer'), lookupDigest)
  return lookupDigest
}

/** Whether the key is that of a credential with this open part and this digest of its secret. */
export function isKeyOf(key: CredentialKey, open: string, digest: Readonly<Digest>): boolean {
  return isSame(key, digest) && key.open === open
}

/** A slice of a string keeps the whole string in memory. */
function copyOf(part: string): string {
  return Buffer.from(part).toString()
}

function isSame(one: Readonly<Digest>, other: Readonly<Digest>): boolean {
  return (
    one.a === other.a &&
    one.b === other.b &&
    one.c === other.c &&
    one.d === other.d &&
    one.e === other.e &&
    one.f === other.f &&
    one.g === other.g &&
    one.h === other.h
  )
}

function readDigest(bytes: Buffer, digest: Digest): void {
  digest.a = bytes.readInt32BE(0)
  digest.b = bytes.readInt32BE(4)
  digest.c = bytes.readInt32BE(8)
  digest.d = bytes.readInt32BE(12)
  digest.e = bytes.readInt32BE(16)
  digest.f = bytes.readInt32BE(20)
  digest.g = bytes.readInt32BE(24)
  digest.h = bytes.readInt32BE(28)
}
