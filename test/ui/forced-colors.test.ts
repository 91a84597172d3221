/** In forced colors, such as those of a contrast theme of Windows, each state still differs from the others. */

import type { Locator } from 'playwright-core'
import t from 'tap'
import { inChromium } from './chromium.ts'
import { openAs, startPageHost } from './page-host.ts'

await inChromium((browser) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    t.test(`in forced colors each state is distinguishable, ${colorScheme}`, async (t) => {
      const host = await startPageHost(t)
      await host.issue('ada', { name: 'CI' })
      const page = await openAs(t, browser, host, 'ada', { forcedColors: 'active', colorScheme })
      const away = () => page.mouse.move(1, 1)
      const differs = async (state: string, control: Locator, change: () => Promise<unknown>) => {
        await away()
        const before = await control.screenshot()
        await change()
        await away()
        t.notSame(await control.screenshot(), before, state)
      }
      const active = page.getByRole('tab', { name: 'Active 1' })
      await differs('a selected tab', active, async () => {
        await active.click()
        await page.locator('[role="tab"][aria-selected="true"]', { hasText: 'Active' }).waitFor()
        await page.getByRole('tab', { name: 'All 1' }).focus()
      })
      const toggle = page.getByRole('switch')
      await page.getByRole('tab', { name: 'All 1' }).click()
      t.ok(await toggle.evaluate(hasThumb), 'a switch that is on has a thumb')
      await differs('a token that is on', toggle, async () => {
        await toggle.click()
        await page.getByText('CI is inactive.').waitFor()
      })
      t.ok(await toggle.evaluate(hasThumb), 'a switch that is off has a thumb')
      await differs('focus', toggle, () => page.keyboard.press('Shift'))
      const generate = page.locator('header [data-action="generate"]')
      await differs('the focus of a button', generate, async () => {
        await page.keyboard.press('Shift+Tab')
        await generate.focus()
      })
      await page.getByRole('button', { name: 'Actions for CI' }).click()
      const item = page.getByRole('menuitem', { name: 'Rename' })
      await differs('the focus of a menu', item, () => page.keyboard.press('ArrowDown'))
      await page.keyboard.press('Escape')
      await differs('a button that is disabled', generate, () => page.context().setOffline(true))
      await page.context().setOffline(false)
      await page.getByText('You are offline.').waitFor({ state: 'detached' })
      for (const [what, control] of [
        ['the first button', generate],
        ['the selected tab', page.locator('[role="tab"][aria-selected="true"]')],
      ] as const) {
        await control.evaluate(write, 'a')
        await differs(`the text of ${what} is read`, control, () => control.evaluate(write, 'm'))
      }
    })
  }
})

/** What the tests need to know of an element; the types of the DOM are those of the page's own code. */
interface Inspected {
  readonly style: { font: string }
  readonly childNodes: Iterable<{ textContent: string | null; nodeType: number }>
  readonly ownerDocument: {
    defaultView: { getComputedStyle(element: Inspected, pseudo?: string): { backgroundColor: string } }
  }
}

function hasThumb(element: Inspected): boolean {
  const { defaultView: view } = element.ownerDocument
  const thumb = view.getComputedStyle(element, '::after').backgroundColor
  return thumb !== view.getComputedStyle(element).backgroundColor
}

/** All letters are equally wide, so that only their shapes can differ. */
function write(element: Inspected, letter: string): void {
  element.style.font = '16px monospace'
  const TEXT = 3
  for (const node of element.childNodes) {
    if (node.nodeType === TEXT) node.textContent = letter.repeat(8)
  }
}
