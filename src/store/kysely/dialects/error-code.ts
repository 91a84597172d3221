/** Reads what a driver says of an error in `code`, `errno` or `routine`. */

/** The member of an error, or of the error behind it. */
export function errorMember(error: unknown, name: 'code' | 'errno' | 'routine'): unknown {
  if (!(error instanceof Error)) return undefined
  // Drivers put it there; which type it has is theirs.
  return (
    (error as { code?: unknown; errno?: unknown; routine?: unknown })[name] ?? errorMember(error.cause, name)
  )
}
