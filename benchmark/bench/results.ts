/** Stores the results as JSON in `results/` and as the tables of `docs/explanation/performance.md`. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import type { Compared } from './compare.ts'
import { comparisons, latencyComparisons, nameOf } from './comparisons.ts'
import type { Flooded } from './flood.ts'
import type { ComparedLatency } from './latency.ts'
import type { Step } from './steps.ts'
import { httpTable, microTable } from './tables.ts'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly node: string
}

export interface HttpResults {
  readonly machine: Machine
  readonly load: string
  readonly compared: readonly Compared[]
  /** Older results do not have it. */
  readonly latency?: readonly ComparedLatency[]
  readonly flood: Flooded | null
}

export interface MicroResults {
  readonly machine: Machine
  readonly steps: readonly Step[]
}

export const PAGE = join(import.meta.dirname, '../../docs/explanation/performance.md')
const FOLDER = join(import.meta.dirname, 'results')

export function readHttp(): HttpResults | undefined {
  return readJson<HttpResults>('http.json')
}

export function readMicro(): MicroResults | undefined {
  return readJson<MicroResults>('micro.json')
}

export type HttpMeasured =
  | { readonly compared: Compared }
  | { readonly latency: ComparedLatency }
  | { readonly flood: Flooded }

/** Stores one result in place of the earlier one with the same name. */
export function keepHttp(measured: HttpMeasured, load: string): void {
  const known = readHttp()
  const compared = [...(known?.compared ?? []), ...('compared' in measured ? [measured.compared] : [])]
  const latency = [...(known?.latency ?? []), ...('latency' in measured ? [measured.latency] : [])]
  const results: HttpResults = {
    machine: thisMachine(),
    load,
    compared: inOrder(comparisons.map(nameOf), compared),
    latency: inOrder(latencyComparisons.map(nameOf), latency),
    flood: 'flood' in measured ? measured.flood : (known?.flood ?? null),
  }
  writeJson('http.json', results)
  writeTable('http', httpTable(results))
}

/** The last result of each name, in the order of the names. */
function inOrder<Result extends Compared | ComparedLatency>(
  names: readonly string[],
  results: readonly Result[],
): readonly Result[] {
  const byName = new Map(results.map((each) => [nameOf(each), each]))
  return names.flatMap((name) => byName.get(name) ?? [])
}

/** Stores the steps in place of all earlier ones. */
export function keepMicro(steps: readonly Step[]): void {
  const results: MicroResults = { machine: thisMachine(), steps }
  writeJson('micro.json', results)
  writeTable('micro', microTable(results))
}

/** The table between its markers in the page. */
export function tableInPage(name: 'http' | 'micro'): string {
  const { before, after, page } = marked(name)
  return page.slice(before, after).trim()
}

function writeTable(name: 'http' | 'micro', table: string): void {
  const { before, after, page } = marked(name)
  writeFileSync(PAGE, `${page.slice(0, before)}\n\n${table}\n\n${page.slice(after)}`)
}

function marked(name: string): { readonly before: number; readonly after: number; readonly page: string } {
  const page = readFileSync(PAGE, 'utf8')
  const start = `<!-- ${name}: written by the bench -->`
  const before = page.indexOf(start) + start.length
  const after = page.indexOf('<!-- end -->', before)
  if (before < start.length || after < 0) throw new Error(`${PAGE} has no place for the table ${name}`)
  return { before, after, page }
}

function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
  }
}

function readJson<T>(name: string): T | undefined {
  const file = join(FOLDER, name)
  // Only this file writes it.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined
}

function writeJson(name: string, results: HttpResults | MicroResults): void {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, name), `${JSON.stringify(results, null, 2)}\n`)
}
