/** Usage in a browser: the sparkline of a row, the chart of the details, and the texts without them. */

import type { Browser, Page, Route } from 'playwright-core'
import t, { type Test } from 'tap'
import { checkWithAxe } from './axe.ts'
import { freshContext, inChromium } from './chromium.ts'
import { openAs, openIn, type PageHost, signIn, startPageHost } from './page-host.ts'

const REQUESTS = [3, 12, 7, 0, 1, 25, 4, 9]

/** A host whose token was called on each of the last days, and another that never was. */
async function startUsedHost(t: Test): Promise<PageHost> {
  const host = await startPageHost(t)
  const { token } = await host.issue('ada', { name: 'CI', scopes: ['chat:write', 'models:read'] })
  for (const requests of REQUESTS) {
    host.clock.advance('1d')
    for (let number = 0; number < requests; number += 1) await host.call(token)
  }
  await host.issue('ada', { name: 'unused' })
  return host
}

/** Opens the page as its owner, whose host answers so when it is asked for the use of a token. */
async function openAnswered(
  t: Test,
  browser: Browser,
  host: PageHost,
  answer: (route: Route) => Promise<void>,
): Promise<Page> {
  const context = await freshContext(t, browser)
  await context.route('**/tokens/*/usage?*', answer)
  await signIn(context, host, 'ada')
  const page = await openIn(context, host)
  await page.getByRole('button', { name: 'Details of CI' }).waitFor()
  return page
}

await inChromium((browser) => {
  t.test('row and details show the requests per day, also as a table', async (t) => {
    const host = await startUsedHost(t)
    const page = await openAs(t, browser, host, 'ada')
    const row = page.locator('tbody tr').filter({ hasText: 'CI' })
    await row.locator('.spark').waitFor()
    t.match(await row.innerText(), '61 requests')
    t.equal(await row.locator('.spark .some').count(), 7)
    await page.locator('tbody .spark').nth(1).waitFor()
    t.equal(await page.locator('tbody .spark').count(), 2, 'an unused token has a line')

    await page.getByRole('button', { name: 'Details of CI' }).click()
    const chart = page.getByRole('img', { name: '61 requests in 30 days, most on Jan 7: 25' })
    await chart.waitFor()
    const drawn = await chart
      .locator('.bar')
      .evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('data-requests'))))
    t.same(drawn, [...Array.from({ length: 22 }, () => 0), ...REQUESTS])
    await page.getByText('Show as a table').click()
    const cells = await page.getByRole('dialog').getByRole('cell').allInnerTexts()
    t.same(cells.map(Number).toReversed(), drawn)
    await checkWithAxe(t, page, 'the chart')
  })

  t.test('the details show the used scopes and the client of the last use', async (t) => {
    const host = await startPageHost(t, { tokens: { usage: { lastClient: true } } })
    const { token } = await host.issue('ada', { name: 'CI', scopes: ['chat:write', 'models:read'] })
    const hostile = '<img src=x onerror=alert(1)>'
    const headers = { authorization: `Bearer ${token}`, 'user-agent': hostile }
    t.equal((await fetch(`${host.origin}/models`, { headers })).status, 200)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Details of CI' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Not used yet').waitFor()
    const granted = await dialog.locator('.granted li').allInnerTexts()
    t.same(
      granted.map((text) => text.replace(/\s+/g, ' ')),
      ['chat:write Chat with a model Not used yet', 'models:read List the models Used'],
    )
    t.match(await dialog.locator('dl').innerText(), /Last address\s+127\.0\.0\.1\s+Last program\s+<img src=x/)
    t.equal(await dialog.locator('img[src]').count(), 0)
    await checkWithAxe(t, page, 'the scopes used and the last client')
  })

  t.test('without usage.lastClient no client is shown', async (t) => {
    const host = await startUsedHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Details of CI' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Not used yet').first().waitFor()
    t.notMatch(await dialog.innerText(), /Last address|Last program/)
  })

  t.test('a token without usage has no chart', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Details of CI' }).click()
    await page.getByText('No requests in the last 30 days.').waitFor()
    t.equal(await page.getByRole('dialog').getByRole('img').count(), 0)
  })

  t.test('if usage cannot be loaded, the list works and the details show an error', async (t) => {
    const host = await startPageHost(t)
    const { token } = await host.issue('ada', { name: 'CI' })
    await host.call(token)
    let asked = 0
    const page = await openAnswered(t, browser, host, (route) => {
      asked += 1
      return route.fulfill({
        status: 404,
        json: { statusCode: 404, error: 'Not Found', message: 'Route not found' },
      })
    })
    t.equal(await page.locator('.spark').count(), 0)
    await page.getByText('1 request', { exact: true }).waitFor()
    await page.getByRole('switch').click()
    await page.getByText('Disabled.').waitFor()
    t.equal(asked, 1, 'a host without daily counts is asked once')
    await page.getByRole('button', { name: 'Details of CI' }).click()
    await page.getByText('The usage could not be loaded.').waitFor()
  })
})
