/**
 * SHA-256 (FIPS 180-4 §6.2) of a text of one block, in JavaScript: for so short a text a call into OpenSSL takes three
 * times as long as the hashing.
 */

/** Eight words of 32 bits, named as the working variables of the standard. */
export interface Digest {
  a: number
  b: number
  c: number
  d: number
  e: number
  f: number
  g: number
  h: number
}

export function newDigest(): Digest {
  return { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g: 0, h: 0 }
}

/** The longest text that is one block: 64 bytes less the closing bit and the length. */
export const ONE_BLOCK = 55

/** The fractional parts of the cube roots of the first 64 primes (§4.2.2). */
// biome-ignore format: as the standard prints them
const K = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
)

/** The fractional parts of the square roots of the first eight primes (§5.3.3). */
const H: Readonly<Digest> = {
  a: 0x6a09e667,
  b: 0xbb67ae85 | 0,
  c: 0x3c6ef372,
  d: 0xa54ff53a | 0,
  e: 0x510e527f,
  f: 0x9b05688c | 0,
  g: 0x1f83d9ab,
  h: 0x5be0cd19,
}

/** The last 16 words of the message schedule, at first the block itself. */
const W = new Int32Array(16)

/**
 * Writes the SHA-256 of `text` from `start` on, at most 55 characters, into `digest`. Returns `false` for a text that is
 * not ASCII.
 */
export function sha256OfShort(text: string, start: number, digest: Digest): boolean {
  if (!fillBlock(text, start)) return false
  compressInto(digest)
  return true
}

/** The text, a closing bit, zeros, and its length in bits (§5.1.1). */
function fillBlock(text: string, start: number): boolean {
  const size = text.length - start
  const wholeWords = size >> 2
  let bitsSeen = 0
  let at = start
  for (let t = 0; t < wholeWords; t += 1) {
    const first = text.charCodeAt(at)
    const second = text.charCodeAt(at + 1)
    const third = text.charCodeAt(at + 2)
    const fourth = text.charCodeAt(at + 3)
    bitsSeen |= first | second | third | fourth
    W[t] = (first << 24) | (second << 16) | (third << 8) | fourth
    at += 4
  }
  let word = 0
  let shift = 24
  for (; at < text.length; at += 1) {
    const character = text.charCodeAt(at)
    bitsSeen |= character
    word |= character << shift
    shift -= 8
  }
  W[wholeWords] = word | (0x80 << shift)
  for (let t = wholeWords + 1; t < 15; t += 1) W[t] = 0
  W[15] = size * 8
  return bitsSeen < 0x80
}

/** §6.2.2, steps 1 to 4. */
function compressInto(digest: Digest): void {
  let { a, b, c, d, e, f, g, h } = H
  for (let t = 0; t < 64; t += 1) {
    const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const t1 = (h + sum1 + (g ^ (e & (f ^ g))) + k(t) + scheduled(t)) | 0
    const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const t2 = (sum0 + ((a & b) ^ (c & (a ^ b)))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  digest.a = (a + H.a) | 0
  digest.b = (b + H.b) | 0
  digest.c = (c + H.c) | 0
  digest.d = (d + H.d) | 0
  digest.e = (e + H.e) | 0
  digest.f = (f + H.f) | 0
  digest.g = (g + H.g) | 0
  digest.h = (h + H.h) | 0
}

/** §6.2.2, step 1, for one word, which replaces the word of 16 rounds before. */
function scheduled(t: number): number {
  if (t < 16) return w(t)
  const early = w(t + 1)
  const late = w(t + 14)
  const s0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)
  const s1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)
  const word = (s1 + w(t + 9) + s0 + w(t)) | 0
  W[t & 15] = word
  return word
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

/** The cast holds: the index is always in the array. */
function w(t: number): number {
  return W[t & 15] as number
}

/** As above. */
function k(t: number): number {
  return K[t] as number
}
