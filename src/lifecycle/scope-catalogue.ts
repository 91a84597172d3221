/** The scopes that a token can have: those that the host describes and those that its routes ask for. */

import { InvalidInput, InvalidOption, ScopeNotGrantable } from '../errors.ts'
import { isScopeName, missingScopes } from '../token/scope.ts'

export interface ScopeEntry {
  readonly name: string
  readonly description: string | null
}

export class ScopeCatalogue {
  readonly #descriptions = new Map<string, string | null>()

  constructor(described: Readonly<Record<string, string>> = {}) {
    for (const [name, description] of Object.entries(described)) this.#descriptions.set(name, description)
  }

  /** Adds the scopes that a route requires. */
  add(names: readonly string[]): void {
    requireScopeNames('requireScopes', names)
    for (const name of names) {
      if (!this.#descriptions.has(name)) this.#descriptions.set(name, null)
    }
  }

  /** The names that are not in the catalogue, so that no token can have them. */
  unknown(names: readonly string[]): string[] {
    return names.filter((name) => !this.#descriptions.has(name))
  }

  /** The catalogue in the order of names, cut to what a user has; without a list that is all of it. */
  entries(owned?: readonly string[]): readonly ScopeEntry[] {
    return [...this.#descriptions]
      .filter(([name]) => owned === undefined || owned.includes(name))
      .map(([name, description]) => ({ name, description }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * Refuses scopes that nobody asks for, and those that the granting user does not have.
   *
   * @throws {InvalidInput | ScopeNotGrantable} That names them.
   */
  requireGrantable(wanted: readonly string[], owned: readonly string[] | undefined): void {
    const unknown = this.unknown(wanted)
    if (unknown.length > 0) throw new InvalidInput(`scopes: there is no scope ${unknown.join(', ')}`)
    const withheld = owned === undefined ? [] : missingScopes(wanted, owned)
    if (withheld.length > 0) throw new ScopeNotGrantable(withheld.join(', '))
  }
}

/**
 * @param source The function that the names were given to, for the error.
 * @throws {InvalidOption} When a name cannot stand in a scope string (RFC 6749 §3.3).
 */
export function requireScopeNames(source: string, names: readonly string[]): void {
  for (const name of names) {
    if (typeof name === 'string' && isScopeName(name)) continue
    throw new InvalidOption(`${source}: ${JSON.stringify(name)} is not a scope name (RFC 6749, section 3.3)`)
  }
}
