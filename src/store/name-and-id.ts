/** The key by which an owner's tokens are sorted by name: one text, unique, whose order is that of name and then id. */

/** No name has a character as low as this one. */
const SEPARATOR = '\u0001'

/** A token without a name sorts as one with the name `''`. */
export function nameAndId(name: string | null, id: string): string {
  return `${name ?? ''}${SEPARATOR}${id}`
}

/** The name in such a key. */
export function nameIn(key: string, id: string): string {
  return key.slice(0, key.length - id.length - SEPARATOR.length)
}
