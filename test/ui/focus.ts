/** Where the focus of a page is, through shadow roots, by what a person would call it. */

import type { Page } from 'playwright-core'

const PATIENCE_MS = 20_000

export async function focused(page: Page): Promise<string> {
  return String(await page.evaluate(FOCUSED))
}

/** Waits until something has the focus. Asked from here, as the page's policy lets nobody evaluate strings there. */
export async function untilFocused(page: Page, name: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  let at = await focused(page)
  while (at !== name) {
    if (Date.now() > end) throw new Error(`the focus is at ${at}, not at ${name}`)
    at = await focused(page)
  }
}

/** Presses a key until something has the focus, as a person does. */
export async function walkTo(page: Page, key: 'Tab' | 'Shift+Tab', name: string): Promise<void> {
  for (let steps = 0; (await focused(page)) !== name; steps += 1) {
    if (steps > 40) throw new Error(`${key} does not lead to ${name}`)
    await page.keyboard.press(key)
  }
}

const FOCUSED = `(() => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  const count = at?.querySelector('.count')?.innerText ?? ''
  return at?.getAttribute('aria-label') ?? (at?.labels?.[0] ?? at)?.innerText?.replace(count, '').trim()
})()`
