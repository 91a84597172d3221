/** Limits the time of a wait. */

/**
 * Waits for a result at most `ms` milliseconds; `null` sets no limit. A later result is passed to `onLate`, so that it can
 * be released.
 *
 * @throws {Error} Names the part that did not respond in time.
 */
export async function withTimeout<T>(
  answer: T | Promise<T>,
  ms: number | null,
  who: string,
  onLate?: (late: T) => void,
): Promise<T> {
  if (ms === null) return answer
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const tooLate = new Promise<never>((_, reject) => {
    const refuse = () => {
      isOver = true
      reject(new Error(`${who} gave no answer within ${ms / 1000} s`))
    }
    // A response that arrived while the thread was busy is processed in this turn of the event loop, before the timeout.
    timer = setTimeout(() => setImmediate(refuse), ms)
  })
  if (onLate !== undefined) {
    Promise.resolve(answer).then(
      (late) => {
        if (isOver) onLate(late)
      },
      () => undefined,
    )
  }
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
