/** Asks axe what it finds in a page, at WCAG 2.2 AA and by its own best practices. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import type { Test } from 'tap'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

type Look = readonly [name: string, context: Parameters<Browser['newContext']>[0]]

/** The looks in which each state is checked. */
export const LOOKS: readonly Look[] = [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['at 320 px', { viewport: { width: 320, height: 640 } }],
]

/** The same for a page that is also used in right-to-left documents. */
export const PAGE_LOOKS: readonly (readonly [...Look, dir: 'ltr' | 'rtl'])[] = [
  ...LOOKS.map((look) => [...look, 'ltr'] as const),
  ['right to left', {}, 'rtl'],
  ['right to left at 320 px', { viewport: { width: 320, height: 640 } }, 'rtl'],
]

/** Fails the test by what axe finds in the page as it is now, and where something sticks out of it. */
export async function checkWithAxe(t: Test, page: Page, state: string): Promise<void> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE)
  t.same(await findings(page), [], state)
  t.equal(await page.evaluate(OVERFLOW), 0, `${state}: nothing sticks out`)
}

/** A line for each. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })`,
  )) as { violations: { id: string; nodes: { target: unknown; failureSummary: string }[] }[] }
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`),
  )
}

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
