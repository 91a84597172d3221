/** Where signing keys come from: an array, or a function that is asked at boot and, in turns, again. */

import { InvalidOption } from '../errors.ts'
import { readSigningKey, type SigningJwk, type SigningKey } from './jwk.ts'

/** What a key function may need to know. */
export interface KeySourceContext {
  /** Whether the store holds no token yet: only then, and only at boot, may a key be made up. */
  storeIsEmpty(): Promise<boolean>
  /** Tells the host's log where keys were made or found. */
  log(message: string): void
}

export type KeySource = readonly SigningJwk[] | ((context: KeySourceContext) => KeyList | Promise<KeyList>)

type KeyList = readonly SigningJwk[]

/** The keys at hand: the first whose time to sign has come signs, all verify. */
export type SigningKeys = readonly [SigningKey, ...SigningKey[]]

/**
 * The key that signs at that moment: the first private one whose `nbf` has come. Where it has come for none, the
 * first of all.
 */
export function signingKeyAt(keys: SigningKeys, now: number): SigningKey {
  return keys.find(({ signature, startsAt }) => signature !== undefined && startsAt <= now) ?? keys[0]
}

/**
 * Asks the source and checks what it gives.
 *
 * @throws {InvalidOption} That names the key and member that is wrong.
 */
export async function loadKeys(source: KeySource, context: KeySourceContext): Promise<SigningKeys> {
  return readSigningKeys(typeof source === 'function' ? await source(context) : source)
}

/** @throws {InvalidOption} That names the key and member that is wrong. */
export function readSigningKeys(list: unknown): SigningKeys {
  if (!Array.isArray(list))
    throw new InvalidOption('keys must be an array of JWKs, or a function that returns one')
  const [first, ...others] = list.map((jwk, index) => readSigningKey(jwk, `keys[${index}]`))
  if (first === undefined) throw new InvalidOption('keys must hold at least one JWK')
  if (first.signature === undefined)
    throw new InvalidOption('keys[0] must be a private key: the first one signs')
  requireDistinct([first, ...others])
  return [first, ...others]
}

function requireDistinct(keys: readonly SigningKey[]): void {
  keys.forEach(({ kid }, index) => {
    const earlier = keys.findIndex((key) => key.kid === kid)
    if (earlier !== index) throw new InvalidOption(`keys[${index}].kid is that of keys[${earlier}]`)
  })
}
