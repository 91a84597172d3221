/** The administration page in a browser: the details of a token, and a token that is issued for an owner. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { ADMIN_PAGE, fill, startAdminPage } from './admin-page-host.ts'
import { inChromium } from './chromium.ts'
import { focused, untilFocused } from './focus.ts'
import { openAs } from './page-host.ts'
import { tracesOf } from './traces.ts'

const details = (page: Page, name: string) => page.getByRole('button', { name: `Details of ${name}` })
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const fact = (page: Page, name: string) =>
  page
    .getByRole('dialog')
    .locator('dl > div')
    .filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
    .locator('dd')

await inChromium((browser) => {
  t.test('the details show owner, creator and usage, and have a URL', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const { credential } = await host.app.apiTokens.issue({
      ...{ userId: 'service:ci', name: 'used', scopes: ['models:read'] },
      by: { kind: 'admin', id: 'root' },
    })
    await host.call(credential)
    await host.call(credential)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await details(page, 'used').click()
    t.equal(await fact(page, 'Owner').innerText(), 'service:ci')
    t.equal(await fact(page, 'Created by').innerText(), 'root (administrator)')
    t.equal(await fact(page, 'Total requests').innerText(), '2')
    await page.getByText('2 requests in 30 days').waitFor()
    t.match(new URL(page.url()).search, /^\?token=[0-9a-f-]{36}$/)
    t.equal(await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).count(), 0)
    await page.reload()
    await page.getByText('2 requests in 30 days').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    t.equal(new URL(page.url()).search, '')
    await details(page, 'backup').click()
    t.equal(await fact(page, 'Created by').innerText(), 'the service itself')
    await page.goBack()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await details(page, 'deploy').click()
    await page.getByText('No requests in the last 30 days.').waitFor()
    t.equal(await fact(page, 'Created by').count(), 0, 'its owner')
  })

  t.test('a link opens the details of a token that the list does not show', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const { token } = await host.app.apiTokens.issue({ userId: 'zoe', name: 'elsewhere' })
    const page = await openAs(t, browser, host, 'root', {
      path: `${ADMIN_PAGE}?user_id=ada&token=${token.id}`,
    })
    t.equal(await fact(page, 'Owner').innerText(), 'zoe')
    await page.keyboard.press('Escape')
    await page.getByText('3 tokens shown').waitFor()
    await page.goto(`${host.origin}${ADMIN_PAGE}?token=01900000-0000-7000-8000-000000000000`)
    await page.getByText('This token does not exist. Its record may have been deleted.').waitFor()
  })

  t.test('an administrator renames, disables, enables and revokes a token', async (t) => {
    const host = await startAdminPage(t)
    const { token, credential } = await host.app.apiTokens.issue({ userId: 'ada', name: 'CI' })
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await details(page, 'CI').click()
    await button(page, 'Edit the name').click()
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Nightly')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Saved.').waitFor()
    t.equal((await host.app.apiTokens.get(token.id)).name, 'Nightly')
    await page.getByRole('switch', { name: 'Nightly: active' }).click()
    await page.getByRole('status').getByText('Nightly is inactive.').waitFor()
    t.equal(await host.call(credential), 401)
    await page.getByRole('switch', { name: 'Nightly: active' }).click()
    await page.getByRole('status').getByText('Nightly is active.').waitFor()
    t.equal(await host.call(credential), 200)
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('combobox', { name: 'Reason' }).selectOption({ label: 'It was replaced' })
    await button(page, 'Revoke 1 token').click()
    await page.getByRole('status').getByText('1 token was revoked.').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    t.match(await host.app.apiTokens.get(token.id), { status: 'revoked', statusReason: 'replaced' })
    await untilFocused(page, 'Details of Nightly')
  })

  t.test('a change that fails is said, and the list is up to date again', async (t) => {
    const host = await startAdminPage(t)
    const { token } = await host.app.apiTokens.issue({ userId: 'ada', name: 'CI' })
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await details(page, 'CI').click()
    await page.getByRole('switch').waitFor()
    await host.app.apiTokens.revoke(token.id)
    await page.getByRole('switch').click()
    await page.locator('.toast.error').waitFor()
    await page.getByRole('dialog').getByText('Revoked permanently.').waitFor()
    t.equal(await page.getByRole('switch').count(), 0)
  })

  t.test(
    'promise 1: a token for a service account is issued, and its credential is shown once',
    async (t) => {
      const host = await startAdminPage(t, { page: { curlUrl: '/protected' } })
      const page = await openAs(t, browser, host, 'root', {
        path: ADMIN_PAGE,
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      await heading(page, 'No tokens yet').waitFor()
      await button(page, 'New token for an owner').click()
      await untilFocused(page, 'Owner id')
      await page.getByRole('textbox', { name: 'Owner id' }).fill(' service:deploy ')
      await page.getByRole('textbox', { name: 'Name (optional)' }).fill('Deploys')
      await page.getByRole('textbox', { name: 'Description' }).fill('Each night')
      await page.getByRole('checkbox', { name: /models:read/ }).check()
      await page.getByRole('checkbox', { name: /chat:write/ }).check()
      await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'In 90 days' })
      await button(page, 'Issue token').click()
      await heading(page, 'Copy your token now').waitFor()
      await page.getByRole('button', { name: 'Show' }).click()
      const credential = await page.getByRole('textbox', { name: 'Your token' }).inputValue()
      t.equal(await host.call(credential), 200)
      t.match(await page.getByRole('textbox', { name: 'Try it' }).inputValue(), `${host.origin}/protected`)
      await button(page, 'Copy token').click()
      await page.keyboard.press('Escape')
      await page.getByRole('status').getByText('Deploys was issued.').waitFor()
      await untilFocused(page, 'Details of Deploys')
      t.same(await tracesOf(page, credential), [])
      await heading(page, 'Tokens of service:deploy').waitFor()
      const [token] = (await host.app.apiTokens.search({ userId: 'service:deploy' })).data
      t.match(token, { name: 'Deploys', description: 'Each night', scopes: ['models:read', 'chat:write'] })
      t.match(token?.createdBy, { kind: 'admin', id: 'root' })
      const lifetime = Number(token?.expiresAt) - Number(token?.createdAt)
      t.equal(lifetime, 90 * 86_400_000)
    },
  )

  t.test('the scopes are those of the service, with their descriptions, also in the details', async (t) => {
    const host = await startAdminPage(t)
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?user_id=service:a` })
    await button(page, 'New token for an owner').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('List the models').waitFor()
    t.same(await dialog.locator('.scope .mono').allInnerTexts(), ['chat:write', 'models:read'])
    await dialog.getByText('Without scopes the token can call only what requires no scopes.').waitFor()
    await page.getByRole('checkbox', { name: /chat:write/ }).check()
    await page.getByRole('textbox', { name: 'Name (optional)' }).fill('chats')
    await button(page, 'Issue token').click()
    await heading(page, 'Copy your token now').waitFor()
    await page.keyboard.press('Escape')
    await button(page, 'Close without copying').click()
    await page.getByRole('status').getByText('chats was issued.').waitFor()
    t.same((await host.app.apiTokens.search({ name: 'chats' })).data[0]?.scopes, ['chat:write'])
    await details(page, 'chats').click()
    await page.getByRole('dialog').getByText('Chat with a model').waitFor()
  })

  t.test('scopes that cannot be loaded are said in the form, and loaded again', async (t) => {
    const host = await startAdminPage(t)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await page.route('**/admin/tokens/scopes', (route) => route.abort())
    await button(page, 'New token for an owner').click()
    await page.getByRole('alert').getByText('The scopes could not be loaded.').waitFor()
    t.equal(await page.getByRole('combobox', { name: 'Expiry' }).count(), 0)
    const failed = page.waitForEvent('requestfailed')
    await button(page, 'Try again').click()
    await failed
    await page.getByRole('alert').getByText('The scopes could not be loaded.').waitFor()
    await page.unrouteAll()
    await button(page, 'Try again').click()
    await page.getByRole('checkbox', { name: /models:read/ }).waitFor()
    await page.getByRole('combobox', { name: 'Expiry' }).waitFor()
    t.match(await focused(page), /^Scopes/, 'focus stays in the field')
    await page.getByRole('textbox', { name: 'Owner id' }).fill('service:a')
    await page.getByRole('checkbox', { name: /models:read/ }).check()
    await button(page, 'Issue token').click()
    await heading(page, 'Copy your token now').waitFor()
  })

  t.test('the lifetimes are those that the service allows, and its default is chosen', async (t) => {
    const host = await startAdminPage(t, { tokens: { expiry: { default: '45d', max: '1y' } } })
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?user_id=service:a` })
    const expiry = page.getByRole('combobox', { name: 'Expiry' })
    for (const [choice, days] of [
      ['In 45 days', 45],
      ['In 1 year', 365],
      ['On a date…', 5],
    ] as const) {
      await button(page, 'New token for an owner').click()
      t.equal(await page.getByRole('textbox', { name: 'Owner id' }).inputValue(), 'service:a')
      await page.getByRole('textbox', { name: 'Name (optional)' }).fill(choice)
      await expiry.waitFor()
      t.same(
        await expiry.locator('option').allInnerTexts(),
        ['In 7 days', 'In 30 days', 'In 45 days', 'In 90 days', 'In 1 year', 'On a date…'],
        'a token that never expires is not offered',
      )
      t.equal(await expiry.inputValue(), String(45 * 86_400))
      await expiry.selectOption({ label: choice })
      if (days === 5) await page.getByLabel('Last day on which it works').fill('2026-01-05')
      await button(page, 'Issue token').click()
      await heading(page, 'Copy your token now').waitFor()
      await page.keyboard.press('Escape')
      await button(page, 'Close without copying').click()
      await page.getByRole('status').getByText(`${choice} was issued.`).waitFor()
      const [token] = (await host.app.apiTokens.search({ name: choice })).data
      t.equal((Number(token?.expiresAt) - Number(token?.createdAt)) / 86_400_000, days, choice)
    }
  })

  t.test('without a limit of the service a token may never expire', async (t) => {
    const host = await startAdminPage(t, { tokens: { expiry: { default: '7d' } } })
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?user_id=service:a` })
    await button(page, 'New token for an owner').click()
    await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'Never' })
    await button(page, 'Issue token').click()
    await heading(page, 'Copy your token now').waitFor()
    t.equal((await host.app.apiTokens.search({ userId: 'service:a' })).data[0]?.expiresAt, null)
  })

  t.test('what the service refuses is said in the form, and can be corrected', async (t) => {
    const findUser = () => ({ active: true, scopes: ['models:read'] })
    const host = await startAdminPage(t, { tokens: { findUser } })
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await button(page, 'New token for an owner').click()
    const issue = button(page, 'Issue token')
    await page.getByRole('textbox', { name: 'Owner id' }).fill('service:a')
    await page.getByRole('checkbox', { name: /chat:write/ }).check()
    await issue.click()
    await page
      .getByRole('alert')
      .getByText(/The service refused: .*chat:write/)
      .waitFor()
    await page.getByRole('checkbox', { name: /chat:write/ }).uncheck()
    await host.app.apiTokens.deactivateUser('service:a')
    await issue.click()
    await page.getByRole('alert').getByText('This owner is deactivated or removed').waitFor()
    await host.app.apiTokens.reactivateUser('service:a')
    await page.route('**/admin/tokens', (route) => route.abort())
    await issue.click()
    await page.getByRole('alert').getByText('The token may have been issued anyway').waitFor()
    await page.unrouteAll()
    await issue.click()
    await heading(page, 'Copy your token now').waitFor()
  })

  t.test('a token that no longer matches the filters stays in its details', async (t) => {
    const host = await startAdminPage(t)
    const { token } = await host.app.apiTokens.issue({ userId: 'ada', name: 'CI' })
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?status=active` })
    await details(page, 'CI').click()
    await page.getByRole('switch').click()
    await page.getByRole('status').getByText('CI is inactive.').waitFor()
    await heading(page, 'No token matches').waitFor({ state: 'attached' })
    t.equal((await host.app.apiTokens.get(token.id)).status, 'inactive')
    await page.getByRole('dialog').getByText('Disabled. Enable it to use it again.').waitFor()
    t.equal(await page.getByText('This token does not exist.').count(), 0)
  })

  t.test('the end of the session does not close the dialog with an uncopied credential', async (t) => {
    const host = await startAdminPage(t)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    await button(page, 'New token for an owner').click()
    await page.getByRole('textbox', { name: 'Owner id' }).fill('service:a')
    await button(page, 'Issue token').click()
    await button(page, 'Show').click()
    await page.context().clearCookies()
    await page.evaluate("document.querySelector('api-tokens-admin').refresh()")
    await heading(page, 'You are not signed in as an administrator').waitFor({ state: 'attached' })
    t.equal(await host.call(await page.getByRole('textbox', { name: 'Your token' }).inputValue()), 200)
  })
})
