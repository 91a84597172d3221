/**
 * What the cache knows a credential by: what it says of itself as it stands, and its secret, the signature and what may
 * follow, by its SHA-256. Whoever reads the memory finds no credential, and who lacks the secret finds no entry.
 */

import { hash } from 'node:crypto'
import { nextPart } from '../token/credential.ts'
import { type Digest, newDigest, ONE_BLOCK, sha256OfShort } from './short-sha256.ts'

/** With the SHA-256 of the secret. */
export interface CredentialKey extends Readonly<Digest> {
  /** All that stands before the secret: the prefix, the header and the claims. */
  readonly open: string
}

/** The key of a credential, to be kept. */
export function keyOf(credential: string): CredentialKey {
  const secret = secretAt(credential, 0)
  const digest = newDigest()
  readDigest(hash('sha256', credential.slice(secret), 'buffer'), digest)
  return { ...digest, open: copyOf(credential.slice(0, secret - 1)) }
}

/** Where the secret begins of the credential that a text is from `start` on; 0 if there is none. */
export function secretAt(text: string, start: number): number {
  return nextPart(text, nextPart(text, start))
}

/** The one digest at a time that is only looked up by. */
const asked = newDigest()

/**
 * Digests the secret that a text is from `start` on, to look it up. The answer is good until the next call;
 * `undefined` is a text that is no secret of ours.
 */
export function digestToFind(text: string, start: number): Readonly<Digest> | undefined {
  if (start === 0) return undefined
  if (text.length - start <= ONE_BLOCK) return sha256OfShort(text, start, asked) ? asked : undefined
  readDigest(hash('sha256', text.slice(start), 'buffer'), asked)
  return asked
}

/** Whether the key is that of a credential with this open part and this digest of its secret. */
export function isKeyOf(key: CredentialKey, open: string, digest: Readonly<Digest>): boolean {
  return isSame(key, digest) && key.open === open
}

/** A part of a credential would keep all of it in memory. */
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
