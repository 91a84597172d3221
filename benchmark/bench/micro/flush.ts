/** The flush of 10,000 used tokens on SQLite: its cost per token, and how long it blocks the event loop. */

import { NO_ADDRESS } from '../../../src/verification/verification-entry.ts'
import { median } from '../../../test/support/median.ts'
import type { Step } from '../steps.ts'
import { countStatements } from './count-statements.ts'
import { startSubject } from './subject.ts'

const TOKENS = 10_000
const ROUNDS = 15

export async function flush(): Promise<Step[]> {
  const { instance, warm, close } = await startSubject({ cacheMax: TOKENS })
  const { verification, recorder } = instance
  const credentials = await warm(TOKENS)
  await recorder.flush()
  const wholes: number[] = []
  const blocks: number[] = []
  let statements = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const now = Date.now()
    for (const credential of credentials.slice(1)) verification.getAndCount(credential, now, NO_ADDRESS)
    // Counting one more use would start a flush by itself.
    const gaps = watchLoop()
    const count = countStatements()
    const begun = performance.now()
    await recorder.flush()
    wholes.push(performance.now() - begun)
    blocks.push(gaps.longest())
    statements = count.stop()
  }
  await close()
  return [
    {
      name: 'flush-per-token',
      title: 'flush of 10,000 used tokens, per token',
      value: (median(wholes) * 1000) / TOKENS,
      unit: 'µs',
    },
    {
      name: 'flush-block',
      title: 'flush of 10,000 used tokens: event loop blocked at a time',
      value: median(blocks),
      unit: 'ms',
      target: 20,
    },
    {
      name: 'flush-statements',
      title: 'flush of 10,000 used tokens: statements',
      value: statements,
      unit: 'statements',
    },
  ]
}

/** Measures the longest time between two turns of the event loop, in milliseconds. */
function watchLoop(): { longest(): number } {
  let last = performance.now()
  let longest = 0
  let next = setImmediate(look)
  function look(): void {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    next = setImmediate(look)
  }
  return {
    longest: () => {
      clearImmediate(next)
      return Math.max(longest, performance.now() - last)
    },
  }
}
