/** Repeats a task on a timer that keeps no process alive, never overlaps itself, and survives its errors. */

import { withTimeout } from '../with-timeout.ts'
import { type FailureEvents, Failures } from './failures.ts'

const STOP_MS = 10_000

export interface Repeating {
  /** Stops, and waits for the run that has begun, whose signal is aborted, for at most 10 s. */
  stop(): Promise<void>
}

/**
 * Runs the task at each interval. The first of its failures in a row is reported, and so is the next success.
 *
 * @param task Gets a signal that is aborted by `stop`, for a task that can end early.
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
      // A store or a key function of the host's may never answer.
      await withTimeout(running, STOP_MS, 'the task').catch(() => undefined)
    },
  }
}
