/** Accessibility of the administration page: axe, keyboard, focus, narrow windows, forced colors and motion. */

import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { ADMIN_PAGE, fill, startAdminPage } from './admin-page-host.ts'
import { checkWithAxe, PAGE_LOOKS } from './axe.ts'
import { inChromium } from './chromium.ts'
import { focused, untilFocused, walkTo } from './focus.ts'
import { openAs } from './page-host.ts'

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })

await inChromium((browser) => {
  for (const [look, options, dir] of PAGE_LOOKS) {
    t.test(`axe has no findings in any state, ${look}`, async (t) => {
      const host = await startAdminPage(t, { dir })
      const page = await openAs(t, browser, host, null, { ...options, path: ADMIN_PAGE })
      const check = (state: string) => checkWithAxe(t, page, state)
      await heading(page, 'You are not signed in as an administrator').waitFor()
      await check('signed out')
      await page.context().addCookies([{ name: 'user', value: 'root', url: host.origin }])
      await page.reload()
      await heading(page, 'No tokens yet').waitFor()
      await check('no tokens')
      await fill(host)
      await host.app.apiTokens.issue({ userId: 'W'.repeat(255), name: 'W'.repeat(100) })
      await page.reload()
      await page.getByText('7 tokens shown').waitFor()
      await page.getByText('More filters').click()
      await check('the list, with all filters')
      await page.getByRole('checkbox', { name: 'Select deploy' }).check()
      await page.getByRole('checkbox', { name: 'Select backup' }).check()
      await check('a selection')
      await button(page, 'Revoke 2 tokens…').click()
      await heading(page, 'Revoke 2 tokens?').waitFor()
      await check('the second step')
      await page.keyboard.press('Escape')
      await button(page, 'Revoke leaked credentials…').click()
      await page.getByRole('textbox', { name: 'Credentials' }).fill('unknown')
      await check('leaked credentials')
      await button(page, 'Revoke 1 credential').click()
      await heading(page, 'Result').waitFor()
      await check('their result')
      await page.keyboard.press('Escape')
      await button(page, 'New token for an owner').click()
      await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'On a date…' })
      await check('the form')
      await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'Never' })
      await page.getByRole('textbox', { name: 'Owner id' }).fill('service:a')
      await page.getByRole('textbox', { name: 'Allowed addresses' }).fill('W'.repeat(100))
      await button(page, 'Issue token').click()
      await page.getByRole('alert').getByText('allowed_ips[0] must be an IP address').waitFor()
      await check('the form with an error at a field')
      await page.keyboard.press('Escape')
      await page.route('**/admin/tokens/scopes', (route) => route.abort())
      await button(page, 'New token for an owner').click()
      await page.getByText('The scopes could not be loaded.').waitFor()
      await check('the form without scopes')
      await page.unrouteAll()
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Details of deploy' }).click()
      await page.getByText('No requests in the last 30 days.').waitFor()
      await check('the details')
      await button(page, 'Change limits').click()
      await heading(page, 'Change limits').waitFor()
      await check('the limits')
      await page.getByRole('textbox', { name: 'Requests', exact: true }).fill('0')
      await page.getByRole('textbox', { name: 'Time window in seconds' }).fill('1')
      await button(page, 'Save').click()
      await page.getByRole('alert').getByText('rate_limit.max must be').waitFor()
      await check('the limits with an error at a field')
      await page.keyboard.press('Escape')
      await heading(page, 'Change limits').waitFor({ state: 'detached' })
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: `Show the tokens of ${'W'.repeat(255)}` }).click()
      await page.getByText('Its tokens work.').waitFor()
      await check('an owner')
      for (const action of ['Deactivate…', 'Remove…', 'Revoke all tokens…']) {
        await button(page, action).click()
        await page.getByRole('dialog').waitFor()
        await check(action)
        await page.keyboard.press('Escape')
      }
      await page.getByRole('link', { name: 'Owners', exact: true }).click()
      await page.getByText('4 owners shown').waitFor()
      await check('the owners')
      await page.goto(`${host.origin}${ADMIN_PAGE}?user_id=nobody`)
      await heading(page, 'No token matches').waitFor()
      await check('no match')
      await page.route('**/admin/tokens?*', (route) => route.abort())
      await page.reload()
      await heading(page, 'The tokens could not be loaded').waitFor()
      await check('a failure')
    })
  }

  t.test('by keyboard only: search, select, revoke, open an owner, issue a token', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', {
      path: ADMIN_PAGE,
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const press = (key: string) => page.keyboard.press(key)
    await page.getByText('6 tokens shown').waitFor()
    await walkTo(page, 'Tab', 'Name begins with')
    await page.keyboard.type('ba')
    await press('Enter')
    await page.getByText('1 token shown').waitFor()
    await untilFocused(page, 'Tokens')
    await walkTo(page, 'Tab', 'Select backup')
    await press('Space')
    await page.getByText('1 token selected').waitFor()
    t.equal(await focused(page), 'Select backup', 'focus stays')
    await walkTo(page, 'Shift+Tab', 'Revoke 1 token…')
    await press('Enter')
    await heading(page, 'Revoke 1 token?').waitFor()
    await walkTo(page, 'Tab', 'Revoke 1 token')
    await press('Enter')
    await page.getByRole('status').getByText('1 token was revoked.').waitFor()
    await untilFocused(page, 'Tokens')
    await walkTo(page, 'Tab', 'Show the tokens of bob')
    await press('Enter')
    await untilFocused(page, 'Tokens of bob')
    await walkTo(page, 'Tab', 'Deactivate…')
    await press('Enter')
    await untilFocused(page, 'Cancel')
    for (let steps = 0; steps < 6; steps += 1) {
      await press('Tab')
      t.equal(await page.evaluate(BEHIND), false, 'focus stays in the dialog')
    }
    await walkTo(page, 'Tab', 'Cancel')
    await press('Escape')
    await untilFocused(page, 'Deactivate…')
    await walkTo(page, 'Shift+Tab', 'New token for an owner')
    await press('Enter')
    await untilFocused(page, 'Owner id')
    t.equal(await page.getByRole('textbox', { name: 'Owner id' }).inputValue(), 'bob')
    await press('Enter')
    await untilFocused(page, 'Copy token')
    await press('Enter')
    await page.getByText('The token is copied.').waitFor()
    await press('Escape')
    await page.getByRole('status').getByText('was issued.').waitFor()
    t.match(await focused(page), /^Details of Unnamed token/)
  })

  t.test('at any width nothing sticks out of the page or a dialog', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    await host.app.apiTokens.issue({ userId: `user-${'x'.repeat(200)}`, name: 'W'.repeat(100) })
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await page.getByText('7 tokens shown').waitFor()
    await page.getByRole('checkbox', { name: 'Select deploy' }).check()
    for (const width of [320, 400, 600, 719, 722, 800, 900, 1000, 1100, 1280]) {
      await page.setViewportSize({ width, height: 720 })
      t.equal(await page.evaluate(OVERFLOW), 0, `${width} px: the page`)
      t.equal(await page.locator('.panel').evaluate(sideways), 0, `${width} px: the list`)
      for (const open of ['Revoke 1 token…', 'Revoke leaked credentials…', 'New token for an owner']) {
        await button(page, open).click()
        const dialog = page.getByRole('dialog')
        await dialog.waitFor()
        t.equal(await dialog.evaluate(sideways), 0, `${width} px: ${open}`)
        await page.keyboard.press('Escape')
        await dialog.waitFor({ state: 'detached' })
      }
      await page.getByRole('button', { name: 'Details of deploy' }).click()
      await button(page, 'Change limits').click()
      const limits = page.getByRole('dialog', { name: 'Change limits' })
      await limits.waitFor()
      t.equal(await limits.evaluate(sideways), 0, `${width} px: Change limits`)
      await page.keyboard.press('Escape')
      await limits.waitFor({ state: 'detached' })
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
  })

  t.test('by keyboard only: open the details, change limits, and focus returns', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    const press = (key: string) => page.keyboard.press(key)
    await page.getByText('6 tokens shown').waitFor()
    await walkTo(page, 'Tab', 'Select backup')
    await walkTo(page, 'Tab', 'Details of backup')
    await press('Enter')
    await untilFocused(page, 'Close')
    await walkTo(page, 'Tab', 'Change limits')
    await press('Enter')
    await untilFocused(page, 'Allowed addresses')
    await page.keyboard.type('192.0.2.0/24')
    await walkTo(page, 'Tab', 'Requests')
    await page.keyboard.type('5')
    await press('Tab')
    await untilFocused(page, 'Time window in seconds')
    await page.keyboard.type('0')
    await press('Enter')
    await page.getByRole('alert').getByText('rate_limit.time_window must be').waitFor()
    await untilFocused(page, 'Time window in seconds')
    await press('ControlOrMeta+a')
    await page.keyboard.type('1')
    await press('Enter')
    await page.getByRole('status').getByText('The limits of backup are changed.').waitFor()
    await untilFocused(page, 'Change limits')
    await press('Enter')
    await untilFocused(page, 'Allowed addresses')
    await press('Escape')
    await untilFocused(page, 'Change limits')
    await press('Escape')
    await untilFocused(page, 'Details of backup')
  })

  t.test('at 320 px all shown tokens can be selected, and the table has its semantics', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', {
      path: ADMIN_PAGE,
      viewport: { width: 320, height: 640 },
    })
    await page.getByText('6 tokens shown').waitFor()
    await page.getByText('Select all shown tokens that have not ended').click()
    await page.getByText('5 tokens selected').waitFor()
    t.equal(await page.getByRole('row').count(), 7)
    t.equal(await page.getByRole('rowheader').count(), 6)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    t.test(`in forced colors each state is distinguishable, ${colorScheme}`, async (t) => {
      const host = await startAdminPage(t)
      await fill(host)
      const page = await openAs(t, browser, host, 'root', {
        ...{ path: ADMIN_PAGE, forcedColors: 'active', colorScheme },
      })
      const differs = async (state: string, control: Locator, change: () => Promise<unknown>) => {
        await page.mouse.move(1, 1)
        const before = await control.screenshot()
        await change()
        await page.mouse.move(1, 1)
        t.notSame(await control.screenshot(), before, state)
      }
      await page.getByText('6 tokens shown').waitFor()
      const box = page.getByRole('checkbox', { name: 'Select deploy' })
      await differs('a selected token', box, () => box.check())
      const tab = page.getByRole('link', { name: 'Owners', exact: true })
      await differs('the view', tab, async () => {
        await tab.click()
        await page.getByText('3 owners shown').waitFor()
      })
    })
  }

  t.test('the number of selected tokens is in a live region that was rendered before', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await page.getByText('6 tokens shown').waitFor()
    const region = page.locator('.selection [role="status"]')
    t.equal((await region.innerText()).trim(), '')
    await page.getByRole('checkbox', { name: 'Select deploy' }).check()
    t.equal((await region.innerText()).trim(), '1 token selected')
  })

  t.test('with reduced motion nothing is animated', async (t) => {
    const host = await startAdminPage(t)
    for (const [reducedMotion, moves] of [
      ['reduce', false],
      ['no-preference', true],
    ] as const) {
      const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE, reducedMotion })
      await button(page, 'New token for an owner').click()
      await page.getByRole('dialog').waitFor()
      const style = "getComputedStyle(document.querySelector('api-tokens-admin').shadowRoot"
      const dialog =
        ".querySelector('api-tokens-admin-issue').shadowRoot.querySelector('dialog')).animationName"
      t.equal((await page.evaluate(style + dialog)) !== 'none', moves, reducedMotion)
    }
  })
})

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

function sideways(element: { readonly scrollWidth: number; readonly clientWidth: number }): number {
  return element.scrollWidth - element.clientWidth
}

const BEHIND = `(() => {
  const inner = document.querySelector('api-tokens-admin')?.shadowRoot.activeElement
  return inner !== null && !inner.localName.startsWith('api-tokens-')
})()`
