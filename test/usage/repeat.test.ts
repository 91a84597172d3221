/** A repeated task never overlaps itself, survives its errors, and keeps no process alive. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { repeat } from '../../src/usage/repeat.ts'

t.test('a run that takes longer than the interval is not overtaken by the next', async (t) => {
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
    (error) => t.error(error),
  )
  tick()
  tick()
  tick()
  t.equal(started, 1)
  runs[0]?.resolve()
  await turn()
  t.equal(started, 1, 'what was left out is not made up for')
  tick()
  t.equal(started, 2)
  runs[1]?.resolve()
  await repeating.stop()
})

t.test('an error is told, and the task goes on', async (t) => {
  const tick = manualInterval(t)
  const told: unknown[] = []
  const failures = [new Error('first'), new Error('second')]
  const left = [...failures]
  const repeating = repeat(
    5_000,
    async () => {
      throw left.shift()
    },
    (error) => told.push(error),
  )
  tick()
  await turn()
  tick()
  await turn()
  t.same(told, failures)
  await repeating.stop()
})

t.test('stop waits for the run that is under way, and none comes after', async (t) => {
  const tick = manualInterval(t)
  const run = Promise.withResolvers<void>()
  let started = 0
  const repeating = repeat(
    5_000,
    () => {
      started += 1
      return run.promise
    },
    (error) => t.error(error),
  )
  tick()
  let stopped = false
  const stopping = repeating.stop().then(() => {
    stopped = true
  })
  await turn()
  t.equal(stopped, false)
  run.resolve()
  await stopping
  tick()
  t.equal(started, 1)
  await repeating.stop()
})

t.test('a process that does nothing but repeat comes to its end', async (t) => {
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
