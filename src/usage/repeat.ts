/** Repeats a task on a timer that keeps no process alive, never overlaps itself, and survives its errors. */

export interface Repeating {
  /** Stops, and waits for a run that is under way. */
  stop(): Promise<void>
}

export function repeat(
  intervalMs: number,
  task: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Repeating {
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= run().finally(() => {
      running = undefined
    })
  }, intervalMs)
  timer.unref()

  async function run(): Promise<void> {
    try {
      await task()
    } catch (error) {
      onError(error)
    }
  }

  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}
