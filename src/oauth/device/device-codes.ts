/** The two codes of a device authorization (RFC 8628 §3.2). The store has only their digests. */

import { createHmac, hash, type KeyObject, randomBytes, randomInt } from 'node:crypto'
import { derivedSecret } from '../../keys/derived-secret.ts'
import { type SigningKeys, signingKeyAt } from '../../keys/key-source.ts'

/** RFC 8628 §6.1: consonants only, so that codes are easy to read and never form words. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const DEVICE_CODE_BYTES = 32
const PURPOSE = 'user_code'

/** Eight characters have 34.5 bits of entropy. The number of guesses is limited. */
export function newUserCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** Formats a code for users: `WDJB-MJHT`. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** Reads a typed code and ignores all other characters (RFC 8628 §6.1); `undefined` if it is not a code. */
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

/** Derived from the current signing key, so that other instances and a restarted process find the code. */
export function userDigestOf(code: string, keys: SigningKeys, now: number): string {
  const secret = derivedSecret(signingKeyAt(keys, now), PURPOSE)
  if (secret === undefined) throw new Error('the signing key has no private part')
  return hmac(secret, code)
}

/** Derived from every key: the code may have been created with an earlier signing key. */
export function userDigestsOf(code: string, keys: SigningKeys): readonly string[] {
  return keys.flatMap((key) => {
    const secret = derivedSecret(key, PURPOSE)
    return secret === undefined ? [] : [hmac(secret, code)]
  })
}

/** Keyed, because the code behind a plain digest could be found by trying all codes. */
function hmac(secret: KeyObject, code: string): string {
  return createHmac('sha256', secret).update(code).digest('base64url')
}
