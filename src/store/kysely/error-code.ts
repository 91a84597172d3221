/** Reads what a driver says of an error in `code` or `errno`. */

/** The member of an error, or of the error behind it. */
export function errorMember(error: unknown, name: 'code' | 'errno'): unknown {
  if (!(error instanceof Error)) return undefined
  // Drivers put it there; which type it has is theirs.
  return (error as { code?: unknown; errno?: unknown })[name] ?? errorMember(error.cause, name)
}
