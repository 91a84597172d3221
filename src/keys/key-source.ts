/** The option `keys`: a list, or a function that is called at boot and every `keyRefresh`. */

import { InvalidOption } from '../errors.ts'
import { isRecord, listOf } from '../option-values.ts'
import { readSigningKey, type SigningJwk, type SigningKey } from './jwk.ts'
import { keyHintOf } from './key-hint.ts'

/** The argument of a key function. */
export interface KeySourceContext {
  /** Whether the store has no tokens. Only then, and only at boot, may a new key be created. */
  storeIsEmpty(): Promise<boolean>
  /** Writes to the host's log at `info`. */
  log(message: string): void
  /** Writes to the host's log at `warn`, at boot only: a refresh does not repeat it. */
  warn(message: string): void
}

/** A JWK Set (RFC 7517 §5). Members other than `keys` are ignored. */
export interface SigningJwkSet {
  readonly keys: readonly SigningJwk[]
}

export type SigningKeyList = readonly SigningJwk[] | SigningJwkSet

export type KeySource = SigningKeyList | KeyFunction

export type KeyFunction = (context: KeySourceContext) => SigningKeyList | Promise<SigningKeyList>

/** The current keys. One signs (see `signingKeyAt`), all with a private half verify. */
export type SigningKeys = readonly [SigningKey, ...SigningKey[]]

/**
 * The key that signs at a moment: the first private key whose `nbf` has passed; otherwise the first key.
 */
export function signingKeyAt(keys: SigningKeys, now: number): SigningKey {
  return keys.find(({ signature, startsAt }) => signature !== undefined && startsAt <= now) ?? keys[0]
}

/**
 * Loads the keys and checks them.
 *
 * @throws {InvalidOption} That names the invalid key and member.
 */
export async function loadKeys(source: KeySource, context: KeySourceContext): Promise<SigningKeys> {
  return readSigningKeys(typeof source === 'function' ? await source(context) : source)
}

/**
 * Reads a list of JWKs or a JWK Set. RFC 7517 §5 allows a reader to ignore unknown keys. Here each is an error, because
 * the tokens of an ignored key would be refused without a hint.
 *
 * @throws {InvalidOption} That names the path of the invalid member: `keys[1].kty` in a list, `keys.keys[1].kty` in a set.
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

/** Warns of each key without its private half, because its tokens are refused. */
export function warnOfPublicKeys(keys: SigningKeys, warn: (message: string) => void): void {
  for (const { kid, privateHalf } of keys) {
    if (privateHalf !== undefined) continue
    warn(`keys: ${kid} has no private half: the tokens of this key are refused, as if it were retired`)
  }
}

/** Whether a value is a JWK Set. Its keys are not checked. */
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
    const hint = keyHintOf(kid)
    const same = keys.findIndex((key) => keyHintOf(key.kid) === hint)
    if (same === index) return
    throw new InvalidOption(
      `${path}[${index}].kid and ${path}[${same}].kid have the same hint in compact credentials: change one of them`,
    )
  })
}
