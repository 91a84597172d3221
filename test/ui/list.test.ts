/** The list in a browser: what it says of a token, tabs, search, order and pages, and whose it is. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { inChromium } from './chromium.ts'
import { openAs, PAGE, type PageHost, startPageHost } from './page-host.ts'

const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '</script><script>document.title=1</script>',
  '\u200Fמחובר \u061C(عربي) left',
  '👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 family',
  `z${'\u0335\u0317\u0341'.repeat(33)}`,
  '{name} %s &amp; "quoted" \'single\'',
  'A'.repeat(100),
]

const rows = (page: Page) => page.locator('tbody tr')
const names = (page: Page) => page.locator('tbody [data-action="details"]').allInnerTexts()
const tab = (page: Page, name: string) => page.getByRole('tab', { name: new RegExp(`^${name}`) })

async function patch({ app }: PageHost, id: string, payload: object): Promise<void> {
  await app.inject({ method: 'PATCH', url: `/tokens/${id}`, headers: { cookie: 'user=ada' }, payload })
}

async function revoke({ app }: PageHost, id: string): Promise<void> {
  await app.inject({ method: 'DELETE', url: `/tokens/${id}`, headers: { cookie: 'user=ada' } })
}

await inChromium((browser) => {
  t.test('a row shows name, description, scopes, hint, status and times', async (t) => {
    const host = await startPageHost(t)
    const { token } = await host.issue('ada', {
      name: 'CI',
      description: 'Deploys staging',
      scopes: ['models:read', 'chat:write'],
    })
    host.clock.advance('3h')
    await host.call(token)
    host.clock.advance('2h')
    const page = await openAs(t, browser, host, 'ada')
    const row = rows(page).first()
    const text = await row.innerText()
    for (const said of [
      'CI',
      'Deploys staging',
      'models:read',
      'chat:write',
      `…${token.slice(-4)}`,
      'Active',
    ]) {
      t.ok(text.includes(said), said)
    }
    t.match(text, '2 hours ago', 'last used')
    t.match(text, '5 hours ago', 'created')
    t.match(text, '1 request')
    t.equal(await row.locator('time').first().getAttribute('datetime'), '2026-01-01T03:00:00.000Z')
  })

  t.test('tabs by status have counts and show only their tokens', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'works' })
    await patch(host, (await host.issue('ada', { name: 'off' })).id, { status: 'inactive' })
    await revoke(host, (await host.issue('ada', { name: 'gone' })).id)
    await host.issue('ada', { name: 'short', expires_in: 60 })
    host.clock.advance('2m')
    const page = await openAs(t, browser, host, 'ada')
    await tab(page, 'All 4').waitFor()
    for (const [name, shown, reason] of [
      ['Active 1', 'works', ''],
      ['Inactive 1', 'off', 'Disabled.'],
      ['Revoked 1', 'gone', 'Revoked permanently.'],
      ['Expired 1', 'short', 'Expired on Jan 1, 2026.'],
    ] as const) {
      await tab(page, name).click()
      await page.getByRole('button', { name: `Details of ${shown}` }).waitFor()
      t.same(await names(page), [shown])
      t.equal(await tab(page, name).getAttribute('aria-selected'), 'true')
      t.ok((await rows(page).first().innerText()).includes(reason), reason)
    }
    t.match(page.url(), /\?status=expired$/, 'the tab is in the URL')
    t.equal(await rows(page).first().getByRole('switch').count(), 0, 'an ended token has nothing to switch')
    await page.goBack()
    await page.getByRole('button', { name: 'Details of gone' }).waitFor()
    t.equal(await tab(page, 'Revoked').getAttribute('aria-selected'), 'true')
  })

  t.test(
    'search filters the list without counts, is in the URL, and has its own view without matches',
    async (t) => {
      const host = await startPageHost(t)
      for (const name of ['build server', 'laptop', 'build mac']) await host.issue('ada', { name })
      const page = await openAs(t, browser, host, 'ada')
      await tab(page, 'All 3').waitFor()
      await page.getByRole('searchbox', { name: 'Search tokens' }).fill('BUILD')
      await page.locator('.pager').getByText('2 tokens', { exact: true }).waitFor()
      t.same(await names(page), ['build mac', 'build server'])
      t.equal(await page.locator('[role="tab"] .count').count(), 0)
      t.match(page.url(), /\?q=BUILD$/)
      await page.reload()
      await page.locator('.pager').getByText('2 tokens', { exact: true }).waitFor()
      t.equal(await page.getByRole('searchbox').inputValue(), 'BUILD')

      await page.getByRole('searchbox').fill('nothing like it')
      await page.getByRole('heading', { name: 'No token matches' }).waitFor()
      t.equal(await page.getByText('No API tokens yet').count(), 0)
      await page.getByRole('button', { name: 'Show all tokens' }).click()
      await tab(page, 'All 3').waitFor()
      t.equal(new URL(page.url()).search, '')
      t.equal(await page.evaluate(FOCUSED), 'q', 'focus is where one searches again')
    },
  )

  t.test('the sort order can be chosen and is in the URL', async (t) => {
    const host = await startPageHost(t)
    for (const name of ['b', 'c', 'a']) await host.issue('ada', { name })
    const page = await openAs(t, browser, host, 'ada')
    await rows(page).first().waitFor()
    t.same(await names(page), ['a', 'c', 'b'], 'newest first')
    await page.getByRole('combobox', { name: 'Sort by' }).selectOption({ label: 'Name' })
    await page.waitForURL(/sort=name/)
    await page.locator('tbody tr:first-child', { hasText: 'a' }).waitFor()
    t.same(await names(page), ['a', 'b', 'c'])
    await page.goBack()
    await page.locator('tbody tr:first-child', { hasText: 'a' }).waitFor()
    await page.locator('tbody tr:nth-child(2)', { hasText: 'c' }).waitFor()
    t.equal(
      await page.getByRole('combobox', { name: 'Sort by' }).inputValue(),
      '-created_at',
      'as the URL has it',
    )
  })

  t.test('pages keep their place in the URL, over reload, back and a link', async (t) => {
    const host = await startPageHost(t)
    for (let number = 1; number <= 65; number += 1) await host.issue('ada', { name: `token ${number}` })
    const page = await openAs(t, browser, host, 'ada')
    const range = (text: string) =>
      page.getByRole('navigation', { name: 'Pages' }).getByText(text, { exact: true })
    await range('1–30 of 65').waitFor()
    t.equal(await page.getByRole('button', { name: 'Previous' }).count(), 0)
    await page.getByRole('button', { name: 'Next' }).click()
    await range('31–60 of 65').waitFor()
    t.equal((await names(page))[0], 'token 35')
    await page.getByRole('button', { name: 'Next' }).click()
    await range('61–65 of 65').waitFor()
    t.ok(await page.getByRole('button', { name: 'Next' }).isDisabled())
    await page.reload()
    await range('61–65 of 65').waitFor()
    t.same(await names(page), ['token 5', 'token 4', 'token 3', 'token 2', 'token 1'])
    await page.getByRole('button', { name: 'Previous' }).click()
    await range('31–60 of 65').waitFor()
    await page.goBack()
    await range('61–65 of 65').waitFor()

    const link = page.url()
    const elsewhere = await page.context().newPage()
    await elsewhere.goto(link)
    await elsewhere.getByText('61–65 of 65').waitFor()
    t.equal(await elsewhere.getByRole('button', { name: 'Previous' }).count(), 0, 'the way back is not known')
    await elsewhere.getByRole('button', { name: 'First page' }).click()
    await elsewhere.getByText('1–30 of 65').waitFor()
  })

  t.test(
    'promise 15: short and empty pages of a service are joined, and a search can be continued',
    async (t) => {
      const host = await startPageHost(t)
      const { id } = await host.issue('ada', { name: 'one' })
      const token = (await host.app.inject({ url: `/tokens/${id}`, headers: { cookie: 'user=ada' } })).json()
      const page = await openAs(t, browser, host, 'ada')
      await rows(page).first().waitFor()
      let asked = 0
      // As a service does that reads a part of very many tokens for each page.
      await page.route(/\/tokens\?/, (route) => {
        asked += 1
        const found =
          asked === 3 || asked === 12 ? [{ ...token, id: `${asked}`, name: `found ${asked}` }] : []
        return route.fulfill({
          json: { data: found, next_cursor: asked < 13 ? `${asked}` : null, total: null },
        })
      })
      await page.getByRole('searchbox').fill('found')
      await page.locator('.pager').getByText('1 token', { exact: true }).waitFor()
      t.same(await names(page), ['found 3'])
      t.equal(asked, 10, 'then a person decides')
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByRole('button', { name: 'Details of found 12' }).waitFor()
      t.equal(asked, 13)
      t.ok(await page.getByRole('button', { name: 'Next' }).isDisabled())
      asked = 20
      await page.getByRole('searchbox').fill('nothing')
      await page.getByRole('heading', { name: 'No token matches' }).waitFor()
      t.equal(asked, 21, 'the last page was empty')
      asked = -100
      await page.getByRole('searchbox').fill('not yet')
      await page.getByRole('button', { name: 'Next' }).waitFor()
      t.ok(await page.getByRole('heading', { name: 'No token matches' }).isVisible())
    },
  )

  t.test('a link to a page of another list leads to the first page', async (t) => {
    const host = await startPageHost(t)
    for (let number = 1; number <= 31; number += 1) await host.issue('ada', { name: `token ${number}` })
    const page = await openAs(t, browser, host, 'ada', { path: `${PAGE}?cursor=of-somebody-else&page=2` })
    await page.getByText('1–30 of 31').waitFor()
    t.equal(new URL(page.url()).search, '')
  })

  t.test('other parameters of the URL are kept', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'one' })
    const page = await openAs(t, browser, host, 'ada', { path: `${PAGE}?team=7&status=active` })
    await page.getByRole('button', { name: 'Details of one' }).waitFor()
    await tab(page, 'All').click()
    await page.waitForURL((url) => url.search === '?team=7')
    t.pass('team=7 is still there')
  })

  t.test('promise 8: two users in two browsers see disjoint lists', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: "ada's" })
    const { id } = await host.issue('grace', { name: "grace's" })
    const [ada, grace] = await Promise.all([
      openAs(t, browser, host, 'ada', { path: `${PAGE}?token=${id}` }),
      openAs(t, browser, host, 'grace'),
    ])
    await Promise.all([rows(ada).first().waitFor(), rows(grace).first().waitFor()])
    t.same([await names(ada), await names(grace)], [["ada's"], ["grace's"]])
    await ada.getByText('This token does not exist.').waitFor()
    t.equal(await ada.getByText("grace's").count(), 0, 'nor by a link to it')
  })

  for (const dir of ['ltr', 'rtl'] as const) {
    t.test(`hostile names and descriptions are shown as plain text everywhere, ${dir}`, async (t) => {
      const host = await startPageHost(t, { dir })
      for (const text of HOSTILE) await host.issue('ada', { name: text, description: text })
      const page = await openAs(t, browser, host, 'ada')
      await rows(page).first().waitFor()
      t.same((await page.locator('tbody .name bdi').allTextContents()).toReversed(), HOSTILE)
      t.equal(await page.locator('api-tokens img, api-tokens tbody script').count(), 0)
      t.equal(await page.title(), 'API Tokens')
      for (const [width, height] of [
        [360, 460],
        [800, 320],
      ] as const) {
        await page.setViewportSize({ width, height: 700 })
        t.equal(await page.evaluate(OVERFLOW), 0, `${width} px: nothing sticks out`)
        for (const row of await rows(page).all()) {
          const box = await row.boundingBox()
          t.ok(box !== null && box.height < height, `${width} px: no name takes the page`)
        }
      }
      const name = HOSTILE[0] ?? ''
      const hostile = rows(page).filter({ hasText: name })
      await hostile.getByRole('button', { name: /^Actions/ }).click()
      await page.getByRole('menuitem', { name: 'Revoke' }).click()
      t.ok(await page.getByRole('dialog').getByText(name).isVisible(), 'the second step names it')
      await page.getByRole('button', { name: 'Keep it' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await hostile.locator('[data-action="details"]').click()
      t.equal(await page.getByRole('dialog').getByText(name).count(), 2, 'name and description')
      t.equal(await page.title(), 'API Tokens')
    })
  }

  t.test('promise 6: a token that becomes idle within five days shows a warning', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'sleepy' })
    host.clock.advance('24d')
    await host.issue('ada', { name: 'fresh' })
    const page = await openAs(t, browser, host, 'ada')
    await rows(page).first().waitFor()
    t.equal(await page.getByText(/^Unused for/).count(), 0, 'six days ahead nothing is said')
    host.clock.advance('2d')
    await page.clock.setFixedTime(host.clock.now())
    await page.reload()
    const said = 'Unused for 26 days: becomes inactive on Jan 31, 2026'
    await rows(page).filter({ hasText: 'sleepy' }).getByText(said).waitFor()
    t.equal(await page.getByText(/^Unused for/).count(), 1, 'and of no other')
    await page.getByRole('button', { name: 'Details of sleepy' }).click()
    await page.getByRole('dialog').getByText(said).waitFor()
  })

  t.test('promise 6: the warning begins at the time of the host’s idleWarning', async (t) => {
    for (const [tokens, unused, said] of [
      [{ idleTimeout: '3d' }, '2d', undefined],
      [{ idleTimeout: '3d', idleWarning: '1d' }, '47h', undefined],
      [{ idleTimeout: '3d', idleWarning: '1d' }, '2d', 'Unused for 2 days: becomes inactive on Jan 4, 2026'],
      [
        { idleTimeout: '60d', idleWarning: '59d' },
        '2d',
        'Unused for 2 days: becomes inactive on Mar 2, 2026',
      ],
      [
        { idleTimeout: '12h', idleWarning: '2h' },
        '11h',
        'Becomes inactive on Jan 1, 2026, 12:00 PM unless it is used',
      ],
    ] as const) {
      const host = await startPageHost(t, { tokens })
      await host.issue('ada', { name: 'sleepy' })
      host.clock.advance(unused)
      const page = await openAs(t, browser, host, 'ada')
      await rows(page).first().waitFor()
      const warning = page.locator('tbody .soon')
      t.equal(await warning.count(), said === undefined ? 0 : 1, JSON.stringify(tokens))
      if (said !== undefined) t.equal((await warning.innerText()).trim(), said)
      await page.context().close()
    }
  })

  t.test('promise 6: an idle token shows why it is inactive, and can be enabled again', async (t) => {
    const host = await startPageHost(t)
    const { token } = await host.issue('ada', { name: 'asleep' })
    await host.call(token)
    host.clock.advance('31d')
    t.equal(await host.call(token), 401)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByText('Unused since Jan 1, 2026, so it became inactive.').waitFor()
    await page.getByRole('switch', { name: 'asleep: active' }).click()
    await page.getByRole('status').getByText('asleep is active.').waitFor()
    t.equal(await host.call(token), 200)
  })
})

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
const FOCUSED = "document.querySelector('api-tokens').shadowRoot.activeElement?.getAttribute('name')"
