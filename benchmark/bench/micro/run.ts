/** Measures every step, one after another, prints them and keeps them. */

import { keepMicro } from '../results.ts'
import type { Step } from '../steps.ts'
import { stepLine } from '../tables.ts'
import { coldPath } from './cold-path.ts'
import { flush } from './flush.ts'
import { issue } from './issue.ts'
import { memoryPerToken } from './memory.ts'
import { warmPath } from './warm-path.ts'

const steps: Step[] = []
for (const measure of [warmPath, coldPath, memoryPerToken, flush, issue]) {
  const measured = await measure()
  for (const step of measured) console.log(stepLine(step))
  steps.push(...measured)
}
keepMicro(steps)
console.log('written to benchmark/bench/results/micro.json and docs/explanation/performance.md')
