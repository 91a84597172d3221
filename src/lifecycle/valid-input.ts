/** Refuses what a route's schema cannot see, and what code passes past every schema: by the name of the field. */

import { InvalidInput } from '../errors.ts'
import { scopeListOf } from '../token/scope.ts'
import { descriptionFault, nameFault } from '../token/text.ts'

/** @throws {InvalidInput} That names the field, when there is a fault. */
export function requireNoFault(field: string, fault: string | undefined): void {
  if (fault !== undefined) throw new InvalidInput(`${field} ${fault}`)
}

/** What an owner may write about a token; `null` is no text. */
export interface OwnerTexts {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
}

/** @throws {InvalidInput} For a name or description that cannot be. */
export function requireTexts({ name, description }: OwnerTexts): void {
  if (name !== undefined && name !== null) requireNoFault('name', nameFault(name))
  if (description !== undefined && description !== null) {
    requireNoFault('description', descriptionFault(description))
  }
}

/** Each scope once, in the order given. @throws {InvalidInput} For anything but a list of strings. */
export function distinctScopes(scopes: readonly string[] = []): readonly string[] {
  const list = scopeListOf(scopes)
  if (list !== undefined) return [...new Set(list)]
  throw new InvalidInput('scopes must be an array of strings')
}
