/** The end of the range of texts that begin with a prefix. */

/** Sorts after every text that begins with the prefix: by bytes, no character sorts after U+10FFFF. */
export function afterPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`
}
