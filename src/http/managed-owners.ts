/** The further owners whose tokens a signed-in user may manage, as the host's `authenticateUser` returns them. */

import { InvalidResult } from '../errors.ts'
import { isRecord, listOf, misspelledMember } from '../option-values.ts'
import { scopeListOf } from '../token/scope.ts'
import { userIdFault } from '../token/text.ts'
import { typeOfOwner } from './owner-types.ts'

/** An owner of tokens that is not a person: an organization, a team, a service account. */
export interface ManagedOwner {
  /** `<type>:…` of a type in the option `ownerTypes`: `'org:7'`. */
  readonly id: string
  /** For the page. Default: the id. */
  readonly name?: string | undefined
  /** The scopes that the user may grant to this owner's tokens. Default: the whole scope catalogue. */
  readonly scopes?: readonly string[] | undefined
}

/** How many owners one user may manage. The page lists them all. */
export const MAX_OWNERS = 1_000

/** In UTF-16 code units. */
const MAX_NAME_LENGTH = 255

/**
 * Checks and copies the owners. Each member is read once.
 *
 * @param source The name of the function that returned them, for the error.
 * @throws {InvalidResult} That names the invalid entry.
 */
export function checkedOwners(
  owners: unknown,
  source: string,
  ownerTypes: readonly string[],
): readonly ManagedOwner[] {
  const refuse = (fault: string) => new InvalidResult(`${source} returned owners${fault}`)
  if (ownerTypes.length === 0) throw refuse(', but the option ownerTypes lists no type')
  const list = listOf(owners)
  if (list === undefined) throw refuse(', which must be an array')
  if (list.length > MAX_OWNERS) throw refuse(`, which must not have more than ${MAX_OWNERS} entries`)
  const ids = new Set<string>()
  return list.map((given, index) => {
    const refuseEntry = (fault: string) => refuse(`[${index}], ${fault}`)
    const owner = checkedOwner(given, ownerTypes, refuseEntry)
    if (ids.has(owner.id)) throw refuseEntry('whose id another entry has, too')
    ids.add(owner.id)
    return owner
  })
}

function checkedOwner(
  given: unknown,
  ownerTypes: readonly string[],
  refuse: (fault: string) => Error,
): ManagedOwner {
  if (!isRecord(given)) throw refuse('which must be { id: string, name?: string, scopes?: string[] }')
  const { id, name, scopes } = given
  // Without `scopes` the user may grant every scope.
  const misspelled = misspelledMember(given, ['id', 'scopes'])
  if (misspelled !== undefined)
    throw refuse(`which has the member ${misspelled}: it must be id, name or scopes`)
  const fault = userIdFault(id)
  if (typeof id !== 'string' || fault !== undefined) throw refuse(`whose id ${fault}`)
  const type = typeOfOwner(id, ownerTypes)
  if (type === undefined) throw refuse(`whose id must begin with ${beginnings(ownerTypes)}`)
  if (id.slice(type.length + 1).trim() === '') throw refuse(`whose id must have more than ${type}:`)
  if (name !== undefined && typeof name !== 'string') throw refuse('whose name must be a string')
  const list = scopes === undefined ? undefined : scopeListOf(scopes)
  if (scopes !== undefined && list === undefined) throw refuse('whose scopes must be an array of strings')
  return { id, name: name === undefined ? undefined : shownName(name), scopes: list }
}

/** The members of an organization may choose its name, so that no name may fail the requests of the others. */
function shownName(name: string): string | undefined {
  return name.trim() === '' ? undefined : name.slice(0, MAX_NAME_LENGTH).toWellFormed()
}

function beginnings(ownerTypes: readonly string[]): string {
  return ownerTypes.map((type) => `${type}:`).join(' or ')
}
