/** Stores the results as JSON and as the table of `docs/explanation/growth.md`. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GROWTH_STORES } from './databases.ts'
import type { Measured } from './measure.ts'

export interface Growth extends Measured {
  readonly store: (typeof GROWTH_STORES)[number]
  readonly size: number
}

const PAGE = join(import.meta.dirname, '../../docs/explanation/growth.md')
const FILE = join(import.meta.dirname, 'results.json')
const START = '<!-- growth: written by npm run growth -->'
const END = '<!-- end -->'

const LINES: readonly (readonly [string, (growth: Growth) => string])[] = [
  ['cold verification', ({ coldVerification }) => inMilliseconds(coldVerification)],
  ['the owner’s first page', ({ firstPage }) => inMilliseconds(firstPage)],
  ['the owner’s hundredth page', ({ hundredthPage }) => inMilliseconds(hundredthPage)],
  ['flush of 10,000 used tokens', ({ flush }) => inMilliseconds(flush)],
  ['its write-ahead log', ({ flushWal }) => inMegabytes(flushWal)],
  ['the first flush of a day', ({ firstFlush }) => inMilliseconds(firstFlush)],
  ['sweep of 10,000 idle tokens', ({ sweep }) => inMilliseconds(sweep)],
  ['administration: the first page', ({ adminFirstPage }) => inMilliseconds(adminFirstPage)],
  ['by the beginning of the name', ({ adminByName }) => inMilliseconds(adminByName)],
  ['of one owner', ({ adminByOwner }) => inMilliseconds(adminByOwner)],
  ['unused since a day', ({ adminUnusedSince }) => inMilliseconds(adminUnusedSince)],
  ['expiring before a time', ({ adminExpiresBefore }) => inMilliseconds(adminExpiresBefore)],
  ['issued by a former member', ({ adminByCreator }) => inMilliseconds(adminByCreator)],
  ['no match among 1,000 tokens', ({ fullSearch }) => inMilliseconds(fullSearch)],
  ['size of the database', ({ databaseSize }) => inMegabytes(databaseSize)],
]

export function readGrowth(): readonly Growth[] {
  // Only this file writes it.
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Growth[]) : []
}

/** Stores a measurement in place of the earlier one with the same store and size. */
export function keep(growth: Growth): void {
  const others = readGrowth().filter(({ store, size }) => store !== growth.store || size !== growth.size)
  const all = [...others, growth].sort((a, b) => b.store.length - a.store.length || a.size - b.size)
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`)
  const { before, after, page } = marked()
  writeFileSync(PAGE, `${page.slice(0, before)}\n\n${growthTable(all)}\n\n${page.slice(after)}`)
}

export function growthTable(all: readonly Growth[]): string {
  const heads = all.map(({ store, size }) => `${store}, ${size.toLocaleString('en')}`)
  const rows = LINES.map(([name, cell]) => [name, ...all.map(cell)])
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(['', ...heads]), line(['---', ...heads.map(() => '---:')]), ...rows.map(line)].join('\n')
}

/** The table between its markers in the page. */
export function tableInPage(): string {
  const { before, after, page } = marked()
  return page.slice(before, after).trim()
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}

function inMilliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 3 : 0)} ms`
}

function marked(): { readonly before: number; readonly after: number; readonly page: string } {
  const page = readFileSync(PAGE, 'utf8')
  const before = page.indexOf(START) + START.length
  const after = page.indexOf(END, before)
  if (before < START.length || after < 0) throw new Error(`${PAGE} has no place for the table`)
  return { before, after, page }
}
