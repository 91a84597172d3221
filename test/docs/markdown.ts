/** Reads what the tests check out of a Markdown page: snippets, headings, links, tables. */

import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

export interface Snippet {
  /** `docs/guides/getting-started.md:27`. */
  readonly place: string
  readonly language: string
  /** The word after the language: `run`, `start`, or nothing. */
  readonly mark: string
  readonly code: string
  /** The `text` block that follows it, as what it prints. */
  readonly output: string | undefined
}

/** The pages that are checked, by their paths from the root. */
export function pages(): readonly string[] {
  const docs = globSync('docs/**/*.md', { cwd: ROOT })
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.sort()]
}

export function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

const FENCE = /^```(\S*) ?(.*)\n([\s\S]*?)^```$/gm

export function snippetsOf(page: string): readonly Snippet[] {
  const text = read(page)
  const fences = [...text.matchAll(FENCE)]
  return fences.map((fence, index) => {
    const [whole, language = '', mark = '', code = ''] = fence
    const next = fences[index + 1]
    const between = next === undefined ? '' : text.slice(fence.index + whole.length, next.index)
    return {
      place: `${page}:${text.slice(0, fence.index).split('\n').length}`,
      language,
      mark,
      code,
      output: next?.[1] === 'text' && between.trim() === '' ? next[3] : undefined,
    }
  })
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const headings = withoutFences(page).matchAll(/^#{1,6} (.+)$/gm)
  return new Set([...headings].map(([, heading = '']) => slug(heading)))
}

export interface Link {
  readonly target: string
  readonly anchor: string | undefined
}

/** The links of a page that stay in this repository: paths from the root, or the page itself. */
export function linksOf(page: string): readonly Link[] {
  const hrefs = [...withoutFences(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = '']) => href)
  return hrefs
    .filter((href) => !/^[a-z]+:/.test(href))
    .map((href) => {
      const [path = '', anchor] = href.split('#')
      const target = path === '' ? page : relative(ROOT, join(ROOT, page, '..', path))
      return { target, anchor }
    })
}

/** The rows of a table, cell by cell, the heading among them. */
export type Table = readonly (readonly string[])[]

/** The tables of a page. */
export function tablesOf(page: string): readonly Table[] {
  const tables = withoutFences(page).matchAll(/(?:^\|.+\|$\n?)+/gm)
  return [...tables].map(([table]) => table.trim().split('\n').map(cellsOf))
}

/** The rows of all tables of a page. */
export function rowsOf(page: string): Table {
  return tablesOf(page).flat()
}

/** The names in the backquotes of a text. */
export function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

function cellsOf(row: string): readonly string[] {
  const cells = row.slice(1, -1).split(/(?<!\\)\|/)
  return cells.map((cell) => cell.trim())
}

function withoutFences(page: string): string {
  return read(page).replace(FENCE, '')
}

function slug(heading: string): string {
  const text = heading.replace(/[`*]/g, '').trim().toLowerCase()
  return text.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
}
