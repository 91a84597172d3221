/** The administration page in a browser: many tokens are selected and revoked, by their rows and by their credentials. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { ADMIN_PAGE, fill, startAdminPage } from './admin-page-host.ts'
import { inChromium } from './chromium.ts'
import { untilFocused } from './focus.ts'
import { openAs, type PageHost } from './page-host.ts'
import { tracesOf } from './traces.ts'

const selectAll = (page: Page) => page.getByRole('checkbox', { name: 'Select all shown tokens' })
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** The bodies of the requests that revoke. */
function revocationsOf(page: Page): Record<string, unknown>[] {
  const sent: Record<string, unknown>[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/revoke')) sent.push(request.postDataJSON())
  })
  return sent
}

async function statuses({ app }: PageHost, userId: string): Promise<unknown[]> {
  const { data } = await app.apiTokens.search({ userId, limit: 100 })
  return data.map(({ name, status, statusReason }) => [name, status, statusReason])
}

await inChromium((browser) => {
  t.test('selected tokens are revoked after a second step that repeats their number', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?user_id=bob` })
    const sent = revocationsOf(page)
    await page.getByRole('checkbox', { name: 'Select backup' }).check()
    await page.getByText('1 token selected').waitFor()
    await button(page, 'Revoke 1 token…').waitFor()
    await page.getByRole('checkbox', { name: 'Select off' }).check()
    await button(page, 'Revoke 2 tokens…').click()
    await heading(page, 'Revoke 2 tokens?').waitFor()
    for (const said of ['these 2 tokens', 'backup', 'off', 'Owner: bob'])
      await page.getByRole('dialog').getByText(said).first().waitFor()
    await untilFocused(page, 'Cancel')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await untilFocused(page, 'Revoke 2 tokens…')
    t.same(sent, [], 'nothing is revoked by the first step')

    await button(page, 'Revoke 2 tokens…').click()
    await page.getByRole('combobox', { name: 'Reason' }).selectOption({ label: 'It was leaked' })
    await button(page, 'Revoke 2 tokens').click()
    await page.getByRole('status').getByText('2 tokens were revoked.').waitFor()
    t.equal(sent.length, 1)
    t.equal(sent[0]?.['reason'], 'leaked')
    t.same(await statuses(host, 'bob'), [
      ['off', 'revoked', 'leaked'],
      ['backup', 'revoked', 'leaked'],
    ])
    await page.getByText('Revoked because it was leaked.').first().waitFor()
    t.equal(await page.getByRole('checkbox', { name: /^Select (off|backup)/ }).count(), 0)
    await button(page, 'Revoke 2 tokens…').waitFor({ state: 'detached' })
  })

  t.test('500 tokens are revoked by one request', async (t) => {
    const host = await startAdminPage(t)
    const { apiTokens } = host.app
    const credentials: string[] = []
    for (let n = 0; n < 510; n += 1) {
      const { credential } = await apiTokens.issue({ userId: n % 2 === 0 ? 'ada' : 'bob', name: `t${n}` })
      credentials.push(credential)
    }
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    const sent = revocationsOf(page)
    for (const shown of [100, 200, 300, 400, 500]) {
      await page.getByText(`${shown} tokens shown`).waitFor()
      await page.getByRole('button', { name: 'Load more' }).click()
    }
    await page.getByText('510 tokens shown').waitFor()
    await selectAll(page).check()
    await page.getByText('500 tokens selected').waitFor()
    await page.getByText('At most 500 tokens can be selected at once.').waitFor()
    t.ok(await page.getByRole('checkbox', { name: 'Select t0', exact: true }).isDisabled())
    await button(page, 'Revoke 500 tokens…').click()
    await heading(page, 'Revoke 500 tokens?').waitFor()
    await page.getByText('and 495 more').waitFor()
    await button(page, 'Revoke 500 tokens').click()
    await page.getByRole('status').getByText('500 tokens were revoked.').waitFor()
    t.equal(sent.length, 1)
    t.equal(new Set(Object(sent[0]).ids).size, 500)
    await page.locator('tbody .badge.revoked').nth(499).waitFor()
    t.equal(await page.locator('tbody .badge.revoked').count(), 500)
    t.equal(await page.locator('tbody .badge.active').count(), 10)
    t.equal(await host.call(credentials[509] ?? ''), 401)
    t.equal(await host.call(credentials[9] ?? ''), 200)
  })

  t.test('the result names tokens that were not found, and counts those that had ended', async (t) => {
    const host = await startAdminPage(t, { tokens: { retention: '1d' } })
    const { apiTokens } = host.app
    const { token: deleted } = await apiTokens.issue({ userId: 'ada', name: 'deleted' })
    const { token: ended } = await apiTokens.issue({ userId: 'ada', name: 'ended' })
    await apiTokens.issue({ userId: 'ada', name: 'running' })
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await selectAll(page).check()
    await apiTokens.revoke(deleted.id)
    host.clock.advance('2d')
    await apiTokens.sweep()
    await apiTokens.revoke(ended.id)
    await button(page, 'Revoke 3 tokens…').click()
    await button(page, 'Revoke 3 tokens').click()
    await heading(page, 'Result').waitFor()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 token was revoked.').waitFor()
    await dialog.getByText('1 token had already ended.').waitFor()
    await dialog.getByText('1 token was not found, so nothing was revoked for it:').waitFor()
    await dialog.getByText('deleted').waitFor()
    t.equal(await dialog.getByText('running').count(), 0)
    await untilFocused(page, 'Done')
    await page.keyboard.press('Escape')
    await page.getByText('2 tokens shown').waitFor()
  })

  t.test('a failure is said in the dialog, nothing is lost, and it can be tried again', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?user_id=bob` })
    await selectAll(page).check()
    await button(page, 'Revoke 2 tokens…').click()
    await page.route('**/revoke', (route) => route.abort())
    await button(page, 'Revoke 2 tokens').click()
    await page
      .getByRole('alert')
      .getByText('There was no response. Some tokens may have been revoked.')
      .waitFor()
    await page.unrouteAll()
    await page.context().clearCookies()
    await button(page, 'Revoke 2 tokens').click()
    await page.getByRole('alert').getByText('You are signed out.').waitFor()
    await page.context().addCookies([{ name: 'user', value: 'root', url: host.origin }])
    await button(page, 'Revoke 2 tokens').click()
    await page.getByRole('status').getByText('2 tokens were revoked.').waitFor()
  })

  t.test('a selection ends with its list, and keeps only tokens that have not ended', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await selectAll(page).check()
    await page.getByText('5 tokens selected').waitFor()
    const [deploy] = (await host.app.apiTokens.search({ name: 'deploy' })).data
    await host.app.apiTokens.revoke(deploy?.id ?? '')
    await page.evaluate("document.querySelector('api-tokens-admin').refresh()")
    await page.getByText('4 tokens selected').waitFor()
    await page.getByRole('checkbox', { name: 'Select off' }).uncheck()
    await page.getByText('3 tokens selected').waitFor()
    t.ok(await selectAll(page).evaluate((box) => Object(box).indeterminate))
    await page.getByRole('textbox', { name: 'Owner' }).fill('bob')
    await button(page, 'Search').click()
    await page.getByText('2 tokens shown').waitFor()
    t.equal(await page.getByText(/selected$/).count(), 0)
  })

  t.test(
    'leaked credentials are revoked, each line has its result, and no trace of them stays',
    async (t) => {
      const host = await startAdminPage(t)
      const { apiTokens } = host.app
      const one = await apiTokens.issue({ userId: 'ada', name: 'one' })
      const two = await apiTokens.issue({ userId: 'bob', name: 'two' })
      const other = await startAdminPage(t)
      const foreign = await other.app.apiTokens.issue({ userId: 'ada' })
      const unknown = `${foreign.credential.slice(0, -3)}AAA`
      const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
      const urls: string[] = []
      page.on('request', (request) => urls.push(request.url()))
      await page.getByRole('button', { name: 'Revoke leaked credentials…' }).click()
      const text = page.getByRole('textbox', { name: 'Credentials' })
      await untilFocused(page, 'Credentials')
      await text.fill(`\n  ${one.credential}\n${unknown}\r\n\n${two.credential}  \n`)
      await page.getByText('3 credentials', { exact: true }).waitFor()
      await button(page, 'Revoke 3 credentials').click()
      await heading(page, 'Result').waitFor()
      const lines = await page.getByRole('dialog').locator('li').allInnerTexts()
      t.equal(lines.length, 3)
      t.match(lines[0], new RegExp(`Line 1, ends in ${one.credential.slice(-4)}.*Its token is revoked`, 's'))
      t.match(lines[1], /Line 2, ends in .AAA.*No token found/s)
      t.match(lines[2], /Line 3.*Its token is revoked/s)
      t.same(await statuses(host, 'ada'), [['one', 'revoked', 'leaked']])
      t.same(await statuses(host, 'bob'), [['two', 'revoked', 'leaked']])
      for (const credential of [one.credential, two.credential, unknown]) {
        t.same(await tracesOf(page, credential), [], 'gone with the result')
        t.notOk(urls.some((url) => url.includes(credential)))
      }
      await page.keyboard.press('Escape')
      await untilFocused(page, 'Revoke leaked credentials…')
      await page.getByText('Revoked because it was leaked.').first().waitFor()
    },
  )

  t.test('closing the dialog clears pasted credentials, and more than 100 are refused', async (t) => {
    const host = await startAdminPage(t)
    const { credential } = await host.app.apiTokens.issue({ userId: 'ada' })
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    const sent = revocationsOf(page)
    const open = page.getByRole('button', { name: 'Revoke leaked credentials…' })
    await open.click()
    const text = page.getByRole('textbox', { name: 'Credentials' })
    await text.fill(credential)
    await page.keyboard.press('Escape')
    t.same(await tracesOf(page, credential), [])
    await open.click()
    t.equal(await text.inputValue(), '')
    await text.fill('x\n'.repeat(101))
    await page.getByText('At most 100 credentials at once.').waitFor()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: 'Revoke 101 credentials' })
      .click({ force: true })
    t.same(sent, [])
  })
})
