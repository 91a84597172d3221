/** Scopes (RFC 6749 §3.3): case-sensitive names, in one string separated by spaces. */

/** RFC 6749 §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

const MAX_SCOPE_LENGTH = 128

/** Whether a name may stand in a scope string. */
export function isScopeName(name: string): boolean {
  return name.length <= MAX_SCOPE_LENGTH && SCOPE_TOKEN.test(name)
}

/** A copy of a list of strings from outside; `undefined` for any other value. */
export function scopeListOf(scopes: unknown): readonly string[] | undefined {
  try {
    const list: unknown[] | undefined = Array.isArray(scopes) ? Array.from(scopes) : undefined
    return list?.every((scope) => typeof scope === 'string') ? list : undefined
  } catch {
    // A revoked proxy.
    return undefined
  }
}

/** `['a', 'b']` as `'a b'`, as in the `scope` claim (RFC 8693 §4.2) and in the column. */
export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ')
}

/** How many lists `parseScope` stores, and of texts of which length: clients send such texts, too. */
const MAX_PARSED = 1_000
const MAX_PARSED_LENGTH = 1_000

const parsed = new Map<string, readonly string[]>()

/**
 * `'a b'` as `['a', 'b']`; an empty list for the empty string. Equal texts share one frozen list: a cache of tokens, most
 * of which have the same scopes, then takes a fifth less memory.
 */
export function parseScope(scope: string): readonly string[] {
  const known = parsed.get(scope)
  if (known !== undefined) return known
  if (parsed.size >= MAX_PARSED) parsed.clear()
  const list = Object.freeze(scope === '' ? [] : scope.split(' '))
  if (scope.length <= MAX_PARSED_LENGTH) parsed.set(scope, list)
  return list
}

/** The wanted scopes that are not among the granted ones. */
export function missingScopes(wanted: readonly string[], granted: readonly string[]): string[] {
  return wanted.filter((scope) => !granted.includes(scope))
}

/** The scopes of a token that its owner has now. An owner without a list has every scope. */
export function effectiveScopes(
  granted: readonly string[],
  owned: readonly string[] | undefined,
): readonly string[] {
  return owned === undefined ? granted : granted.filter((scope) => owned.includes(scope))
}

/** The scopes that a hook requires: all of a list, or at least one of it. */
export interface ScopeRequirement {
  readonly match: 'all' | 'any'
  readonly scopes: readonly string[]
}

/** Requires a token, whatever its scopes. */
export const NO_SCOPES: ScopeRequirement = { match: 'all', scopes: [] }

/** Whether the scopes of a token satisfy a requirement. */
export function satisfies(granted: readonly string[], { match, scopes }: ScopeRequirement): boolean {
  return match === 'all'
    ? scopes.every((scope) => granted.includes(scope))
    : scopes.some((scope) => granted.includes(scope))
}
