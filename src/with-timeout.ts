/** Waits for an answer only so long. */

/**
 * The answer, when it comes in time; one that comes later is dropped.
 *
 * @throws {Error} That says who gave no answer.
 */
export async function withTimeout<T>(answer: T | Promise<T>, ms: number, who: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    // An answer that came while the thread was busy is still to be read: it gets the turn in which it is.
    const refuse = () => reject(new Error(`${who} gave no answer within ${ms / 1000} s`))
    timer = setTimeout(() => setImmediate(refuse), ms)
  })
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
