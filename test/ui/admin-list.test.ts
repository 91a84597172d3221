/** The administration page in a browser: the list of all tokens, its filters, its place in the URL, and its states. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { StoreUnavailable } from '../../src/errors.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { adminGerman } from '../../src/ui/index.ts'
import { ADMIN_PAGE, fill, startAdminPage } from './admin-page-host.ts'
import { freshContext, inChromium } from './chromium.ts'
import { openAs, openIn, type PageHost, signIn } from './page-host.ts'

const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '</script><script>document.title=1</script>',
  '\u200Fמחובר \u061C(عربي) left',
  `z${'\u0335\u0317\u0341'.repeat(33)}`,
  '{name} %s &amp; "quoted" \'single\'',
  'A'.repeat(100),
]

const details = (page: Page, name: string) =>
  page.getByRole('button', { name: `Details of ${name}`, exact: true })
const heading = (page: Page, name: string) => page.getByRole('heading', { name })
const field = (page: Page, name: string) => page.getByRole('textbox', { name })
const search = (page: Page) => page.getByRole('button', { name: 'Search', exact: true })
const names = async (page: Page) =>
  (await page.locator('tbody [data-action="details"]').allInnerTexts()).map((name) =>
    name.replace(/ …....$/, ''),
  )

const openAdmin = (
  t: Parameters<typeof openAs>[0],
  browser: Parameters<typeof openAs>[1],
  host: PageHost,
  query = '',
) => openAs(t, browser, host, 'root', { path: ADMIN_PAGE + query })

await inChromium((browser) => {
  t.test('the list has the tokens of all owners, with what an administrator looks for', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAdmin(t, browser, host)
    await details(page, 'deploy').waitFor()
    t.same(await names(page), ['Unnamed token', 'nightly', 'off', 'backup', 'gone', 'deploy'])
    const row = page.locator('tbody tr').filter({ has: details(page, 'backup') })
    const text = await row.innerText()
    for (const said of ['backup', 'bob', 'Active', '1 scope', 'Never used', 'Mar 3, 2026', 'yesterday'])
      t.ok(text.includes(said), said)
    await page.getByText('Revoked because it was leaked.').waitFor()
    await page.getByText('6 tokens shown').waitFor()
  })

  t.test('each filter finds its tokens and is in the URL; a link reproduces the list', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    for (const [fillIn, query, found] of [
      [(page: Page) => field(page, 'Owner').fill('bob'), 'user_id=bob', ['off', 'backup']],
      [(page: Page) => field(page, 'Name begins with').fill('de'), 'name=de', ['deploy']],
      [
        (page: Page) => page.getByRole('combobox', { name: 'Status' }).selectOption('revoked'),
        'status=revoked',
        ['gone'],
      ],
      [(page: Page) => field(page, 'Created by').fill('root'), 'created_by=root', ['nightly']],
      [(page: Page) => field(page, 'Has the scope').fill('chat:write'), 'scope=chat%3Awrite', ['deploy']],
      [
        (page: Page) => page.getByLabel('Unused since (UTC)').fill('2026-01-02'),
        'unused_since=2026-01-02',
        ['deploy', 'gone'],
      ],
      [
        (page: Page) => page.getByLabel('Expires before (UTC)').fill('2026-02-01'),
        'expires_before=2026-02-01',
        ['Unnamed token'],
      ],
      [
        (page: Page) => page.getByRole('combobox', { name: 'Sort by' }).selectOption('created_at'),
        'sort=created_at',
        ['deploy', 'gone', 'backup', 'off', 'nightly', 'Unnamed token'],
      ],
    ] as const) {
      const page = await openAdmin(t, browser, host)
      await page.getByText('6 tokens shown').waitFor()
      await page.getByText('More filters').click()
      await fillIn(page)
      await search(page).click()
      await page.waitForURL((url) => url.search === `?${query}`)
      await page.getByText(found.length === 1 ? '1 token shown' : `${found.length} tokens shown`).waitFor()
      t.same(await names(page), found, query)
      const other = await openIn(page.context(), host, `${ADMIN_PAGE}?${query}`)
      await other.getByText(found.length === 1 ? '1 token shown' : `${found.length} tokens shown`).waitFor()
      t.same(await names(other), found, `the link ${query}`)
      await page.context().close()
    }
  })

  t.test('several filters must all match, and back and forward follow them', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAdmin(t, browser, host, '?tab=host')
    await page.getByText('6 tokens shown').waitFor()
    await field(page, 'Owner').fill('ada')
    await search(page).click()
    await page.getByText('3 tokens shown').waitFor()
    await page.getByRole('combobox', { name: 'Status' }).selectOption('active')
    await search(page).click()
    await page.getByText('2 tokens shown').waitFor()
    t.same(await names(page), ['Unnamed token', 'deploy'])
    t.equal(new URL(page.url()).search, '?tab=host&user_id=ada&status=active', 'other parameters are kept')
    await page.goBack()
    await page.getByText('3 tokens shown').waitFor()
    t.equal(await page.getByRole('combobox', { name: 'Status' }).inputValue(), '')
    await page.goBack()
    await page.getByText('6 tokens shown').waitFor()
    t.equal(await field(page, 'Owner').inputValue(), '')
    await page.goForward()
    await page.getByText('3 tokens shown').waitFor()
    t.equal(await field(page, 'Owner').inputValue(), 'ada')
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.getByText('6 tokens shown').waitFor()
    t.equal(new URL(page.url()).search, '?tab=host')
  })

  t.test('a filter that has its own order leaves no choice of the sort', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const sort = (page: Page) => page.getByRole('combobox', { name: 'Sort by' })
    for (const [query, choices] of [
      ['', ['Newest first', 'Oldest first', 'Expiring first']],
      ['?user_id=ada', ['Newest first', 'Oldest first']],
      ['?created_by=ada&sort=expires_at', ['Newest first', 'Oldest first']],
      ['?name=de&sort=created_at', ['Sorted by the filter']],
      ['?sort=nonsense&status=nonsense&unused_since=x&expires_before=2026-13-99', undefined],
    ] as const) {
      const page = await openAdmin(t, browser, host, query)
      await details(page, 'deploy').waitFor()
      if (choices !== undefined) t.same(await sort(page).locator('option').allInnerTexts(), choices, query)
      t.equal(await sort(page).isDisabled(), choices?.length === 1)
      t.equal(await page.getByRole('alert').count(), 0)
      await page.context().close()
    }
  })

  t.test('more tokens are loaded page by page, and focus moves to the first new one', async (t) => {
    const host = await startAdminPage(t)
    for (let n = 0; n < 230; n += 1) await host.app.apiTokens.issue({ userId: 'ada', name: `t${n}` })
    const page = await openAdmin(t, browser, host)
    await page.getByText('100 tokens shown').waitFor()
    await page.getByRole('button', { name: 'Load more' }).click()
    await page.getByText('200 tokens shown').waitFor()
    t.match(
      await page.evaluate(
        "document.querySelector('api-tokens-admin').shadowRoot.activeElement?.getAttribute('aria-label')",
      ),
      'Details of t129',
    )
    await page.getByRole('button', { name: 'Load more' }).click()
    await page.getByText('230 tokens shown').waitFor()
    t.equal(await page.getByRole('button', { name: 'Load more' }).count(), 0)
    t.equal(new Set(await names(page)).size, 230, 'each once')
    await page.evaluate("document.querySelector('api-tokens-admin').refresh()")
    await page.getByText('230 tokens shown').waitFor()
  })

  t.test('a search with few results shows how far it came, and can be continued', async (t) => {
    const host = await startAdminPage(t, { tokens: { maxTokensPerUser: 10_000 } })
    const { apiTokens } = host.app
    await apiTokens.issue({ userId: 'ada', name: 'oldest', scopes: ['chat:write'] })
    // One request of the page reads 1,000 tokens of the owner, and the page sends five.
    for (let n = 0; n < 5_200; n += 1) await apiTokens.issue({ userId: 'ada', name: 'x' })
    const page = await openAdmin(t, browser, host, '?user_id=ada&scope=chat:write')
    await page.getByText('0 tokens in the part that was searched so far. There may be more.').waitFor()
    await page.getByRole('button', { name: 'Search further' }).click()
    await details(page, 'oldest').waitFor()
    await page.getByText('1 token shown').waitFor()
    t.equal(await page.getByRole('button', { name: 'Search further' }).count(), 0)
  })

  t.test('the page has a view for no tokens and one for no match', async (t) => {
    const host = await startAdminPage(t)
    const page = await openAdmin(t, browser, host)
    await heading(page, 'No tokens yet').waitFor()
    await fill(host)
    const other = await openIn(page.context(), host, `${ADMIN_PAGE}?user_id=nobody`)
    await heading(other, 'No token matches').waitFor()
    await other.getByText('No token of this owner is known.').waitFor()
    await other.getByRole('button', { name: 'Show all tokens' }).click()
    await other.getByText('6 tokens shown').waitFor()
  })

  for (const text of HOSTILE) {
    t.test(`names, owners, scopes and filters are text: ${JSON.stringify(text.slice(0, 30))}`, async (t) => {
      const host = await startAdminPage(t)
      const { apiTokens } = host.app
      const owner = `${text}@example`
      const { token } = await apiTokens.issue({ userId: owner, name: text, description: text })
      const page = await openAdmin(t, browser, host, `?user_id=${encodeURIComponent(owner)}`)
      const row = page.locator('tbody tr')
      await row.first().waitFor()
      t.equal(await row.locator('[data-action="details"] bdi').innerText(), text)
      t.equal(await row.locator('[data-action="owner"]').innerText(), owner)
      t.equal(await page.locator('#owner-title bdi').innerText(), owner)
      t.equal(await field(page, 'Owner').inputValue(), owner)
      await row.locator('[data-action="details"]').click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Created', { exact: true }).waitFor()
      t.equal(await dialog.getByText(text, { exact: true }).count(), 2, 'name and description')
      await dialog.getByRole('button', { name: 'Revoke' }).click()
      await page.getByRole('heading', { name: 'Revoke 1 token?' }).waitFor()
      t.equal(await page.locator('img').count(), 0)
      await page.getByRole('button', { name: 'Revoke 1 token' }).click()
      await page.getByRole('status').getByText('1 token was revoked.').waitFor()
      t.equal((await apiTokens.get(token.id)).status, 'revoked')
      t.equal(await page.title(), 'API Tokens of All Owners')
      t.equal(await page.evaluate(OVERFLOW), 0)
    })
  }

  t.test('a visitor who is not an administrator sees a sign-in link and no token', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    for (const user of [null, 'ada']) {
      const page = await openAs(t, browser, host, user, { path: ADMIN_PAGE })
      await heading(page, 'You are not signed in as an administrator').waitFor()
      t.equal(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href'), '/sign-in')
      t.equal(await page.getByText('deploy').count(), 0)
      t.equal(await page.getByRole('button').count(), 0)
    }
  })

  t.test('the end of the session hides the list with the next request', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAdmin(t, browser, host)
    await details(page, 'deploy').click()
    await page.getByRole('switch').waitFor()
    await page.context().clearCookies()
    await page.getByRole('switch').click()
    await page.getByRole('status').getByText('You are signed out.').waitFor()
    await heading(page, 'You are not signed in as an administrator').waitFor({ state: 'attached' })
    t.equal(await page.locator('tbody').count(), 0)
  })

  t.test('a route that does not exist, and a forbidden one, are explained', async (t) => {
    const host = await startAdminPage(t, { withoutAdmin: true })
    const page = await openAdmin(t, browser, host)
    await heading(page, 'The tokens could not be loaded').waitFor()
    await page.getByText('This service has no administration at this address.').waitFor()
    const other = await startAdminPage(t)
    // A proxy before the host, which forbids the path.
    const context = await freshContext(t, browser)
    await signIn(context, other, 'root')
    await context.route('**/admin/tokens?*', (route) =>
      route.fulfill({ status: 403, json: { statusCode: 403, error: 'Forbidden', message: 'Not from here' } }),
    )
    const forbidden = await openIn(context, other, ADMIN_PAGE)
    await forbidden.getByText('The service refused: Not from here').waitFor()
  })

  t.test('an outage of the store shows an error; the loaded list stays, and works again', async (t) => {
    const store = memoryTokenStore()
    const { administration } = store
    if (administration === undefined) throw new Error('the store has no administration')
    let down = false
    const failing: typeof administration = {
      ...administration,
      readTokens: async (...args) => {
        if (down) throw new StoreUnavailable()
        return administration.readTokens(...args)
      },
    }
    const host = await startAdminPage(t, {
      tokens: { store: Object.assign(store, { administration: failing }) },
    })
    await fill(host)
    const page = await openAdmin(t, browser, host)
    await details(page, 'deploy').waitFor()
    down = true
    await page.evaluate("document.querySelector('api-tokens-admin').refresh()")
    await page.getByRole('alert').getByText('The service is temporarily unavailable.').waitFor()
    t.ok(await details(page, 'deploy').isVisible())
    await field(page, 'Owner').fill('bob')
    await search(page).click()
    await heading(page, 'The tokens could not be loaded').waitFor()
    down = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('2 tokens shown').waitFor()
  })

  t.test('offline nothing can be changed, and the list comes back by itself', async (t) => {
    const host = await startAdminPage(t)
    await fill(host)
    const page = await openAdmin(t, browser, host, '?user_id=ada')
    await details(page, 'deploy').waitFor()
    await page.getByRole('checkbox', { name: 'Select deploy' }).check()
    await page.context().setOffline(true)
    await page.getByRole('status').getByText('You are offline.').waitFor()
    for (const action of ['revoke-selected', 'issue', 'leaked', 'deactivate']) {
      const button = page.locator(`button[data-action="${action}"]`)
      t.equal(await button.getAttribute('aria-disabled'), 'true', action)
      await button.click({ force: true })
      t.equal(await page.getByRole('dialog').count(), 0, action)
    }
    await host.app.apiTokens.issue({ userId: 'ada', name: 'meanwhile' })
    await page.context().setOffline(false)
    await details(page, 'meanwhile').waitFor()
  })

  t.test('the page can be in German', async (t) => {
    const host = await startAdminPage(t, { page: { lang: 'de', messages: { issueNew: 'Neuer Schlüssel' } } })
    await fill(host)
    const page = await openAdmin(t, browser, host)
    await heading(page, String(adminGerman.title)).waitFor()
    t.equal(await page.title(), adminGerman.title)
    await page.getByText('6 Tokens gezeigt').waitFor()
    await page.getByText('gestern').first().waitFor()
    await page.getByRole('button', { name: 'Neuer Schlüssel' }).waitFor()
    await page.getByRole('checkbox', { name: 'Alle gezeigten' }).check()
    await page.getByRole('button', { name: '5 Tokens widerrufen…' }).click()
    await heading(page, '5 Tokens widerrufen?').waitFor()
    t.equal(await page.getByText(/undefined|\{\w+\}/).count(), 0)
  })
})

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
