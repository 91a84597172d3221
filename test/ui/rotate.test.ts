/** Rotating a token in a browser: the form, both tokens, and errors. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { inChromium } from './chromium.ts'
import { openAs, startPageHost } from './page-host.ts'

const grace = (page: Page) => page.getByRole('combobox', { name: 'The old token ends at the latest' })

async function rotate(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Actions for CI' }).click()
  await page.getByRole('menuitem', { name: 'Rotate' }).click()
  await page.getByText('You get a new token with the same name').waitFor()
}

await inChromium((browser) => {
  t.test(
    'the new token keeps name and scopes; the old one works until the new one is used, and says why',
    async (t) => {
      const host = await startPageHost(t)
      const old = await host.issue('ada', { name: 'CI', description: 'Deploys', scopes: ['models:read'] })
      const page = await openAs(t, browser, host, 'ada')
      await rotate(page)
      t.equal(await grace(page).inputValue(), '86400', 'a day of grace')
      await page.getByRole('button', { name: 'Rotate token' }).click()
      await page.getByRole('button', { name: 'Show' }).click()
      const credential = await page.getByRole('textbox', { name: 'Your token' }).inputValue()
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Close without copying' }).click()
      await page.getByRole('status').getByText('CI was rotated.').waitFor()

      const rows = page.locator('tbody tr')
      t.match(await rows.first().innerText(), /CI\s+Deploys[\s\S]*models:read/)
      t.match(await rows.last().innerText(), 'Expires Jan 2, 2026', 'the end of the grace')
      t.equal(await host.call(old.token), 200)
      t.equal(await host.call(credential), 200)
      t.equal(await host.call(old.token), 401)
      await page.reload()
      await rows.last().getByText('Replaced by a new token.').waitFor()
      t.ok(await rows.last().getByText('Rotated', { exact: true }).isVisible())
    },
  )

  t.test('the rotation has the chosen grace period and scopes', async (t) => {
    const host = await startPageHost(t)
    const old = await host.issue('ada', { name: 'CI', scopes: ['models:read'] })
    const page = await openAs(t, browser, host, 'ada')
    await rotate(page)
    await grace(page).selectOption({ label: 'Immediately' })
    await page.getByText('Change the scopes').click()
    await page.getByRole('checkbox', { name: /chat:write/ }).check()
    await page.getByRole('button', { name: 'Rotate token' }).click()
    await page.getByRole('textbox', { name: 'Your token' }).waitFor()
    const [successor] = (await host.app.apiTokens.list({ userId: 'ada' })).data
    t.same(successor?.scopes, ['models:read', 'chat:write'])
    t.equal(await host.call(old.token), 401)
  })

  for (const [answer, said] of [
    [{ status: 404, json: { message: 'Route not found' } }, 'This service does not offer rotation.'],
    [{ status: 409, json: { code: 'FST_API_TOKENS_CONFLICT' } }, 'The token was changed in the meantime.'],
    ['lost', 'You can rotate again: an unused new token is then replaced.'],
  ] as const) {
    t.test(`a rotation that fails shows: ${said}`, async (t) => {
      const host = await startPageHost(t)
      await host.issue('ada', { name: 'CI' })
      const page = await openAs(t, browser, host, 'ada')
      await page.route('**/rotate', (route) =>
        answer === 'lost' ? route.abort('connectionreset') : route.fulfill(answer),
      )
      await page.getByRole('button', { name: 'Details of CI' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
      await page.getByRole('button', { name: 'Rotate token' }).click()
      await page.getByRole('alert').getByText(said).waitFor()
      t.ok(await page.getByRole('heading', { name: 'Rotate this token' }).isVisible(), 'the dialog stays')
    })
  }
})
