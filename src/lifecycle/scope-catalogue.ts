/** The scopes that a token can have: those that the option `scopes` describes and those that routes require. */

import { InvalidInput, InvalidOption, ScopeNotGrantable } from '../errors.ts'
import { isScopeName, missingScopes } from '../token/scope.ts'
import { shortened } from '../token/text.ts'

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

  /** The names that are not in the catalogue. No token can have them. */
  unknown(names: readonly string[]): string[] {
    return names.filter((name) => !this.#descriptions.has(name))
  }

  /** The catalogue sorted by name. With `owned`, only scopes in this list. */
  entries(owned?: readonly string[]): readonly ScopeEntry[] {
    return [...this.#descriptions]
      .filter(([name]) => owned === undefined || owned.includes(name))
      .map(([name, description]) => ({ name, description }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The wanted scopes that are in the catalogue and in every given list; `undefined` is a list of all scopes. */
  grantable(
    wanted: readonly string[],
    ...owned: readonly (readonly string[] | undefined)[]
  ): readonly string[] {
    return wanted.filter(
      (name) => this.#descriptions.has(name) && owned.every((list) => list?.includes(name) !== false),
    )
  }

  /**
   * Refuses scopes outside the catalogue, and scopes that the granting user does not have.
   *
   * @throws {InvalidInput | ScopeNotGrantable} That names them.
   */
  requireGrantable(wanted: readonly string[], owned: readonly string[] | undefined): void {
    const unknown = this.unknown(wanted)
    if (unknown.length > 0) throw new InvalidInput(`scopes: unknown scope ${named(unknown)}`)
    const withheld = owned === undefined ? [] : missingScopes(wanted, owned)
    if (withheld.length > 0) throw new ScopeNotGrantable(withheld.join(', '))
  }
}

/**
 * @param source The function that was called with the names, for the error.
 * @throws {InvalidOption} When a name cannot stand in a scope string (RFC 6749 §3.3).
 */
export function requireScopeNames(source: string, names: readonly string[]): void {
  for (const name of names) {
    if (typeof name === 'string' && isScopeName(name)) continue
    const shown = JSON.stringify(typeof name === 'string' ? shortened(name) : name)
    throw new InvalidOption(`${source}: ${shown} is not a scope name (RFC 6749, section 3.3)`)
  }
}

/** How many unknown scopes an error names. */
const MAX_NAMED = 20

function named(unknown: readonly string[]): string {
  return unknown.slice(0, MAX_NAMED).map(shortened).join(', ')
}
