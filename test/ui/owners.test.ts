/** The page with further owners: the switch between them, and that everything is done for the chosen one. */

import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { ManagedOwner } from '../../src/index.ts'
import { checkWithAxe, PAGE_LOOKS } from './axe.ts'
import { inChromium } from './chromium.ts'
import { focused, untilFocused } from './focus.ts'
import { openAs, PAGE, type PageHost, type PageHostOptions, signIn, startPageHost } from './page-host.ts'

interface OwnersPageHost extends PageHost {
  /** The further owners of each user. They change while the host runs. */
  readonly members: Map<string, readonly ManagedOwner[]>
}

const HOSTILE = '<img src=x onerror="document.title=1">\u202egnp.\u2069'
const ACME: ManagedOwner = { id: 'org:acme', name: 'Acme', scopes: ['models:read'] }
const ZETA: ManagedOwner = { id: 'org:zeta', name: 'Zeta' }

async function startOwnersPage(t: Test, options: PageHostOptions = {}): Promise<OwnersPageHost> {
  const members: OwnersPageHost['members'] = new Map([['ada', [ACME, ZETA]]])
  const host = await startPageHost(t, {
    ...options,
    tokens: {
      ownerTypes: ['org'],
      authenticateUser: ({ headers }) => {
        const id = /(?:^|; )user=(\w+)/.exec(headers.cookie ?? '')?.[1]
        return id === undefined ? null : { id, owners: members.get(id) }
      },
    },
  })
  const { apiTokens } = host.app
  await apiTokens.issue({ userId: 'ada', name: 'of ada' })
  await apiTokens.issue({ userId: 'org:acme', name: 'of acme' })
  return { ...host, members }
}

const owner = (page: Page) => page.getByRole('combobox', { name: 'Owner' })
const details = (page: Page, name: string) => page.getByRole('button', { name: `Details of ${name}` })
const names = (page: Page) => page.locator('tbody [data-action="details"]').allInnerTexts()
/** The label of the chosen owner. */
const chosen = async (page: Page) => (await owner(page).locator('option:checked').textContent())?.trim()

await inChromium((browser) => {
  t.test('without further owners there is no choice', async (t) => {
    const host = await startOwnersPage(t)
    host.members.clear()
    const page = await openAs(t, browser, host, 'ada')
    await details(page, 'of ada').waitFor()
    t.equal(await owner(page).count(), 0)
    t.match(await page.locator('header p').innerText(), /in your name/)
  })

  t.test('the chosen owner is in the URL: a reload keeps it, and going back leaves it', async (t) => {
    const host = await startOwnersPage(t)
    const page = await openAs(t, browser, host, 'ada')
    await details(page, 'of ada').waitFor()
    await owner(page).selectOption({ label: 'Acme' })
    await details(page, 'of acme').waitFor()
    t.same(await names(page), ['of acme'])
    t.equal(new URL(page.url()).search, '?owner=org%3Aacme')
    t.match(await page.locator('header p').innerText(), /in the name of Acme/)
    await page.reload()
    await details(page, 'of acme').waitFor()
    await owner(page).getByText('Acme').waitFor({ state: 'attached' })
    t.equal(await chosen(page), 'Acme')
    await page.goBack()
    await details(page, 'of ada').waitFor()
    t.equal(await chosen(page), 'You')
    t.equal(new URL(page.url()).search, '')
    await page.goForward()
    await details(page, 'of acme').waitFor()
    t.equal(await chosen(page), 'Acme')
    await owner(page).selectOption({ label: 'You' })
    await details(page, 'of ada').waitFor()
    t.equal(new URL(page.url()).search, '')
  })

  t.test('search, tab and details of one owner do not stay for the next', async (t) => {
    const host = await startOwnersPage(t)
    const page = await openAs(t, browser, host, 'ada', { path: `${PAGE}?q=ada&status=active&sort=name` })
    await details(page, 'of ada').waitFor()
    await owner(page).selectOption({ label: 'Acme' })
    await details(page, 'of acme').waitFor()
    t.equal(new URL(page.url()).search, '?owner=org%3Aacme')
    await page.getByRole('searchbox').fill('nothing like it')
    await page.getByRole('heading', { name: 'No token matches' }).waitFor()
    t.match(page.url(), /\?owner=org%3Aacme&q=/)
    await page.getByRole('button', { name: 'Show all tokens' }).click()
    await details(page, 'of acme').waitFor()
    t.equal(new URL(page.url()).search, '?owner=org%3Aacme', 'the owner stays')
  })

  t.test('everything is done for the chosen owner', async (t) => {
    const host = await startOwnersPage(t)
    const page = await openAs(t, browser, host, 'ada', { path: `${PAGE}?owner=org:acme&status=active&q=of` })
    await details(page, 'of acme').waitFor()
    const paths: string[] = []
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url())
      if (pathname.startsWith('/tokens')) paths.push(`${request.method()} ${searchParams.get('owner')}`)
    })
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('checkbox').first().waitFor()
    t.equal(await dialog.getByRole('checkbox').count(), 1, 'the scopes of the entry in owners')
    await dialog.getByLabel('Name').fill('deploy')
    await dialog.getByRole('button', { name: 'Generate token' }).click()
    await page.getByRole('heading', { name: 'Copy your token now' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Close without copying' }).click()
    await details(page, 'deploy').waitFor()
    t.equal(
      new URL(page.url()).search,
      '?owner=org%3Aacme',
      'the list with the new token is that of the owner',
    )

    await page.getByRole('switch', { name: 'deploy: active' }).click()
    await page.getByText('deploy is inactive.').waitFor()
    await page.getByRole('switch', { name: 'deploy: active' }).click()
    await page.getByText('deploy is active.').waitFor()
    await page.getByRole('button', { name: 'Actions for deploy' }).click()
    await page.getByRole('menuitem', { name: 'Rotate' }).click()
    await page.getByRole('button', { name: 'Rotate token' }).click()
    await page.getByRole('heading', { name: 'Copy your token now' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Close without copying' }).click()
    await page.getByText('deploy was rotated.').waitFor()
    await page.getByRole('button', { name: 'Actions for of acme' }).click()
    await page.getByRole('menuitem', { name: 'Revoke' }).click()
    await page.getByRole('button', { name: 'Revoke token' }).click()
    await page.getByText('of acme is revoked.').waitFor()
    await details(page, 'of acme').click()
    await page.getByRole('dialog').getByText('Created').waitFor()

    t.ok(
      paths.includes('POST org:acme') &&
        paths.includes('PATCH org:acme') &&
        paths.includes('DELETE org:acme'),
    )
    t.same(
      [...new Set(paths)].filter((path) => !path.endsWith(' org:acme')),
      [],
      'no request without the owner',
    )
    const { data } = await host.app.apiTokens.list({ userId: 'org:acme' })
    t.same(data.map(({ name, status }) => `${name} ${status}`).sort(), [
      'deploy active',
      'deploy active',
      'of acme revoked',
    ])
    t.equal((await host.app.apiTokens.list({ userId: 'ada' })).total, 1)
  })

  t.test(
    'the details name who issued a token of an organization, and not the user of an own token',
    async (t) => {
      const host = await startOwnersPage(t)
      const by = { kind: 'user', id: HOSTILE.replace('\u202e', '') } as const
      await host.app.apiTokens.issue({ userId: 'org:acme', name: 'by another', by })
      await host.app.apiTokens.issue({ userId: 'ada', name: 'own', by: { kind: 'user', id: 'ada' } })
      for (const [search, name, creator] of [
        ['?owner=org:acme', 'by another', by.id],
        ['?owner=org:acme', 'of acme', undefined],
        ['', 'own', undefined],
      ] as const) {
        const page = await openAs(t, browser, host, 'ada', { path: PAGE + search })
        await details(page, name).click()
        const dialog = page.getByRole('dialog')
        await dialog.getByText('Created', { exact: true }).waitFor()
        const fact = dialog.locator('dl > div', { hasText: 'Created by' })
        t.equal(await fact.count(), creator === undefined ? 0 : 1, name)
        if (creator !== undefined) t.equal(await fact.locator('bdi').innerText(), creator)
      }
    },
  )

  t.test('going back to another owner closes the dialog that would generate a token', async (t) => {
    const host = await startOwnersPage(t)
    const page = await openAs(t, browser, host, 'ada')
    await details(page, 'of ada').waitFor()
    await owner(page).selectOption({ label: 'Acme' })
    await details(page, 'of acme').waitFor()
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('dialog').getByRole('checkbox').first().waitFor()
    await page.goBack()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await details(page, 'of ada').waitFor()
  })

  t.test('names of organizations are text, and one that is not unique has its id', async (t) => {
    const host = await startOwnersPage(t)
    host.members.set('ada', [
      { id: 'org:1', name: HOSTILE },
      { id: 'org:2', name: 'Same' },
      { id: 'org:3', name: 'Same' },
      { id: 'org:4', name: 'You' },
      { id: 'org:5' },
    ])
    const page = await openAs(t, browser, host, 'ada')
    await owner(page).waitFor()
    const labels = await owner(page).locator('option').allTextContents()
    t.same(
      labels.map((label) => label.trim()),
      ['You', HOSTILE, 'org:2: Same', 'org:3: Same', 'org:4: You', 'org:5'],
    )
    await owner(page).selectOption('org:1')
    await page.getByText('in the name of').waitFor()
    t.equal(await page.locator('header p bdi').innerText(), HOSTILE)
    t.equal(await page.locator('img').count(), 0)
    t.equal(await page.title(), 'API Tokens')
  })

  t.test(
    'a member who leaves sees no token of the organization any more, and can choose another owner',
    async (t) => {
      const host = await startOwnersPage(t)
      const page = await openAs(t, browser, host, 'ada', { path: `${PAGE}?owner=org:acme` })
      await details(page, 'of acme').waitFor()
      await owner(page).getByText('Acme').waitFor({ state: 'attached' })
      const held = Promise.withResolvers<void>()
      await page.route(
        (url) => url.pathname === '/tokens/scopes',
        (route) => held.promise.then(() => route.continue()),
      )
      host.members.set('ada', [ZETA])
      await page.getByRole('switch', { name: 'of acme: active' }).click()
      await page.getByRole('heading', { name: 'You do not manage these tokens' }).waitFor()
      t.equal(await page.getByText('of acme').count(), 0, 'not even until the new owners are there')
      held.resolve()
      t.equal(await page.getByRole('button', { name: 'Generate New Token' }).count(), 0)
      await owner(page).getByText('org:acme').waitFor({ state: 'attached' })
      t.equal(await chosen(page), 'org:acme', 'as the URL has it')
      await owner(page).selectOption({ label: 'You' })
      await details(page, 'of ada').waitFor()
      t.same(
        (await owner(page).locator('option').allTextContents()).map((label) => label.trim()),
        ['You', 'Zeta'],
      )
      t.equal(
        (await host.app.apiTokens.list({ userId: 'org:acme' })).data[0]?.status,
        'active',
        'the token stays',
      )
    },
  )

  t.test('a deactivated organization is shown as such, and the other owners still work', async (t) => {
    const host = await startOwnersPage(t)
    await host.app.apiTokens.deactivateUser('org:acme')
    const page = await openAs(t, browser, host, 'ada', { path: `${PAGE}?owner=org:acme` })
    await page.getByRole('heading', { name: 'This account is deactivated' }).waitFor()
    await owner(page).focus()
    await owner(page).selectOption({ label: 'You' })
    await details(page, 'of ada').waitFor()
    await untilFocused(page, 'Owner')
    t.equal(await focused(page), 'Owner', 'the focus stays, although the view changed')
  })

  t.test('the owners appear when the list does, also after a failure', async (t) => {
    const host = await startOwnersPage(t)
    const page = await openAs(t, browser, host, null)
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    t.equal(await owner(page).count(), 0)
    await signIn(page.context(), host, 'ada')
    await page.locator('api-tokens').evaluate((element) => Object(element).refresh())
    await owner(page).waitFor()
    await details(page, 'of ada').waitFor()
  })

  t.test('the owner is chosen by keyboard, also at 320 px, and nothing sticks out', async (t) => {
    const host = await startOwnersPage(t)
    host.members.set('ada', [{ ...ACME, name: 'W'.repeat(255) }, ZETA])
    const page = await openAs(t, browser, host, 'ada', { viewport: { width: 320, height: 640 } })
    await owner(page).waitFor()
    await details(page, 'of ada').waitFor()
    t.equal(await page.evaluate(OVERFLOW), 0)
    const box = await owner(page).boundingBox()
    t.ok(box !== null && box.x >= 0 && box.x + box.width <= 320, 'the field is inside')
    await owner(page).focus()
    await page.keyboard.press('ArrowDown')
    await details(page, 'of acme').waitFor()
    t.equal(await focused(page), 'Owner')
    t.equal(await page.evaluate(OVERFLOW), 0, 'with a long name in the introduction')
    await page.keyboard.press('End')
    await page.getByText('No API tokens yet').waitFor()
    t.match(page.url(), /owner=org%3Azeta/)
  })

  t.test('in German', async (t) => {
    const host = await startOwnersPage(t, { page: { lang: 'de' } })
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('combobox', { name: 'Besitzer' }).selectOption({ label: 'Acme' })
    await page.getByText('im Namen von Acme').waitFor()
  })

  for (const [look, options, dir] of PAGE_LOOKS) {
    t.test(`axe has no findings with further owners, ${look}`, async (t) => {
      const host = await startOwnersPage(t, { dir })
      const page = await openAs(t, browser, host, 'ada', { ...options, path: `${PAGE}?owner=org:acme` })
      await details(page, 'of acme').waitFor()
      await owner(page).getByText('Acme').waitFor({ state: 'attached' })
      await checkWithAxe(t, page, 'the list')
      host.members.clear()
      await page.reload()
      await page.getByRole('heading', { name: 'You do not manage these tokens' }).waitFor()
      await checkWithAxe(t, page, 'an owner of others')
    })
  }
})

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
