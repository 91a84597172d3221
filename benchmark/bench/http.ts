/**
 * `npm run bench`: compares variants over HTTP, prints the results and stores them. See `benchmark/README.md`.
 */

import { parseArgs } from 'node:util'
import { checkOutBefore } from './before.ts'
import { compare } from './compare.ts'
import {
  type Comparison,
  comparisons,
  comparisonsWithBefore,
  type LatencyComparison,
  latencyComparisons,
  latencyComparisonsWithBefore,
  nameOf,
  serversOf,
} from './comparisons.ts'
import { flood } from './flood.ts'
import { compareLatency } from './latency.ts'
import { LOAD_TOOL } from './load.ts'
import type { Effort } from './pairs.ts'
import { type HttpMeasured, keepHttp } from './results.ts'
import { comparedLine, floodedLine, latencyLine } from './tables.ts'
import { hasBetterAuth, installBetterAuth } from './variants/better-auth.ts'
import { isAvailable } from './variants/databases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fast: { type: 'boolean', default: false },
    slices: { type: 'string' },
    before: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
})
// The handlers of `exit` stop the load and delete temporary files.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
const before = values.before
const slices = Number(values.slices ?? (values.fast ? 20 : 300))
const effort: Effort = values.fast
  ? { slices, slicesPerRun: Math.ceil(slices / 2), warmUpMs: 500 }
  : { slices, slicesPerRun: 40, warmUpMs: 2_000 }
/** For slices of a second or more, and for comparisons without a target. */
const fewSlices = Math.max(6, Math.ceil(slices / 5))
// Short runs and comparisons with earlier code are not stored.
const isStored = values.slices === undefined && !values.fast && before === undefined

const selected = before === undefined ? comparisons : comparisonsWithBefore
const selectedLatency = before === undefined ? latencyComparisons : latencyComparisonsWithBefore
const isWanted = (name: string) =>
  positionals.length === 0 || positionals.some((start) => name.startsWith(start))

if (values.list) {
  for (const comparison of [...selected, ...selectedLatency]) console.log(nameOf(comparison))
  if (before === undefined) console.log('flood')
  process.exit()
}
if (before !== undefined) checkOutBefore(before)
console.log(`load by ${LOAD_TOOL}, ${slices} slices for each comparison with a target`)
for (const comparison of selected) {
  if (!isWanted(nameOf(comparison)) || !(await hasServers(comparison))) continue
  if (nameOf(comparison).includes('better-auth') && !hasBetterAuth()) installBetterAuth()
  const isShort = comparison.target === undefined && before === undefined && !values.fast
  const compared = await compare(comparison, isShort ? { ...effort, slices: fewSlices } : effort)
  store({ compared })
  console.log(comparedLine(compared))
}
for (const comparison of selectedLatency) {
  if (!isWanted(nameOf(comparison)) || !(await hasServers(comparison))) continue
  const few = { ...effort, slices: fewSlices, slicesPerRun: Math.ceil(fewSlices / 2) }
  const latency = await compareLatency(comparison, few)
  store({ latency })
  console.log(latencyLine(latency))
}
if (before === undefined && isWanted('flood')) {
  const flooded = await flood(fewSlices)
  store({ flood: flooded })
  console.log(floodedLine(flooded))
}
if (isStored) console.log('written to benchmark/bench/results/http.json and docs/explanation/performance.md')

function store(measured: HttpMeasured): void {
  if (isStored) keepHttp(measured, LOAD_TOOL)
}

async function hasServers(comparison: Comparison | LatencyComparison): Promise<boolean> {
  for (const server of serversOf(comparison)) {
    if (await isAvailable(server)) continue
    console.log(`${nameOf(comparison)} skipped: ${server} is not available`)
    return false
  }
  return true
}
