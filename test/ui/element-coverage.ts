/**
 * Brings home what Chromium covers of the two elements: where tap measures coverage, pages get the element unminified,
 * and what V8 counted of it goes, with the map to its sources, to where tap merges what its processes counted.
 */

import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import type { BrowserContext } from 'playwright-core'
import type { Test } from 'tap'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, '.tap/element')

/** An element by the name of its script. */
const ENTRY_POINTS: Readonly<Record<string, string>> = {
  element: 'src/ui/element/index.ts',
  'admin-element': 'src/ui/element/admin/index.ts',
}
const SCRIPT_URL = /\/((?:admin-)?element)-[0-9a-f]{16}\.js$/

/** Counts what the pages of a context run of an element; without coverage they run the element that is published. */
export async function coverElement(t: Test, context: BrowserContext): Promise<void> {
  if (process.env['_TAPJS_PROCESSINFO_COVERAGE_'] !== '1') return
  await context.route(SCRIPT_URL, (route) =>
    route.fulfill({
      contentType: 'text/javascript; charset=utf-8',
      body: bundleForCoverage(nameIn(route.request().url())).text,
    }),
  )
  context.on('page', (page) => void page.coverage.startJSCoverage({ resetOnNavigation: false }))
  t.teardown(async () => {
    const entries = await Promise.all(context.pages().map((page) => page.coverage.stopJSCoverage()))
    for (const name of Object.keys(ENTRY_POINTS)) {
      const counted = entries.flat().filter(({ url }) => SCRIPT_URL.test(url) && nameIn(url) === name)
      if (counted.length > 0)
        report(
          name,
          counted.map(({ scriptId, functions }) => ({ scriptId, functions })),
        )
    }
  })
}

function nameIn(url: string): string {
  return SCRIPT_URL.exec(url)?.[1] ?? ''
}

/** As Node's own coverage files are, with the source map cache that c8 reads. */
function report(name: string, scripts: readonly { scriptId: string; functions: unknown }[]): void {
  const element = bundleForCoverage(name)
  const url = pathToFileURL(moduleOf(name)).href
  const result = scripts.map((script) => ({ ...script, url }))
  const lineLengths = element.text.split('\n').map(({ length }) => length)
  const coverage = { result, 'source-map-cache': { [url]: { lineLengths, data: element.map } } }
  mkdirSync(join(ROOT, '.tap/coverage'), { recursive: true })
  writeFileSync(join(ROOT, `.tap/coverage/${randomUUID()}.json`), JSON.stringify(coverage))
}

interface Bundle {
  readonly text: string
  readonly map: object
}

const bundles = new Map<string, Bundle>()

function moduleOf(name: string): string {
  return join(FOLDER, `${name}.js`)
}

function bundleForCoverage(name: string): Bundle {
  const known = bundles.get(name)
  if (known !== undefined) return known
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, ENTRY_POINTS[name] ?? '')],
    outfile: moduleOf(name),
    write: false,
    bundle: true,
    sourcemap: 'external',
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
  })
  const textOf = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? ''
  const text = textOf('.js')
  const map = JSON.parse(textOf('.map')) as { sources: string[] }
  // c8 reads the module from the disk; processes of the same run write the same.
  mkdirSync(FOLDER, { recursive: true })
  const draft = `${moduleOf(name)}.${process.pid}`
  writeFileSync(draft, text)
  renameSync(draft, moduleOf(name))
  const bundle = {
    text,
    map: { ...map, sources: map.sources.map((source) => pathToFileURL(join(FOLDER, source)).href) },
  }
  bundles.set(name, bundle)
  return bundle
}
