/** Reads the members `code`, `errno` and `routine` of a driver's error. */

/** The member of the error or of its cause. */
export function errorMember(error: unknown, name: 'code' | 'errno' | 'routine'): unknown {
  if (!(error instanceof Error)) return undefined
  // Its type depends on the driver.
  return (
    (error as { code?: unknown; errno?: unknown; routine?: unknown })[name] ?? errorMember(error.cause, name)
  )
}
