/** The option `ownerTypes`: the types of owners that are not people. An id of such an owner begins with its type. */

import { InvalidOption } from '../errors.ts'
import { listOf } from '../option-values.ts'

/** The beginning of an id, without the colon. */
const TYPE = /^[A-Za-z0-9_-]{1,32}$/

/**
 * @param hasIdentityProvider Whether the option `identityProvider` is set.
 * @throws {InvalidOption} That names the path of the invalid type.
 */
export function readOwnerTypes(given: unknown, hasIdentityProvider: boolean): readonly string[] {
  const list = given === undefined ? [] : listOf(given)
  if (list === undefined)
    throw new InvalidOption("ownerTypes must be a list of types, such as ['org', 'team']")
  const types = list.map((type, index) => {
    if (typeof type === 'string' && TYPE.test(type)) return type
    throw new InvalidOption(`ownerTypes[${index}] must be 1 to 32 letters, digits, _ or -, such as 'org'`)
  })
  const double = types.findIndex((type, index) => types.indexOf(type) !== index)
  if (double !== -1) throw new InvalidOption(`ownerTypes[${double}] is listed twice`)
  // The provider issues a refresh token to a user, and ends it with the user: an organization has none.
  if (hasIdentityProvider && types.length > 0)
    throw new InvalidOption(
      'ownerTypes cannot be used with identityProvider: each token ends with its user there',
    )
  return types
}

/**
 * The listed type that an id begins with, or `undefined` for the id of a user.
 *
 * @example typeOfOwner('org:7', ['org', 'team']) // 'org'
 */
export function typeOfOwner(id: string, ownerTypes: readonly string[]): string | undefined {
  return ownerTypes.find((type) => id.startsWith(`${type}:`))
}
