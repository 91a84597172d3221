/** Formats the reason of an error in one line. */

/** If a connection fails at every address of a name, Node's error has a code but no message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
