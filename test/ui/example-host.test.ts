/** The example host in a browser: its people sign in, use its Settings page, and an administrator ends one of them. */

import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { call, startTestHost } from '../examples/test-host.ts'
import { checkWithAxe, LOOKS } from './axe.ts'
import { freshContext, inChromium } from './chromium.ts'

async function signIn(context: BrowserContext, origin: string, name: RegExp): Promise<Page> {
  const page = await context.newPage()
  await page.goto(origin)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByRole('button', { name }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  return page
}

await inChromium((browser) => {
  t.test(
    'sign in, generate and call with curl; an administrator deactivates and reactivates the user',
    async (t) => {
      const host = await startTestHost(t)
      const grace = await signIn(await freshContext(t, browser), host.url, /Grace/)
      await grace.getByRole('button', { name: 'Generate New Token' }).click()
      await grace.getByRole('checkbox', { name: /models:read/ }).check()
      await grace.getByRole('button', { name: 'Generate token' }).click()
      await grace.getByRole('button', { name: 'Show' }).click()
      const curl = await grace.getByRole('textbox', { name: 'Try it' }).inputValue()
      const [, url = '', credential = ''] = /^curl '(.+?)' -H 'Authorization: Bearer (.+)'$/.exec(curl) ?? []
      t.equal(url, `${host.url}/v1/models`)
      t.equal((await call(url, credential)).status, 200)

      const ada = await signIn(await freshContext(t, browser), host.url, /Ada/)
      await ada.getByRole('link', { name: 'Users' }).click()
      await ada.getByRole('button', { name: /^Deactivate Grace/ }).click()
      await ada
        .getByRole('status')
        .getByText(/^Grace.* is deactivated\.$/)
        .waitFor()
      t.equal((await call(url, credential)).status, 401)
      await ada.getByRole('button', { name: /^Reactivate Grace/ }).click()
      await ada
        .getByRole('status')
        .getByText(/^Grace.* is active again\.$/)
        .waitFor()
      t.equal((await call(url, credential)).status, 200)
      await ada.getByRole('button', { name: /^Remove Grace/ }).click()
      await ada.getByRole('dialog').getByText('loses all sessions').waitFor()
      await ada.keyboard.press('Escape')
      t.equal((await call(url, credential)).status, 200, 'Escape removes nobody')
      await ada.getByRole('button', { name: /^Remove Grace/ }).click()
      await ada.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
      await ada
        .getByRole('status')
        .getByText(/^Grace.* is removed\.$/)
        .waitFor()
      t.equal((await call(url, credential)).status, 401)
    },
  )

  t.test(
    'the settings page of a host without authentication says that tokens are not available',
    async (t) => {
      const host = await startTestHost(t, { BODHI_AUTH: 'none' })
      const page = await (await freshContext(t, browser)).newPage()
      await page.goto(host.url)
      await page.getByRole('heading', { name: 'API Tokens Not Available' }).waitFor()
      await checkWithAxe(t, page, 'not available')
    },
  )

  t.test('an administrator finds and revokes the token of a user on the administration page', async (t) => {
    const host = await startTestHost(t)
    const grace = await signIn(await freshContext(t, browser), host.url, /Grace/)
    await grace.getByRole('button', { name: 'Generate New Token' }).click()
    await grace.getByRole('textbox', { name: 'Name' }).fill('Nightly')
    await grace.getByRole('button', { name: 'Generate token' }).click()
    await grace.getByRole('button', { name: 'Show' }).click()
    const credential = await grace.getByRole('textbox', { name: 'Your token' }).inputValue()
    const ada = await signIn(await freshContext(t, browser), host.url, /Ada/)
    await ada.getByRole('link', { name: 'All Tokens' }).click()
    await ada.getByRole('link', { name: 'Show the tokens of grace' }).click()
    await ada.getByRole('checkbox', { name: 'Select Nightly' }).check()
    await ada.getByRole('button', { name: 'Revoke 1 token…' }).click()
    await ada.getByRole('button', { name: 'Revoke 1 token', exact: true }).click()
    await ada.getByRole('status').getByText('1 token was revoked.').waitFor()
    t.equal((await call(`${host.url}/v1/models`, credential)).status, 401)
    for (const [look, options] of LOOKS) {
      const page = await signIn(await freshContext(t, browser, options), host.url, /Ada/)
      await page.goto(`${host.url}/settings/all-api-tokens`)
      await page.getByText('1 token shown').waitFor()
      await checkWithAxe(t, page, look)
    }
  })

  for (const [look, options] of LOOKS) {
    t.test(`axe has no findings in the host’s own pages, ${look}`, async (t) => {
      const host = await startTestHost(t)
      const context = await freshContext(t, browser, options)
      const page = await context.newPage()
      await page.goto(`${host.url}/settings/users`)
      await checkWithAxe(t, page, 'signed out')
      const ada = await signIn(context, host.url, /Ada/)
      await ada.getByRole('heading', { name: 'No API tokens yet' }).waitFor()
      await checkWithAxe(t, ada, 'API Tokens, in the colours of the host')
      await ada.goto(`${host.url}/settings/users`)
      await ada.getByRole('heading', { name: 'Users' }).waitFor()
      await checkWithAxe(t, ada, 'Users')
    })
  }
})
