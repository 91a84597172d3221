/** Bounds how long a statement waits for a connection and for its answer. */

export interface TimeLimit {
  /** In milliseconds; `null` sets no limit, for migrations. */
  readonly timeoutMs: number | null
}

/** How long a request waits for the database before it is answered with 503. */
export const DEFAULT_TIMEOUT_MS = 5_000

/**
 * Returns the result of `ask`. A result that comes after the limit is passed to `tooLate`, so that it can be released.
 *
 * @throws After `timeoutMs`.
 */
export async function within<T>(
  { timeoutMs }: TimeLimit,
  what: string,
  ask: () => Promise<T>,
  tooLate: (late: T) => void,
): Promise<T> {
  if (timeoutMs === null) return ask()
  const { promise: given, reject } = Promise.withResolvers<never>()
  let isOver = false
  const timer = setTimeout(() => {
    isOver = true
    reject(new Error(`${what} took longer than ${timeoutMs} ms`))
  }, timeoutMs)
  // A driver may throw within the call; the timer would then reject what nothing waits for.
  const asked = (async () => ask())()
  asked.then(
    (late) => {
      if (isOver) tooLate(late)
    },
    () => undefined,
  )
  try {
    return await Promise.race([asked, given])
  } finally {
    clearTimeout(timer)
  }
}
