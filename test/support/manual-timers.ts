/** Timers that a test moves: five seconds, or a cache's ttl, pass in no time. */

import type { Test } from 'tap'

export interface ManualTimers {
  /** Lets that many milliseconds pass, and calls back what falls due, in order. */
  tick(ms: number): void
}

export interface ManualTimersOptions {
  /** Whether `setInterval` is moved, too. Default: `false`. */
  readonly intervals?: boolean
}

interface ManualTimer {
  due: number
  readonly callback: () => void
}

/** Replaces `setTimeout` and `clearTimeout` until the test ends. I/O stays real. */
export function manualTimers(t: Test, { intervals = false }: ManualTimersOptions = {}): ManualTimers {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis
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
  const repeating = {
    setInterval: (callback: () => void, ms: number) => {
      const timer = fakes.setTimeout(() => {
        timer.refresh()
        callback()
      }, ms)
      return timer
    },
    clearInterval: fakes.clearTimeout,
  }
  Object.assign(globalThis, fakes, intervals ? repeating : {})
  t.teardown(() => Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval }))
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
