/** The text of a UUID (RFC 9562 §4) and its 32 hexadecimal digits. */

export function hexOfUuid(uuid: string): string {
  return uuid.replaceAll('-', '')
}

/** @param hex 32 digits in lower case. */
export function uuidOfHex(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
