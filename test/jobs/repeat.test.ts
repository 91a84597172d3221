/** A repeated task does not overlap, continues after errors, and does not keep the process alive. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { repeat } from '../../src/jobs/repeat.ts'
import { manualTimers } from '../support/manual-timers.ts'

t.test('a run that takes longer than the interval does not overlap the next', async (t) => {
  const tick = manualInterval(t)
  const runs = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let started = 0
  const repeating = repeat(
    5_000,
    () => {
      const run = runs[started]?.promise ?? Promise.resolve()
      started += 1
      return run
    },
    { failed: (error) => t.error(error), recovered: () => t.fail('nothing had failed') },
  )
  tick()
  tick()
  tick()
  t.equal(started, 1)
  runs[0]?.resolve()
  await turn()
  t.equal(started, 1, 'missed runs are not made up for')
  tick()
  t.equal(started, 2)
  runs[1]?.resolve()
  await repeating.stop()
})

t.test('an outage and its end are reported once, and the task continues', async (t) => {
  const tick = manualInterval(t)
  const events: unknown[] = []
  const outcomes = ['down', 'down', 'down', null, null, 'down', 'another fault', 'down', null]
  const left = [...outcomes]
  const repeating = repeat(
    5_000,
    async () => {
      const message = left.shift()
      if (message !== null) throw new Error(message)
    },
    {
      failed: (error) => events.push(error instanceof Error && error.message),
      recovered: () => events.push('recovered'),
    },
  )
  for (const _ of outcomes) {
    tick()
    await turn()
  }
  t.same(events, ['down', 'recovered', 'down', 'another fault', 'recovered'])
  await repeating.stop()
})

t.test('stop aborts the signal of the current run, waits for it, and no other run begins', async (t) => {
  const tick = manualInterval(t)
  const run = Promise.withResolvers<void>()
  let started = 0
  let signal: AbortSignal | undefined
  const repeating = repeat(
    5_000,
    (stopping) => {
      started += 1
      signal = stopping
      return run.promise
    },
    { failed: (error) => t.error(error), recovered: () => t.fail('nothing had failed') },
  )
  tick()
  t.equal(signal?.aborted, false)
  let stopped = false
  const stopping = repeating.stop().then(() => {
    stopped = true
  })
  await turn()
  t.equal(stopped, false)
  t.equal(signal?.aborted, true)
  run.resolve()
  await stopping
  tick()
  t.equal(started, 1)
  await repeating.stop()
})

t.test('stop waits at most 10 s for a run that never ends', async (t) => {
  const tick = manualInterval(t)
  const timers = manualTimers(t)
  const repeating = repeat(5_000, () => Promise.withResolvers<void>().promise, {
    failed: (error) => t.error(error),
    recovered: () => t.fail('nothing had failed'),
  })
  tick()
  const stopping = repeating.stop()
  timers.tick(10_000)
  await t.resolves(stopping)
})

t.test('a repeated task does not keep the process alive', async (t) => {
  const script = join(import.meta.dirname, 'repeat-and-end.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 })
  t.equal(stdout, 'the end\n')
})

/** Puts itself in the place of `setInterval` until the test ends, and returns what lets every interval pass once. */
function manualInterval(t: Test): () => void {
  const { setInterval, clearInterval } = globalThis
  const tasks = new Map<object, () => void>()
  const fakes = {
    setInterval: (task: () => void) => {
      const timer = { unref: () => timer }
      tasks.set(timer, task)
      return timer
    },
    clearInterval: (timer: object) => tasks.delete(timer),
  }
  Object.assign(globalThis, fakes)
  t.teardown(() => Object.assign(globalThis, { setInterval, clearInterval }))
  return () => {
    for (const task of tasks.values()) task()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
