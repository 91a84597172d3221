/**
 * `npm run bench`: every variant against bare Fastify over HTTP, in paired slices. Prints the medians and
 * their spread, and writes them as JSON and as the table of `docs/explanation/performance.md`.
 *
 *     npm run bench                            all of it, in about 45 minutes
 *     npm run bench -- warm/bare forged        only the comparisons whose name begins so, or the `flood`
 *     npm run bench -- --slices 10             fewer slices: a quick look
 */

import { parseArgs } from 'node:util'
import { compare } from './compare.ts'
import { comparisons, nameOf } from './comparisons.ts'
import { flood } from './flood.ts'
import { LOAD_TOOL } from './load.ts'
import { keepHttp } from './results.ts'
import { comparedLine, floodedLine } from './tables.ts'
import { hasBetterAuth, installBetterAuth } from './variants/better-auth.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { slices: { type: 'string', default: '300' } },
})
const slices = Number(values.slices)
/** They are longer ones. */
const floodSlices = Math.ceil(slices / 5)
const isWanted = (name: string) =>
  positionals.length === 0 || positionals.some((start) => name.startsWith(start))

console.log(`load by ${LOAD_TOOL}, ${slices} slices for each figure that has a target`)
for (const comparison of comparisons) {
  const name = nameOf(comparison)
  if (!isWanted(name)) continue
  if (name.includes('better-auth') && !hasBetterAuth()) installBetterAuth()
  // What nothing is demanded of is there to be seen beside the rest.
  const compared = await compare(comparison, comparison.target === undefined ? Math.ceil(slices / 5) : slices)
  keepHttp(compared, LOAD_TOOL)
  console.log(comparedLine(compared))
}
if (isWanted('flood')) {
  const flooded = await flood(floodSlices)
  keepHttp({ flood: flooded }, LOAD_TOOL)
  console.log(floodedLine(flooded))
}
console.log('written to benchmark/bench/results/http.json and docs/explanation/performance.md')
