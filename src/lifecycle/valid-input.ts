/** Checks input that no JSON schema checks: rules beyond a schema, and arguments of `app.apiTokens`. */

import { InvalidInput } from '../errors.ts'
import { scopeListOf } from '../token/scope.ts'
import { descriptionFault, nameFault } from '../token/text.ts'

/** @throws {InvalidInput} That names the field, if there is a fault. */
export function requireNoFault(field: string, fault: string | undefined): void {
  if (fault !== undefined) throw new InvalidInput(`${field} ${fault}`)
}

/** The texts of a token that its owner may change; `null` for none. */
export interface OwnerTexts {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
}

/** @throws {InvalidInput} For an invalid name or description. */
export function requireTexts({ name, description }: OwnerTexts): void {
  if (name !== undefined && name !== null) requireNoFault('name', nameFault(name))
  if (description !== undefined && description !== null) {
    requireNoFault('description', descriptionFault(description))
  }
}

/** Each scope once, in the given order. @throws {InvalidInput} For anything but a list of strings. */
export function distinctScopes(scopes: readonly string[] = []): readonly string[] {
  const list = scopeListOf(scopes)
  if (list !== undefined) return [...new Set(list)]
  throw new InvalidInput('scopes must be an array of strings')
}
