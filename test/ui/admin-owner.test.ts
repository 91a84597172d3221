/** The administration page in a browser: the list of owners, and the page of one. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { ADMIN_PAGE, fill, startAdminPage } from './admin-page-host.ts'
import { inChromium } from './chromium.ts'
import { untilFocused } from './focus.ts'
import { openAs } from './page-host.ts'

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const actions = (page: Page) => page.locator('section.owner button').allInnerTexts()
const owner = (id: string) => `${ADMIN_PAGE}?user_id=${encodeURIComponent(id)}`

await inChromium((browser) => {
  t.test('an owner leads to a page of all its tokens, and back', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await page.getByRole('link', { name: 'Show the tokens of ada' }).first().click()
    await heading(page, 'Tokens of ada').waitFor()
    await untilFocused(page, 'Tokens of ada')
    await page.getByText('3 tokens shown').waitFor()
    await page.getByText('Its tokens work.').waitFor()
    t.equal(new URL(page.url()).search, '?user_id=ada')
    t.same(await actions(page), ['Revoke all tokens…', 'Deactivate…', 'Remove…'])
    await page.getByRole('link', { name: 'Tokens that ada created' }).click()
    await page.waitForURL(/created_by=ada/)
    await page.getByText('3 tokens shown').waitFor()
    t.equal(await heading(page, 'Tokens of ada').count(), 0)
    await page.goBack()
    await heading(page, 'Tokens of ada').waitFor()
    await page.getByRole('link', { name: 'Tokens', exact: true }).click()
    await page.getByText('6 tokens shown').waitFor()
    t.equal(new URL(page.url()).search, '')
  })

  t.test('a link to an owner opens in a new tab as any link', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      page
        .getByRole('link', { name: 'Show the tokens of bob' })
        .first()
        .click({ modifiers: ['ControlOrMeta'] }),
    ])
    await heading(tab, 'Tokens of bob').waitFor()
    t.equal(new URL(page.url()).search, '')
  })

  t.test('an owner is deactivated, reactivated and removed, each after a second step', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const { apiTokens } = host.app
    const { credential } = await apiTokens.issue({ userId: 'ada', name: 'running' })
    const page = await openAs(t, browser, host, 'root', { path: owner('ada') })
    await button(page, 'Deactivate…').click()
    await heading(page, 'Deactivate this owner?').waitFor()
    await untilFocused(page, 'Cancel')
    await page.keyboard.press('Escape')
    t.equal(await host.call(credential), 200, 'the first step changes nothing')
    await button(page, 'Deactivate…').click()
    await button(page, 'Deactivate').click()
    await page.getByRole('status').getByText('ada is deactivated.').waitFor()
    await page.getByText('All tokens are refused until the owner is reactivated.').waitFor()
    t.equal(await host.call(credential), 401)
    await untilFocused(page, 'Tokens of ada')
    t.same(await actions(page), ['Reactivate…', 'Revoke all tokens…', 'Remove…'])

    await button(page, 'Reactivate…').click()
    await button(page, 'Reactivate').click()
    await page.getByText('Its tokens work.').waitFor()
    t.equal(await host.call(credential), 200)

    await button(page, 'Remove…').click()
    await page.getByRole('dialog').getByText('3 tokens of this owner are shown and have not ended.').waitFor()
    await button(page, 'Remove and revoke all tokens').click()
    await page.getByRole('status').getByText('ada is removed, and its tokens are revoked.').waitFor()
    t.equal(await host.call(credential), 401)
    t.same(await actions(page), ['Reactivate…'])
    await page.getByText('Revoked when its owner was removed.').first().waitFor()
  })

  t.test('all tokens of an owner are revoked after a second step, and the owner stays', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const { apiTokens } = host.app
    const page = await openAs(t, browser, host, 'root', { path: `${owner('bob')}&status=active` })
    await page.getByText('1 token shown').waitFor()
    await button(page, 'Revoke all tokens…').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 token of this owner is shown and has not ended.').waitFor()
    await dialog.getByText('The owner has more tokens than this page shows.').waitFor()
    await dialog.getByRole('combobox', { name: 'Reason' }).selectOption({ label: 'It is no longer used' })
    await button(page, 'Revoke all tokens').click()
    await page.getByRole('status').getByText('All tokens of bob are revoked.').waitFor()
    const { data } = await apiTokens.search({ userId: 'bob' })
    t.same(
      data.map(({ status, statusReason }) => [status, statusReason]),
      [
        ['revoked', 'unused'],
        ['revoked', 'unused'],
      ],
    )
    await page.getByText('Its tokens work.').waitFor()
    const { credential } = await apiTokens.issue({ userId: 'bob' })
    t.equal(await host.call(credential), 200, 'a new token works')
  })

  t.test('owners are listed, filtered by the beginning of the id and by status', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    await host.app.apiTokens.deactivateUser('bob')
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await page.getByRole('link', { name: 'Owners', exact: true }).click()
    await page.getByText('3 owners shown').waitFor()
    t.equal(new URL(page.url()).search, '?view=owners')
    t.same(await page.locator('tbody a').allInnerTexts(), ['ada', 'bob', 'service:ci'])
    t.same(await page.locator('tbody .badge').allInnerTexts(), ['Active', 'Deactivated', 'Active'])
    await page.getByRole('textbox', { name: 'Id begins with' }).fill('service:')
    await button(page, 'Search').click()
    await page.getByText('1 owner shown').waitFor()
    t.equal(new URL(page.url()).search, '?view=owners&prefix=service%3A')
    await page.goBack()
    await page.getByText('3 owners shown').waitFor()
    await page.getByRole('combobox', { name: 'Status of the owner' }).selectOption('inactive')
    await button(page, 'Search').click()
    await page.getByText('1 owner shown').waitFor()
    await page.getByRole('link', { name: 'Show the tokens of bob' }).click()
    await heading(page, 'Tokens of bob').waitFor()
    await page.goBack()
    await page.getByRole('textbox', { name: 'Id begins with' }).fill('zzz')
    await button(page, 'Search').click()
    await page.getByText('No owner matches.').waitFor()
  })

  t.test('more owners are loaded page by page', async (t) => {
    const host = await startAdminPage(t)
    for (let n = 0; n < 120; n += 1) await host.app.apiTokens.issue({ userId: `u${n}` })
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?view=owners` })
    await page.getByText('100 owners shown').waitFor()
    await button(page, 'Load more').click()
    await page.getByText('120 owners shown').waitFor()
    t.equal(await button(page, 'Load more').count(), 0)
  })

  t.test('an owner without a token can be refused in advance', async (t) => {
    const host = await startAdminPage(t)
    const page = await openAs(t, browser, host, 'root', { path: owner('new one/of 100 %') })
    await page.getByText('No token of this owner is known.').waitFor()
    t.same(await actions(page), ['Deactivate…', 'Remove…'])
    await button(page, 'Deactivate…').click()
    await button(page, 'Deactivate').click()
    await page.getByText('All tokens are refused until the owner is reactivated.').waitFor()
    await t.rejects(host.app.apiTokens.issue({ userId: 'new one/of 100 %' }), {
      code: 'FST_API_TOKENS_USER_INACTIVE',
    })
  })

  t.test('a status that cannot be loaded is said, and offers no action', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await page.getByText('6 tokens shown').waitFor()
    await page.route('**/owners/*', (route) => route.abort())
    await page.getByRole('link', { name: 'Show the tokens of ada' }).first().click()
    await page.getByText('The status of the owner could not be loaded.').waitFor()
    t.same(await actions(page), [])
    await page.getByText('3 tokens shown').waitFor()
  })
})
