/** Where signing keys come from: a list, or a function that is asked at boot and, in turns, again. */

import { InvalidOption } from '../errors.ts'
import { isRecord, listOf } from '../option-values.ts'
import { readSigningKey, type SigningJwk, type SigningKey } from './jwk.ts'

/** What a key function may need to know. */
export interface KeySourceContext {
  /** Whether the store holds no token yet: only then, and only at boot, may a key be made up. */
  storeIsEmpty(): Promise<boolean>
  /** Tells the host's log where keys were made or found. */
  log(message: string): void
  /** Writes to the host's log at `warn`. While the host runs it writes nothing: what is said at boot is not repeated. */
  warn(message: string): void
}

/** A JWK Set (RFC 7517 §5). Members other than `keys` are ignored. */
export interface SigningJwkSet {
  readonly keys: readonly SigningJwk[]
}

export type SigningKeyList = readonly SigningJwk[] | SigningJwkSet

export type KeySource = SigningKeyList | KeyFunction

export type KeyFunction = (context: KeySourceContext) => SigningKeyList | Promise<SigningKeyList>

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

/**
 * Reads a list of JWKs or a JWK Set. RFC 7517 §5 lets a reader ignore keys that it does not understand; here each of them
 * is an error, since an ignored key would refuse its tokens in silence.
 *
 * @throws {InvalidOption} That names the path of the key and member that is wrong: `keys[1].kty` of a list,
 * `keys.keys[1].kty` of a set.
 */
export function readSigningKeys(source: unknown): SigningKeys {
  const [given, path] = isKeySet(source) ? [source.keys, 'keys.keys'] : [source, 'keys']
  const list = listOf(given)
  if (list === undefined) {
    throw new InvalidOption('keys must be an array of JWKs, a JWK Set, or a function that returns either')
  }
  const [first, ...others] = list.map((jwk, index) => readSigningKey(jwk, `${path}[${index}]`))
  if (first === undefined) throw new InvalidOption(`${path} must hold at least one JWK`)
  if (first.signature === undefined)
    throw new InvalidOption(`${path}[0]${whyNotSigning(list[0])}: the first one signs`)
  requireDistinct([first, ...others], path)
  return [first, ...others]
}

/** Whether it is a JWK Set, whatever its keys are. */
export function isKeySet(source: unknown): source is { readonly keys: unknown } {
  return isRecord(source) && Object.hasOwn(source, 'keys')
}

function whyNotSigning(jwk: unknown): string {
  const isPrivate = isRecord(jwk) && (jwk['k'] ?? jwk['d']) !== undefined
  return isPrivate ? '.key_ops must hold sign' : ' must be a private key'
}

function requireDistinct(keys: readonly SigningKey[], path: string): void {
  keys.forEach(({ kid }, index) => {
    const earlier = keys.findIndex((key) => key.kid === kid)
    if (earlier !== index) throw new InvalidOption(`${path}[${index}].kid is that of ${path}[${earlier}]`)
  })
}
