/** The two codes of a device authorization (RFC 8628 §3.2), and the digests by which alone the store knows them. */

import { createHmac, hash, randomBytes, randomInt } from 'node:crypto'
import { derivedSecret } from '../../keys/derived-secret.ts'
import { type SigningKeys, signingKeyAt } from '../../keys/key-source.ts'

/** RFC 8628 §6.1: letters that are hard to confuse and spell no words. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const DEVICE_CODE_BYTES = 32
const PURPOSE = 'user_code'

/** Eight letters: 34.5 bits, of which guesses are counted. */
export function newUserCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** As people read it: `WDJB-MJHT`. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** What somebody typed, whatever they put between the letters (RFC 8628 §6.1); `undefined` for what is no code. */
export function readUserCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replace(/[^A-Z]/g, '')
  return letters.length === LENGTH && [...letters].every((letter) => LETTERS.includes(letter))
    ? letters
    : undefined
}

export function newDeviceCode(): string {
  return randomBytes(DEVICE_CODE_BYTES).toString('base64url')
}

export function deviceDigestOf(deviceCode: string): string {
  return hash('sha256', deviceCode, 'base64url')
}

/** By the key that signs at that moment, so that other instances and a restart find it by the same. */
export function userDigestOf(code: string, keys: SigningKeys, now: number): string {
  const secret = derivedSecret(signingKeyAt(keys, now), PURPOSE)
  if (secret === undefined) throw new Error('the key that signs is a private key')
  return hmac(secret, code)
}

/** By every key at hand: the code may be older than the one that signs now. */
export function userDigestsOf(code: string, keys: SigningKeys): readonly string[] {
  return keys.flatMap((key) => {
    const secret = derivedSecret(key, PURPOSE)
    return secret === undefined ? [] : [hmac(secret, code)]
  })
}

/** Of so short a code a plain digest would be found by trying all of them. */
function hmac(secret: Buffer, code: string): string {
  return createHmac('sha256', secret).update(code).digest('base64url')
}
