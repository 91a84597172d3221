/** Scopes as RFC 6749 §3.3 writes them: case-sensitive names, in one string parted by spaces. */

/** RFC 6749 §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

export const MAX_SCOPE_LENGTH = 128

/** Whether a name may stand in a scope string. */
export function isScopeName(name: string): boolean {
  return name.length <= MAX_SCOPE_LENGTH && SCOPE_TOKEN.test(name)
}

/** A copy of something that came from outside if it is a list of strings, whatever these say; otherwise `undefined`. */
export function scopeListOf(scopes: unknown): readonly string[] | undefined {
  try {
    const list: unknown[] | undefined = Array.isArray(scopes) ? Array.from(scopes) : undefined
    return list?.every((scope) => typeof scope === 'string') ? list : undefined
  } catch {
    // A proxy that was revoked.
    return undefined
  }
}

/** `['a', 'b']` as `'a b'`: the form of the `scope` claim (RFC 8693 §4.2) and of the column. */
export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ')
}

/** `'a b'` as `['a', 'b']`; the empty string is no scope. */
export function parseScope(scope: string): readonly string[] {
  return scope === '' ? [] : scope.split(' ')
}

/** The wanted scopes that are not among the held ones; empty when all are. */
export function missingScopes(wanted: readonly string[], held: readonly string[]): string[] {
  return wanted.filter((scope) => !held.includes(scope))
}

/** The scopes of a token cut to what its owner has now. An owner without a list has every scope. */
export function effectiveScopes(
  granted: readonly string[],
  owned: readonly string[] | undefined,
): readonly string[] {
  return owned === undefined ? granted : granted.filter((scope) => owned.includes(scope))
}

/** What a hook requires of a token's scopes: all of a list, or at least one of it. */
export interface ScopeRequirement {
  readonly match: 'all' | 'any'
  readonly scopes: readonly string[]
}

/** A token alone. */
export const NO_SCOPES: ScopeRequirement = { match: 'all', scopes: [] }

/** Whether the scopes of a token satisfy what a hook requires. */
export function satisfies(held: readonly string[], { match, scopes }: ScopeRequirement): boolean {
  return match === 'all'
    ? scopes.every((scope) => held.includes(scope))
    : scopes.some((scope) => held.includes(scope))
}
