/** Keeps what was measured: as JSON beside this file, and as the tables of `docs/explanation/performance.md`. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import type { Compared } from './compare.ts'
import { comparisons, nameOf } from './comparisons.ts'
import type { Flooded } from './flood.ts'
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

/** Writes one comparison, or the flood, in the place of an earlier one of its name. */
export function keepHttp(measured: Compared | { readonly flood: Flooded }, load: string): void {
  const known = readHttp()
  const compared = new Map((known?.compared ?? []).map((each) => [nameOf(each), each]))
  if (!('flood' in measured)) compared.set(nameOf(measured), measured)
  const results: HttpResults = {
    machine: thisMachine(),
    load,
    compared: comparisons.map(nameOf).flatMap((name) => compared.get(name) ?? []),
    flood: 'flood' in measured ? measured.flood : (known?.flood ?? null),
  }
  writeJson('http.json', results)
  writeTable('http', httpTable(results))
}

/** Writes the steps, those of an earlier run that are not among them included. */
export function keepMicro(steps: readonly Step[]): void {
  const results: MicroResults = { machine: thisMachine(), steps }
  writeJson('micro.json', results)
  writeTable('micro', microTable(results))
}

/** The table that stands in the page between its marks. */
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
  // Written by this file alone.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined
}

function writeJson(name: string, results: HttpResults | MicroResults): void {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, name), `${JSON.stringify(results, null, 2)}\n`)
}
