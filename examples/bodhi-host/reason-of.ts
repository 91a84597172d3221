/** Says in a line why something failed. */

/** Of a connection that failed at every address of a name, Node tells the code alone. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
