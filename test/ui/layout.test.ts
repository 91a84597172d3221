/** The layout of the page at any width, in left-to-right and right-to-left documents. */

import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { inChromium } from './chromium.ts'
import { furnish, openAs, startPageHost } from './page-host.ts'

/** The width of the window, and in which form it shows the list. */
const WIDTHS = [
  [320, 'cards'],
  [700, 'cards'],
  [800, 'table'],
  [1000, 'table'],
  [1920, 'table'],
] as const
const DIRECTIONS = ['ltr', 'rtl'] as const
const LONG = 'W'.repeat(100)

await inChromium((browser) => {
  for (const dir of DIRECTIONS) {
    t.test(`the page fits into any width, ${dir}`, async (t) => {
      const host = await startPageHost(t, { dir })
      await furnish(host)
      await host.issue('ada', { name: LONG, description: 'w'.repeat(1000), scopes: ['chat:write'] })
      const page = await openAs(t, browser, host, 'ada')
      for (const [width, form] of WIDTHS) {
        await page.setViewportSize({ width, height: 720 })
        await page.getByRole('button', { name: 'Details of short' }).waitFor()
        t.equal(await formOf(page), form, `${width} px: the list`)
        t.same(await page.evaluate(OVERLAPS), [], `${width} px: no element covers another`)
        await fits(page, `${width} px: the list`)
        await checkMenu(page, width)
        await checkDialogs(page, width)
      }

      async function fits(page: Page, what: string): Promise<void> {
        t.equal(await page.evaluate(OVERFLOW), 0, `${what}: nothing sticks out`)
      }

      async function checkMenu(page: Page, width: number): Promise<void> {
        await page.getByRole('button', { name: 'Actions for sleepy' }).click()
        await isInside(page.getByRole('menu'), width, 'the menu')
        await fits(page, `${width} px: the menu`)
        await page.keyboard.press('Escape')
      }

      /** A click on the name opens the details: no element covers it. */
      async function checkDialogs(page: Page, width: number): Promise<void> {
        for (const name of [LONG, 'sleepy']) {
          await page.getByRole('button', { name: `Details of ${name}` }).click()
          await page.getByRole('dialog').getByText('Created').waitFor()
          await isInside(page.getByRole('dialog'), width, 'the details')
          await fits(page, `${width} px: the details`)
          await page.keyboard.press('Escape')
          await page.getByRole('dialog').waitFor({ state: 'detached' })
        }
        await page.getByRole('button', { name: 'Generate New Token' }).click()
        await page.getByRole('checkbox').first().waitFor()
        await isInside(page.getByRole('dialog'), width, 'generate')
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }

      async function isInside(box: Locator, width: number, what: string): Promise<void> {
        const { x, width: own } = (await box.boundingBox()) ?? { x: -1, width: 0 }
        t.ok(x >= 0 && x + own <= width, `${width} px: ${what} is in the window`)
        const inner = await box.evaluate(sideways)
        t.equal(inner, 0, `${width} px: nothing sticks out of ${what}`)
      }
    })

    t.test(`in a narrow column of a wide page the list shows cards, ${dir}`, async (t) => {
      const host = await startPageHost(t, {
        page: {
          layout: ({ head, content }) =>
            `<!doctype html><html lang="en" dir="${dir}"><title>Framed</title>${head}` +
            `<table width="420"><tr><td>${content}</table></html>`,
        },
      })
      await furnish(host)
      const page = await openAs(t, browser, host, 'ada', { viewport: { width: 1400, height: 720 } })
      await page.getByRole('button', { name: 'Details of short' }).waitFor()
      t.equal(await formOf(page), 'cards')
      t.same(await page.evaluate(OVERLAPS), [])
    })

    t.test(`a row begins with the name and ends with the switch and the menu, ${dir}`, async (t) => {
      const host = await startPageHost(t, { dir })
      await host.issue('ada', { name: 'CI' })
      const page = await openAs(t, browser, host, 'ada')
      for (const [width] of WIDTHS) {
        await page.setViewportSize({ width, height: 720 })
        const places = await Promise.all(
          [
            page.getByRole('button', { name: 'Details of CI' }),
            page.getByRole('switch'),
            page.getByRole('button', { name: 'Actions for CI' }),
          ].map(async (control) => (await control.boundingBox())?.x ?? 0),
        )
        const inOrder = places.toSorted((a, b) => (dir === 'ltr' ? a - b : b - a))
        t.same(places, inOrder, `${width} px`)
      }
    })
  }

  // Where the words and dates of a language are long, columns are wide.
  for (const lang of ['de', 'pt-BR']) {
    t.test(`the table fits into its place at any width, ${lang}`, async (t) => {
      const host = await startPageHost(t, { page: { lang } })
      await furnish(host)
      const page = await openAs(t, browser, host, 'ada')
      await page.getByRole('table').waitFor()
      for (let width = 725; width <= 1250; width += 25) {
        await page.setViewportSize({ width, height: 720 })
        t.equal(await page.locator('.panel').evaluate(sideways), 0, `${width} px`)
      }
    })
  }
})

async function formOf(page: Page): Promise<'table' | 'cards'> {
  const head = await page.locator('thead').boundingBox()
  return (head?.height ?? 0) > 1 ? 'table' : 'cards'
}

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

function sideways(element: { readonly scrollWidth: number; readonly clientWidth: number }): number {
  return element.scrollWidth - element.clientWidth
}

/** Of each row, the pairs of controls and texts that share a part of the window. */
const OVERLAPS = `(() => {
  const inside = document.querySelector('api-tokens').shadowRoot
  return [...inside.querySelectorAll('tbody tr')].flatMap((row) => {
    const boxes = [...row.querySelectorAll('.name, .description, .chip, .hint, .badge, .reason, .soon, .spark, time, .switch, .menu > button')]
      .map((element) => ({ name: element.className || element.localName, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0)
    return boxes.flatMap((a, index) => boxes.slice(index + 1)
      .filter((b) => a.box.left < b.box.right - 1 && b.box.left < a.box.right - 1 && a.box.top < b.box.bottom - 1 && b.box.top < a.box.bottom - 1)
      .map((b) => a.name + ' and ' + b.name))
  })
})()`
