/** The sort key of an owner's tokens by name: one unique text that sorts by name, then by id. */

/** Sorts before every character of a name. */
const SEPARATOR = '\u0001'

/** A token without a name sorts as one with the name `''`. */
export function nameAndId(name: string | null, id: string): string {
  return `${name ?? ''}${SEPARATOR}${id}`
}

/** The name in such a key. */
export function nameIn(key: string, id: string): string {
  return key.slice(0, key.length - id.length - SEPARATOR.length)
}
