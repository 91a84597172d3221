/** The administration page in a browser: limits of a token, set when it is issued and changed in its details. */

import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { adminGerman } from '../../src/ui/index.ts'
import { ADMIN_PAGE, startAdminPage } from './admin-page-host.ts'
import { inChromium } from './chromium.ts'
import { untilFocused } from './focus.ts'
import { openAs, type PageHost } from './page-host.ts'

const HOSTILE = '<img src=x onerror="document.title=1"> \u200fמחובר'

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })
const addresses = (page: Page) => page.getByRole('textbox', { name: /^Allowed addresses/ })
const requests = (page: Page) => page.getByRole('textbox', { name: 'Requests', exact: true })
const timeWindow = (page: Page) => page.getByRole('textbox', { name: 'Time window in seconds' })
const alert = (page: Page, text: string | RegExp) => page.getByRole('alert').getByText(text)
const limitsDialog = (page: Page) => page.getByRole('dialog', { name: 'Change limits' })
const fact = (page: Page, name: string) =>
  page
    .getByRole('dialog', { name: 'Token details' })
    .locator('dl > div')
    .filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
    .locator('dd')

/** A token of a service account that may be used from this machine only, with its details on the page. */
async function openDetails(t: Test, browser: Browser) {
  const host = await startAdminPage(t)
  const { token, credential } = await host.app.apiTokens.issue({
    ...{ userId: 'service:a', name: 'CI', allowedIps: ['127.0.0.0/8', '2001:db8::/32'] },
    rateLimit: { max: 5, timeWindow: '1m' },
  })
  const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?token=${token.id}` })
  await button(page, 'Change limits').waitFor()
  const limits = async () => {
    const { allowedIps, rateLimit } = await host.app.apiTokens.get(token.id)
    return { allowedIps, rateLimit }
  }
  return { host, page, credential, id: token.id, limits }
}

async function openLimits(t: Test, browser: Browser) {
  const opened = await openDetails(t, browser)
  await button(opened.page, 'Change limits').click()
  await limitsDialog(opened.page).waitFor()
  return opened
}

const saved = (page: Page) => page.getByRole('status').getByText('The limits of CI are changed.').waitFor()

async function openForm(t: Test, browser: Browser, host: PageHost): Promise<Page> {
  const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?user_id=service:a` })
  await button(page, 'New token for an owner').click()
  await page.getByRole('combobox', { name: 'Expiry' }).waitFor()
  return page
}

async function shownCredential(page: Page): Promise<string> {
  await heading(page, 'Copy your token now').waitFor()
  await button(page, 'Show').click()
  return page.getByRole('textbox', { name: 'Your token' }).inputValue()
}

await inChromium((browser) => {
  t.test('a token is issued with limits, and refused from another address', async (t) => {
    const host = await startAdminPage(t)
    const page = await openForm(t, browser, host)
    await addresses(page).fill(' 192.0.2.7,\n2001:DB8::/32 , 198.51.100.0/24\n\n')
    await requests(page).fill('100')
    await timeWindow(page).fill('60')
    await button(page, 'Issue token').click()
    const credential = await shownCredential(page)
    const [token] = (await host.app.apiTokens.search({ userId: 'service:a' })).data
    t.same(token?.allowedIps, ['192.0.2.7/32', '2001:db8::/32', '198.51.100.0/24'])
    t.same(token?.rateLimit, { max: 100, timeWindow: 60_000 })
    t.equal(await host.call(credential), 401, 'from this machine')
    const inside = await host.app.inject({
      ...{ url: '/protected', remoteAddress: '198.51.100.9' },
      headers: { authorization: `Bearer ${credential}` },
    })
    t.equal(inside.statusCode, 200)
  })

  t.test('a token is issued without limits when the fields are empty', async (t) => {
    const host = await startAdminPage(t)
    const page = await openForm(t, browser, host)
    await addresses(page).fill(' \n ')
    await button(page, 'Issue token').click()
    t.equal(await host.call(await shownCredential(page)), 200)
    const [token] = (await host.app.apiTokens.search({ userId: 'service:a' })).data
    t.same([token?.allowedIps, token?.rateLimit], [null, null])
  })

  t.test('the form says at the field which limit the service refuses', async (t) => {
    const host = await startAdminPage(t)
    const page = await openForm(t, browser, host)
    await addresses(page).fill('192.0.2.7\n10.0.0.1/8')
    await button(page, 'Issue token').click()
    await alert(page, 'The service refused 10.0.0.1/8: allowed_ips[1]').waitFor()
    await untilFocused(page, await labelOf(page, 'allowed-ips'))
    t.equal(await addresses(page).getAttribute('aria-invalid'), 'true')
    await addresses(page).fill('192.0.2.7')
    await requests(page).fill('1')
    await timeWindow(page).fill('86401')
    await button(page, 'Issue token').click()
    await alert(page, 'The service refused: rate_limit.time_window').waitFor()
    await untilFocused(page, 'Time window in seconds')
    t.equal(await addresses(page).getAttribute('aria-invalid'), null)
    await timeWindow(page).fill('86400')
    await button(page, 'Issue token').click()
    await shownCredential(page)
  })

  t.test('limits are changed, take effect on the next request, and the details show them', async (t) => {
    const { host, page, credential, limits } = await openLimits(t, browser)
    t.equal(await host.call(credential), 200)
    t.equal(await addresses(page).inputValue(), '127.0.0.0/8\n2001:db8::/32')
    t.equal(await requests(page).inputValue(), '5')
    t.equal(await timeWindow(page).inputValue(), '60')
    await addresses(page).fill('192.0.2.0/24, 198.51.100.7')
    await requests(page).fill('10')
    await button(page, 'Save').click()
    await saved(page)
    await limitsDialog(page).waitFor({ state: 'detached' })
    t.same(await limits(), {
      allowedIps: ['192.0.2.0/24', '198.51.100.7/32'],
      rateLimit: { max: 10, timeWindow: 60_000 },
    })
    t.equal(await host.call(credential), 401)
    await fact(page, 'Allowed addresses').getByText('198.51.100.7/32').waitFor()
    await fact(page, 'Rate limit').getByText('10 requests in 60 s').waitFor()
    await untilFocused(page, 'Change limits')
  })

  t.test('an emptied field removes its limit, and only that', async (t) => {
    const { host, page, credential, limits } = await openLimits(t, browser)
    const bodies: unknown[] = []
    page.on('request', (request) => {
      if (request.method() === 'PATCH') bodies.push(request.postDataJSON())
    })
    await addresses(page).fill('')
    await button(page, 'Save').click()
    await saved(page)
    t.same(bodies, [{ allowed_ips: null }])
    t.same(await limits(), { allowedIps: null, rateLimit: { max: 5, timeWindow: 60_000 } })
    t.equal(await host.call(credential), 200)
    await fact(page, 'Allowed addresses').waitFor({ state: 'detached' })
    await button(page, 'Change limits').click()
    await requests(page).fill('')
    await timeWindow(page).fill('')
    await button(page, 'Save').click()
    await fact(page, 'Rate limit').waitFor({ state: 'detached' })
    t.same(await limits(), { allowedIps: null, rateLimit: null })
  })

  t.test('without a change nothing is sent', async (t) => {
    const { page } = await openLimits(t, browser)
    const sent: string[] = []
    page.on('request', (request) => sent.push(request.method()))
    await button(page, 'Save').click()
    await limitsDialog(page).waitFor({ state: 'detached' })
    await untilFocused(page, 'Change limits')
    t.notOk(sent.includes('PATCH'))
  })

  t.test('a list without an address is refused at the field, and removes no limit', async (t) => {
    const { page, limits } = await openLimits(t, browser)
    await addresses(page).fill(' , ')
    await button(page, 'Save').click()
    await alert(page, 'The service refused: allowed_ips must be a list of 1 to 100').waitFor()
    await untilFocused(page, 'Allowed addresses')
    t.same((await limits()).allowedIps, ['127.0.0.0/8', '2001:db8::/32'])
    await addresses(page).fill('127.0.0.1')
    await button(page, 'Save').click()
    await saved(page)
    t.same((await limits()).allowedIps, ['127.0.0.1/32'])
  })

  t.test('a rate limit needs both numbers, in digits, and the service checks them', async (t) => {
    const { page, limits } = await openLimits(t, browser)
    await timeWindow(page).fill('')
    await button(page, 'Save').click()
    await untilFocused(page, 'Time window in seconds')
    await timeWindow(page).fill('1 minute')
    await button(page, 'Save').click()
    t.equal(await timeWindow(page).evaluate(isValid), false)
    await timeWindow(page).fill('60')
    await requests(page).fill('99999999999999999999')
    await button(page, 'Save').click()
    await alert(page, 'The service refused: rate_limit.max').waitFor()
    await untilFocused(page, 'Requests')
    t.same((await limits()).rateLimit, { max: 5, timeWindow: 60_000 })
  })

  t.test('a network failure is said, the input stays, and a second try saves', async (t) => {
    const { page, limits } = await openLimits(t, browser)
    await requests(page).fill('7')
    await page.route('**/admin/tokens/*', (route) => route.abort())
    await button(page, 'Save').click()
    await alert(page, 'The service cannot be reached.').waitFor()
    await page.unrouteAll()
    await page.route('**/admin/tokens/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue()
      await route.fetch()
      return route.abort('connectionreset')
    })
    await button(page, 'Save').click()
    await alert(page, 'The limits may have been changed.').waitFor()
    t.same((await limits()).rateLimit, { max: 7, timeWindow: 60_000 }, 'the response was lost')
    t.equal(await requests(page).inputValue(), '7')
    await page.unrouteAll()
    await button(page, 'Save').click()
    await limitsDialog(page).waitFor({ state: 'detached' })
    await fact(page, 'Rate limit').getByText('7 requests in 60 s').waitFor()
  })

  t.test('a limit that another administrator has changed is not replaced unseen', async (t) => {
    const { host, page, id, limits } = await openLimits(t, browser)
    await addresses(page).fill('192.0.2.7')
    await host.app.apiTokens.update(id, {
      ...{ allowedIps: ['203.0.113.0/24'], rateLimit: { max: 9, timeWindow: '1m' } },
    })
    await button(page, 'Save').click()
    await alert(page, 'This limit was changed in the meantime. It is now: 203.0.113.0/24.').waitFor()
    await untilFocused(page, 'Allowed addresses')
    t.same((await limits()).allowedIps, ['203.0.113.0/24'])
    t.equal(await addresses(page).inputValue(), '192.0.2.7')
    t.equal(await requests(page).inputValue(), '9', 'the other limit is shown as it is now')
    await button(page, 'Save').click()
    await saved(page)
    t.same(await limits(), { allowedIps: ['192.0.2.7/32'], rateLimit: { max: 9, timeWindow: 60_000 } })
  })

  t.test('a limit that another administrator has removed is said, too', async (t) => {
    const { host, page, id } = await openLimits(t, browser)
    await requests(page).fill('6')
    await host.app.apiTokens.update(id, { rateLimit: null })
    await button(page, 'Save').click()
    await alert(page, 'It is now: no limit.').waitFor()
    await untilFocused(page, 'Requests')
  })

  t.test('changes of different limits at the same time are both kept', async (t) => {
    const { host, page, id, limits } = await openLimits(t, browser)
    await requests(page).fill('6')
    await host.app.apiTokens.update(id, { allowedIps: ['203.0.113.0/24'] })
    await button(page, 'Save').click()
    await saved(page)
    t.same(await limits(), {
      allowedIps: ['203.0.113.0/24'],
      rateLimit: { max: 6, timeWindow: 60_000 },
    })
  })

  t.test('a token that ended in the meantime has no limits to change', async (t) => {
    const { host, page, id } = await openLimits(t, browser)
    await requests(page).fill('6')
    await host.app.apiTokens.revoke(id)
    await button(page, 'Save').click()
    await alert(page, 'The service refused: The API token has ended').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').getByText('Revoked permanently.').waitFor()
    await button(page, 'Change limits').waitFor({ state: 'detached' })
    await untilFocused(page, 'Close')
  })

  t.test('limits are not offered for revoked and expired tokens', async (t) => {
    const host = await startAdminPage(t)
    const { apiTokens } = host.app
    const revoked = await apiTokens.issue({ userId: 'ada', allowedIps: ['127.0.0.1'] })
    await apiTokens.revoke(revoked.token.id)
    const expired = await apiTokens.issue({ userId: 'ada', expiresIn: '1m', allowedIps: ['127.0.0.1'] })
    const disabled = await apiTokens.issue({ userId: 'ada', allowedIps: ['127.0.0.1'] })
    await apiTokens.update(disabled.token.id, { status: 'inactive' })
    host.clock.advance('2m')
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    for (const [{ token }, offered] of [
      [revoked, 0],
      [expired, 0],
      [disabled, 1],
    ] as const) {
      await page.goto(`${host.origin}${ADMIN_PAGE}?token=${token.id}`)
      await fact(page, 'Allowed addresses').getByText('127.0.0.1/32').waitFor()
      t.equal(await button(page, 'Change limits').count(), offered)
    }
  })

  t.test('offline, limits cannot be changed', async (t) => {
    const { page } = await openDetails(t, browser)
    await page.context().setOffline(true)
    await page.getByText('You are offline.').waitFor({ state: 'attached' })
    await page.locator('[data-action="limits"]:disabled').waitFor()
  })

  for (const dir of ['ltr', 'rtl'] as const) {
    t.test(`names, scopes and entered addresses are text, ${dir}`, async (t) => {
      const host = await startAdminPage(t, { dir, tokens: { scopes: { 'models:read': HOSTILE } } })
      const { token } = await host.app.apiTokens.issue({ userId: 'ada', name: HOSTILE })
      const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?token=${token.id}` })
      await button(page, 'Change limits').click()
      t.equal(await limitsDialog(page).locator('strong bdi').innerText(), HOSTILE)
      await addresses(page).fill(HOSTILE.replaceAll(' ', ''))
      await button(page, 'Save').click()
      await alert(page, 'allowed_ips[0] must be an IP address').waitFor()
      t.equal(await page.getByRole('alert').locator('bdi').first().innerText(), HOSTILE.replaceAll(' ', ''))
      await page.keyboard.press('Escape')
      await limitsDialog(page).waitFor({ state: 'detached' })
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await button(page, 'New token for an owner').click()
      await page.getByText(HOSTILE, { exact: true }).last().waitFor()
      t.equal(await page.getByRole('dialog').locator('.scope .foreign').innerText(), HOSTILE)
      t.equal(await page.locator('img').count(), 0)
      t.equal(await page.title(), 'API Tokens of All Owners')
    })
  }

  t.test('in German', async (t) => {
    const host = await startAdminPage(t, { page: { lang: 'de' } })
    const { token } = await host.app.apiTokens.issue({ userId: 'ada', name: 'CI' })
    const page = await openAs(t, browser, host, 'root', { path: `${ADMIN_PAGE}?token=${token.id}` })
    await button(page, String(adminGerman.changeLimits)).click()
    await page.getByRole('textbox', { name: String(adminGerman.allowedIps) }).fill('10.0.0.1/8')
    await button(page, 'Speichern').click()
    await alert(page, 'Der Dienst hat 10.0.0.1/8 abgelehnt: allowed_ips[0]').waitFor()
    await untilFocused(page, String(adminGerman.allowedIps))
  })
})

/** What a person calls a field, as `untilFocused` does. */
async function labelOf(page: Page, id: string): Promise<string> {
  return (await page.getByRole('dialog').locator(`label[for="${id}"]`).innerText()).trim()
}

function isValid(field: { checkValidity?: () => boolean }): boolean | undefined {
  return field.checkValidity?.()
}
