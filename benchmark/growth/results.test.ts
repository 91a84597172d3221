/** The page on growth contains the stored results, and a table of 1,000 times the size costs little more. */

import t from 'tap'
import { GROWTH_STORES } from './databases.ts'
import { growthTable, readGrowth, tableInPage } from './results.ts'

const MOST = 1.5
/** A page of a search over 10 million tokens. */
const MOST_OF_SEARCH_MS = 50

t.test('the page contains the table of the stored results', async (t) => {
  t.equal(tableInPage(), growthTable(readGrowth()))
})

for (const name of GROWTH_STORES) {
  t.test(
    `${name}: from 10 thousand to 10 million tokens verification and pages cost less than ${MOST} times`,
    async (t) => {
      const at = (tokens: number) => readGrowth().find(({ store, size }) => store === name && size === tokens)
      const [small, large] = [at(10_000), at(10_000_000)]
      if (small === undefined || large === undefined) throw new Error(`${name} was not measured`)
      for (const [what, ms] of Object.entries(large)) {
        if (what.startsWith('admin')) t.ok(Number(ms) < MOST_OF_SEARCH_MS, `${what}: ${ms} ms`)
      }
      for (const what of ['coldVerification', 'firstPage', 'hundredthPage'] as const) {
        const ratio = large[what] / small[what]
        t.ok(ratio < MOST, `${what}: ${ratio.toFixed(2)}`)
      }
    },
  )
}
