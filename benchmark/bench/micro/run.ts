/** Measures the steps one after another, prints them and stores them. */

import { keepMicro } from '../results.ts'
import type { Step } from '../steps.ts'
import { stepLine } from '../tables.ts'
import { coldPath } from './cold-path.ts'
import { flush } from './flush.ts'
import { issue } from './issue.ts'
import { memoryPerToken } from './memory.ts'
import { warmPath } from './warm-path.ts'

const MEASURES: Readonly<Record<string, () => Promise<Step[]>>> = {
  warm: warmPath,
  cold: coldPath,
  memory: memoryPerToken,
  flush,
  issue,
}

const selected = process.argv.slice(2)
for (const name of selected) {
  if (!(name in MEASURES)) throw new Error(`${name} is not one of ${Object.keys(MEASURES).join(', ')}`)
}
const steps: Step[] = []
for (const [name, measure] of Object.entries(MEASURES)) {
  if (selected.length > 0 && !selected.includes(name)) continue
  const measured = await measure()
  for (const step of measured) console.log(stepLine(step))
  steps.push(...measured)
}
// The table contains all steps, so a part of them is not stored.
if (selected.length === 0) {
  keepMicro(steps)
  console.log('written to benchmark/bench/results/micro.json and docs/explanation/performance.md')
}
