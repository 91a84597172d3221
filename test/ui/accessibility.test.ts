/** Accessibility of the page: keyboard, focus, live regions and reduced motion. */

import t from 'tap'
import { inChromium } from './chromium.ts'
import { focused, untilFocused, walkTo } from './focus.ts'
import { openAs, startPageHost } from './page-host.ts'

await inChromium((browser) => {
  t.test('by keyboard only: generate, copy, rename, disable, search, revoke', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'older' })
    const page = await openAs(t, browser, host, 'ada', { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Details of older' }).waitFor()
    const press = (key: string) => page.keyboard.press(key)
    await walkTo(page, 'Tab', 'Generate New Token')
    await press('Enter')
    await page.getByRole('checkbox').first().waitFor()
    t.equal(await focused(page), 'Name (optional)', 'the first field')
    await page.keyboard.type('CI')
    await press('Enter')
    await page.getByRole('heading', { name: 'Copy your token now' }).waitFor()
    t.equal(await focused(page), 'Copy token')
    await press('Enter')
    await page.getByText('The token is copied.').waitFor()
    await press('Escape')
    await untilFocused(page, 'Details of CI')
    t.pass('focus is on the new token')

    await press('Tab')
    t.equal(await focused(page), 'CI: active')
    await press('Space')
    await page.getByText('CI is inactive.').waitFor()
    t.equal(await focused(page), 'CI: active', 'focus stays on the switch')

    await press('Tab')
    t.equal(await focused(page), 'Actions for CI')
    await press('Enter')
    await page.getByRole('menu').waitFor()
    t.equal(await focused(page), 'View details')
    await press('ArrowDown')
    t.equal(await focused(page), 'Rename')
    await press('Enter')
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).waitFor()
    t.equal(await focused(page), 'Name')
    await page.keyboard.type('Nightly')
    await press('Enter')
    await page.getByRole('button', { name: 'Edit the name' }).waitFor()
    await press('Escape')
    await untilFocused(page, 'Actions for Nightly')
    t.pass('focus is back at the menu’s button')

    await press('Enter')
    await press('End')
    await press('Enter')
    await page.getByRole('heading', { name: 'Revoke this token?' }).waitFor()
    await walkTo(page, 'Tab', 'Revoke token')
    await press('Enter')
    await untilFocused(page, 'Details of Nightly')
    const [token] = (await host.app.apiTokens.list({ userId: 'ada' })).data
    t.same([token?.name, token?.status], ['Nightly', 'revoked'])

    await walkTo(page, 'Shift+Tab', 'All')
    for (const [key, name] of [
      ['ArrowRight', 'Active'],
      ['End', 'Expired'],
      ['ArrowRight', 'All'],
      ['ArrowLeft', 'Expired'],
      ['Home', 'All'],
    ] as const) {
      await press(key)
      t.equal(await focused(page), name, key)
    }
  })

  t.test('the arrow keys move between tabs in visual order, also from right to left', async (t) => {
    const host = await startPageHost(t, { dir: 'rtl' })
    await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('tab', { name: 'All 1' }).focus()
    for (const [key, name] of [
      ['ArrowLeft', 'Active'],
      ['ArrowRight', 'All'],
      ['ArrowRight', 'Expired'],
      ['ArrowLeft', 'All'],
    ] as const) {
      await page.keyboard.press(key)
      t.equal(await focused(page), name, key)
    }
  })

  t.test('focus stays in an open dialog', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('checkbox').first().waitFor()
    for (let steps = 0; steps < 12; steps += 1) {
      await page.keyboard.press('Tab')
      t.equal(await page.evaluate(BEHIND), false, 'never behind it')
    }
  })

  t.test('changes are in live regions that were rendered before', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('switch').waitFor()
    const region = page.locator('api-tokens .toasts')
    t.equal(await region.getAttribute('role'), 'status')
    t.equal((await region.innerText()).trim(), '')
    await page.getByRole('switch').click()
    await region.getByText('CI is inactive.').waitFor()
  })

  t.test('with reduced motion nothing is animated', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada')
    for (const [reducedMotion, moves] of [
      ['reduce', false],
      ['no-preference', true],
    ] as const) {
      const page = await openAs(t, browser, host, 'ada', { reducedMotion })
      await page.getByRole('button', { name: 'Generate New Token' }).click()
      await page.getByRole('dialog').waitFor()
      const style = "getComputedStyle(document.querySelector('api-tokens').shadowRoot"
      const dialog = ".querySelector('api-tokens-generate').shadowRoot.querySelector('dialog')).animationName"
      t.equal((await page.evaluate(style + dialog)) !== 'none', moves, reducedMotion)
    }
  })
})

const BEHIND = `(() => {
  const inner = document.querySelector('api-tokens')?.shadowRoot.activeElement
  return inner !== null && !inner.localName.startsWith('api-tokens-')
})()`
