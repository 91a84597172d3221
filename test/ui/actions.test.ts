/** Actions in a browser: rename, describe, enable, disable, revoke; and the update of other tabs. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { inChromium } from './chromium.ts'
import { focused, untilFocused } from './focus.ts'
import { openAs, openIn, PAGE, startPageHost } from './page-host.ts'

const details = (page: Page) => page.getByRole('dialog', { name: 'Token details' })

async function openDetails(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Details of ${name}` }).click()
  await details(page).getByText('Created').waitFor()
}

await inChromium((browser) => {
  t.test('generate, call, disable, the call fails, enable, it works again', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada', { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('CI')
    await page.getByRole('button', { name: 'Generate token' }).click()
    await page.getByRole('button', { name: 'Copy token' }).click()
    await page.getByText('The token is copied.').waitFor()
    const credential = String(await page.evaluate('navigator.clipboard.readText()'))
    await page.getByRole('button', { name: 'Done' }).click()
    t.equal(await host.call(credential), 200)

    const power = page.getByRole('switch', { name: 'CI: active' })
    await power.click()
    await page.getByRole('status').getByText('CI is inactive.').waitFor()
    t.equal(await power.getAttribute('aria-checked'), 'false')
    t.equal(await host.call(credential), 401)
    await power.click()
    await page.getByRole('status').getByText('CI is active.').waitFor()
    t.equal(await host.call(credential), 200)
    t.equal(await details(page).count(), 0, 'a switch does not open the details')
  })

  t.test('a name is edited in place: Enter saves, Escape cancels', async (t) => {
    const host = await startPageHost(t)
    const { id } = await host.issue('ada', { name: 'before' })
    const page = await openAs(t, browser, host, 'ada')
    await openDetails(page, 'before')
    await page.getByRole('button', { name: 'Edit the name' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('never mind')
    await page.keyboard.press('Escape')
    t.ok(await details(page).getByText('before').isVisible(), 'only the field is left')
    t.equal(await focused(page), 'Edit the name')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Name' }).fill('after')
    await page.keyboard.press('Enter')
    await details(page).getByText('after').waitFor()
    t.equal((await host.app.apiTokens.get(id)).name, 'after')
    t.ok(
      await page.getByRole('button', { name: 'Details of after', includeHidden: true }).count(),
      'the list too',
    )
  })

  t.test('a description is changed, and cleared', async (t) => {
    const host = await startPageHost(t)
    const { id } = await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada')
    await openDetails(page, 'CI')
    for (const [text, kept] of [
      ['Two\nlines', 'Two\nlines'],
      ['  ', null],
    ] as const) {
      await page.getByRole('button', { name: 'Edit the description' }).click()
      await page.getByRole('textbox', { name: 'Description' }).fill(text)
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('button', { name: 'Edit the description' }).waitFor()
      t.equal((await host.app.apiTokens.get(id)).description, kept)
    }
    await details(page).getByText('No description').waitFor()
  })

  t.test('the error of a refused name is shown next to it', async (t) => {
    const host = await startPageHost(t)
    const { id } = await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada')
    await openDetails(page, 'CI')
    await host.app.apiTokens.revoke(id)
    await page.getByRole('button', { name: 'Edit the name' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('too late')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('The token was changed in the meantime.').waitFor()
    t.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'too late')
  })

  t.test(
    'promise 4: revoking asks for confirmation, names the token, and takes effect immediately',
    async (t) => {
      const host = await startPageHost(t)
      const { token } = await host.issue('ada', { name: 'Leaked' })
      await host.issue('ada', { name: 'Other' })
      const page = await openAs(t, browser, host, 'ada')
      const row = page.locator('tbody tr').filter({ hasText: 'Leaked' })
      const revoke = async () => {
        await row.getByRole('button', { name: 'Actions for Leaked' }).click()
        await page.getByRole('menuitem', { name: 'Revoke' }).click()
        await page.getByRole('heading', { name: 'Revoke this token?' }).waitFor()
      }
      await revoke()
      t.ok(await page.getByText('Programs that use Leaked are refused').isVisible())
      t.equal(await focused(page), 'Keep it', 'the safe answer is the first')
      await page.keyboard.press('Enter')
      t.equal(await host.call(token), 200, 'kept')
      t.equal(await focused(page), 'Actions for Leaked', 'focus is where it was')
      await revoke()
      await page.getByRole('button', { name: 'Revoke token' }).click()
      await page.getByRole('status').getByText('Leaked is revoked.').waitFor()
      t.equal(await host.call(token), 401)
      await row.getByText('Revoked permanently.').waitFor()
      t.equal(await focused(page), 'Details of Leaked', 'and stays with the row')
    },
  )

  t.test('focus moves to the next row when a row leaves its tab', async (t) => {
    const host = await startPageHost(t)
    for (const name of ['first', 'second', 'third']) await host.issue('ada', { name })
    const page = await openAs(t, browser, host, 'ada', { path: `${PAGE}?status=active` })
    await page.getByRole('switch', { name: 'second: active' }).click()
    await page.getByRole('switch', { name: 'second: active' }).waitFor({ state: 'detached' })
    await untilFocused(page, 'Details of first')
    t.pass('to the row that took its place')
  })

  t.test('the details have a URL, and going back closes them', async (t) => {
    const host = await startPageHost(t)
    const { id } = await host.issue('ada', { name: 'CI', scopes: ['chat:write'] })
    const page = await openAs(t, browser, host, 'ada')
    await openDetails(page, 'CI')
    t.equal(new URL(page.url()).searchParams.get('token'), id)
    t.ok(await details(page).getByText('Chat with a model').isVisible())
    await page.goBack()
    await details(page).waitFor({ state: 'detached' })
    await page.goForward()
    await details(page).waitFor()
    await page.reload()
    await details(page).getByText('Created').waitFor()
    await page.keyboard.press('Escape')
    await details(page).waitFor({ state: 'detached' })
    await page.waitForURL((url) => url.search === '')
    t.pass('closed by Escape, and out of the URL')
  })

  t.test('a change in one tab is shown in the other', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'shared' })
    const one = await openAs(t, browser, host, 'ada')
    const other = await openIn(one.context(), host)
    await other.getByRole('switch', { name: 'shared: active' }).waitFor()
    await one.getByRole('switch', { name: 'shared: active' }).click()
    await other.getByText('Disabled.').waitFor()
    await one.getByRole('button', { name: 'Generate New Token' }).click()
    await one.getByRole('textbox', { name: 'Name' }).fill('born there')
    await one.getByRole('button', { name: 'Generate token' }).click()
    await other.getByRole('button', { name: 'Details of born there' }).waitFor()
    t.equal(await other.getByRole('dialog').count(), 0, 'but the token is shown in one only')
  })

  t.test('a failed change of the switch is shown, and the switch shows the real status', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('switch', { name: 'CI: active' }).waitFor()
    await page.route('**/tokens/*', (route) =>
      route.request().method() === 'PATCH' ? route.abort('connectionfailed') : route.continue(),
    )
    await page.getByRole('switch', { name: 'CI: active' }).click()
    await page.getByRole('status').getByText('The service cannot be reached.').waitFor()
    t.equal(await page.getByRole('switch', { name: 'CI: active' }).getAttribute('aria-checked'), 'true')
  })
})
