/** Timers that a test moves: five seconds, or a cache's ttl, pass in no time. */

import type { Test } from 'tap'

export interface ManualTimers {
  /** Lets that many milliseconds pass, and calls back what falls due, in order. */
  tick(ms: number): void
}

interface ManualTimer {
  due: number
  readonly callback: () => void
}

/** Puts itself in the place of `setTimeout` and `clearTimeout` until the test ends. Intervals and I/O stay real. */
export function manualTimers(t: Test): ManualTimers {
  const { setTimeout, clearTimeout } = globalThis
  const waiting = new Set<ManualTimer>()
  let now = 0
  const fakes = {
    setTimeout: (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      const timer = {
        due: now + Math.max(1, ms),
        callback: () => callback(...args),
        ref: () => timer,
        unref: () => timer,
        // `fetch` of Node.js 22 calls it.
        refresh: () => {
          timer.due = now + Math.max(1, ms)
          waiting.add(timer)
          return timer
        },
      }
      waiting.add(timer)
      return timer
    },
    clearTimeout: (timer: ManualTimer) => waiting.delete(timer),
  }
  Object.assign(globalThis, fakes)
  t.teardown(() => Object.assign(globalThis, { setTimeout, clearTimeout }))
  return {
    tick: (ms) => {
      const end = now + ms
      for (;;) {
        const next = [...waiting].sort((a, b) => a.due - b.due)[0]
        if (next === undefined || next.due > end) break
        waiting.delete(next)
        now = next.due
        next.callback()
      }
      now = end
    },
  }
}
