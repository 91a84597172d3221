/** Limits the time of a wait. */

/**
 * Waits for a result at most `ms` milliseconds. A later result is dropped.
 *
 * @throws {Error} Names the part that did not respond in time.
 */
export async function withTimeout<T>(answer: T | Promise<T>, ms: number, who: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    // A response that arrived while the thread was busy is processed in this turn of the event loop, before the timeout.
    const refuse = () => reject(new Error(`${who} gave no answer within ${ms / 1000} s`))
    timer = setTimeout(() => setImmediate(refuse), ms)
  })
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
