/** Repeats a task on a timer. The timer does not keep the process alive, runs do not overlap, and errors are reported. */

import { withTimeout } from '../with-timeout.ts'
import { type FailureEvents, Failures } from './failures.ts'

const STOP_MS = 10_000

export interface Repeating {
  /** Stops the timer, aborts the signal of a run in progress, and waits at most 10 s for its end. */
  stop(): Promise<void>
}

/**
 * Runs the task at each interval. Of several failures in a row the first is reported, and then the next success.
 *
 * @param task Gets a signal that `stop` aborts.
 */
export function repeat(
  intervalMs: number,
  task: (stopping: AbortSignal) => Promise<unknown>,
  events: FailureEvents,
): Repeating {
  const stopping = new AbortController()
  const failures = new Failures(events)
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= run().finally(() => {
      running = undefined
    })
  }, intervalMs)
  timer.unref()

  async function run(): Promise<void> {
    try {
      await task(stopping.signal)
      failures.succeeded()
    } catch (error) {
      failures.failed(error)
    }
  }

  return {
    stop: async () => {
      clearInterval(timer)
      stopping.abort()
      // The promise of a store or of a host's key function may never settle.
      await withTimeout(running, STOP_MS, 'the task').catch(() => undefined)
    },
  }
}
