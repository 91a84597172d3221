/** Holds the coverage of `src/` to the bar, from the report of the last run of the tests: no file is left out. */

import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { chromiumPath } from './ui/chromium-path.ts'

const BAR = 95
const REPORT = '.tap/report/coverage-summary.json'

interface Counted {
  readonly total: number
  readonly covered: number
}

type Summary = Readonly<Record<string, { readonly lines: Counted; readonly branches: Counted }>>

/** `<api-tokens>` and `<api-tokens-admin>`: test/ui/element-coverage.ts brings home what browsers run of it. */
const IN_BROWSERS = /\bsrc[\\/]ui[\\/]element[\\/]/

const summary = JSON.parse(readFileSync(REPORT, 'utf8')) as Summary
const files = globSync('src/**/*.ts').map((file) => resolve(file))
const [inBrowsers, inNode] = [true, false].map((yes) =>
  files.filter((file) => IN_BROWSERS.test(file) === yes),
)

hold('src', inNode ?? [])
if (chromiumPath() === undefined) console.log('no Chromium was found: nothing has covered src/ui/element')
else hold('src/ui/element', inBrowsers ?? [], 88)

function hold(what: string, files: readonly string[], branchBar = BAR): void {
  const lines = percent(files.flatMap((file) => summary[file]?.lines ?? []))
  const branches = percent(files.flatMap((file) => summary[file]?.branches ?? []))
  console.log(
    `coverage of ${what}: ${lines.toFixed(2)} % of lines, ${branches.toFixed(2)} % of branches (bar: ${BAR} and ${branchBar} %)`,
  )
  const unloaded = files.filter((file) => summary[file] === undefined && hasCode(file))
  for (const file of unloaded) console.log(`no test loads ${file}`)
  if (unloaded.length > 0 || lines < BAR || branches < branchBar) process.exitCode = 1
}

function percent(counts: readonly Counted[]): number {
  const sum = (of: keyof Counted) => counts.reduce((all, count) => all + count[of], 0)
  return (100 * sum('covered')) / sum('total')
}

/** A file of types alone is gone at run time. */
function hasCode(file: string): boolean {
  return /^export (async function|function|const|class|default|\* from)/m.test(readFileSync(file, 'utf8'))
}
