/** Generating a token in a browser: the form, the credential that is shown once, and its removal. */

import type { Page } from 'playwright-core'
import t from 'tap'
import type { ExpiryOptions } from '../../src/index.ts'
import { inChromium } from './chromium.ts'
import { openAs, type PageHost, startPageHost } from './page-host.ts'
import { tracesOf } from './traces.ts'

const MASK = /^•{40}/

async function generate(page: Page, name = 'CI'): Promise<void> {
  await page.getByRole('button', { name: 'Generate New Token' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('button', { name: 'Generate token' }).click()
  await page.getByRole('heading', { name: 'Copy your token now' }).waitFor()
}

const credentialField = (page: Page) => page.getByRole('textbox', { name: 'Your token' })
/** The chosen one has a star. */
async function expiryChoices(page: Page): Promise<string[]> {
  const field = page.getByRole('combobox', { name: 'Expiry' })
  await field.waitFor()
  const chosen = await field.inputValue()
  const options = await field.locator('option').all()
  return Promise.all(
    options.map(async (option) =>
      (await option.getAttribute('value')) === chosen ? `*${await option.innerText()}` : option.innerText(),
    ),
  )
}

const question = (page: Page) => page.getByText('You have not copied the token.')

async function onlyToken({ app }: PageHost, user = 'ada') {
  const { data } = await app.apiTokens.list({ userId: user })
  return data[0]
}

await inChromium((browser) => {
  t.test('a token without name and scopes is generated from the empty page by two clicks', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('heading', { name: 'No API tokens yet' }).waitFor()
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('button', { name: 'Generate token' }).click()
    await credentialField(page).waitFor()
    const token = await onlyToken(host)
    t.same([token?.name, token?.description, token?.scopes, token?.expiresAt], [null, null, [], null])
  })

  t.test('the token has the chosen name, description, scopes and expiry', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('  CI  ')
    await page.getByRole('textbox', { name: 'Description' }).fill('Deploys\nstaging')
    t.ok(await page.getByText('Chat with a model').isVisible(), 'the catalogue’s description is shown')
    await page.getByRole('checkbox', { name: /models:read/ }).check()
    t.equal(await page.getByRole('combobox', { name: 'Expiry' }).inputValue(), '', 'never by default')
    await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'In 30 days' })
    await page.getByRole('button', { name: 'Generate token' }).click()
    await credentialField(page).waitFor()
    const token = await onlyToken(host)
    t.same([token?.name, token?.description, token?.scopes], ['CI', 'Deploys\nstaging', ['models:read']])
    t.equal(token?.expiresAt?.getTime(), host.clock.now() + 30 * 86_400_000)
  })

  t.test('Never means no expiry, also if the host has a default, which is preselected', async (t) => {
    const host = await startPageHost(t, { tokens: { expiry: { default: '45d' } } })
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    t.same(await expiryChoices(page), [
      'Never',
      'In 7 days',
      'In 30 days',
      '*In 45 days',
      'In 90 days',
      'In 1 year',
      'On a date…',
    ])
    await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'Never' })
    await page.getByRole('button', { name: 'Generate token' }).click()
    await credentialField(page).waitFor()
    t.equal((await onlyToken(host))?.expiresAt, null)
  })

  const limits: [ExpiryOptions, string[]][] = [
    [{ max: '30d' }, ['In 7 days', '*In 30 days', 'On a date…']],
    [{ max: '1y' }, ['In 7 days', 'In 30 days', 'In 90 days', '*In 1 year', 'On a date…']],
    [{ max: '36h' }, ['*In 36 hours', 'On a date…']],
    [{ max: '15m' }, ['*In 15 minutes']],
    [{ min: '60d', default: '60d', max: '100d' }, ['*In 60 days', 'In 90 days', 'On a date…']],
  ]
  for (const [expiry, expected] of limits) {
    t.test(`only lifetimes that the host allows are offered: ${JSON.stringify(expiry)}`, async (t) => {
      const host = await startPageHost(t, { tokens: { expiry } })
      host.clock.advance('12h')
      const page = await openAs(t, browser, host, 'ada')
      await page.getByRole('button', { name: 'Generate New Token' }).click()
      t.same(await expiryChoices(page), expected)
      await page.getByRole('button', { name: 'Generate token' }).click()
      await credentialField(page).waitFor()
      t.ok((await onlyToken(host))?.expiresAt, 'the first choice is allowed')
    })
  }

  t.test('the first and the last day that are offered are allowed by the host', async (t) => {
    const host = await startPageHost(t, { tokens: { expiry: { min: '2d', max: '30d' } } })
    host.clock.advance('12h')
    const page = await openAs(t, browser, host, 'ada')
    for (const [bound, day] of [
      ['min', '2026-01-03'],
      ['max', '2026-01-30'],
    ] as const) {
      await page.getByRole('button', { name: 'Generate New Token' }).click()
      await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'On a date…' })
      const date = page.getByLabel('Last day on which it works')
      t.equal(await date.getAttribute(bound), day)
      await date.fill(day)
      await page.getByRole('button', { name: 'Generate token' }).click()
      await credentialField(page).waitFor()
      const end = new Date(Date.parse(day) + 86_400_000).toISOString()
      t.equal((await onlyToken(host))?.expiresAt?.toISOString(), end)
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Close without copying' }).click()
    }
  })

  t.test('a token that expires on a date works to the end of that day', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'On a date…' })
    await page.getByLabel('Last day on which it works').fill('2026-01-31')
    await page.getByRole('button', { name: 'Generate token' }).click()
    await credentialField(page).waitFor()
    t.equal((await onlyToken(host))?.expiresAt?.toISOString(), '2026-02-01T00:00:00.000Z')
  })

  t.test('promise 1: the token is masked, can be shown and hidden, and is copied completely', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada', { permissions: ['clipboard-read', 'clipboard-write'] })
    await generate(page)
    t.match(await credentialField(page).inputValue(), MASK)
    await page.getByRole('button', { name: 'Show' }).click()
    const shown = await credentialField(page).inputValue()
    t.equal(await host.call(shown), 200, 'the shown credential works')
    t.match(await page.getByRole('textbox', { name: 'Try it' }).inputValue(), `Bearer ${shown}'`)
    await page.getByRole('button', { name: 'Hide' }).click()
    t.match(await credentialField(page).inputValue(), MASK)
    t.notMatch(await page.getByRole('textbox', { name: 'Try it' }).inputValue(), shown)

    await page.getByRole('button', { name: 'Copy token' }).click()
    await page.getByRole('status').getByText('The token is copied.').waitFor()
    t.equal(await page.evaluate('navigator.clipboard.readText()'), shown, 'copied equals shown')
    await page.getByRole('button', { name: 'Copy curl' }).click()
    await page.getByRole('status').getByText('The curl line is copied.').waitFor()
    t.equal(
      await page.evaluate('navigator.clipboard.readText()'),
      `curl '${host.origin}/tokens/current' -H 'Authorization: Bearer ${shown}'`,
    )
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  t.test('promise 1: after the dialog has closed the browser has no copy of the token', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada', { permissions: ['clipboard-read', 'clipboard-write'] })
    await generate(page)
    await page.getByRole('button', { name: 'Show' }).click()
    const credential = await credentialField(page).inputValue()
    t.not((await tracesOf(page, credential)).length, 0, 'it is found while it is shown')
    await page.getByRole('button', { name: 'Copy token' }).click()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    t.same(await tracesOf(page, credential), [])
    await page.reload()
    await page.getByRole('button', { name: 'Details of CI' }).waitFor()
    t.same(await tracesOf(page, credential), [])
  })

  t.test('Escape, a click outside and Done ask before an uncopied token is lost', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada', { permissions: ['clipboard-read', 'clipboard-write'] })
    await generate(page)
    const leave: [string, () => Promise<void>][] = [
      ['Escape', () => page.keyboard.press('Escape')],
      ['a click outside', () => page.mouse.click(4, 4)],
      ['Done', () => page.getByRole('button', { name: 'Done' }).click()],
      ['the cross', () => page.getByRole('button', { name: 'Close', exact: true }).click()],
    ]
    for (const [way, take] of leave) {
      await take()
      await question(page).waitFor()
      t.ok(await credentialField(page).isVisible(), `${way} asks`)
      await page.getByRole('button', { name: 'Go back' }).click()
      await question(page).waitFor({ state: 'detached' })
    }
    for (let times = 0; times < 4; times += 1) await page.keyboard.press('Escape')
    t.ok(await credentialField(page).isVisible(), 'however often')
    await page.getByRole('button', { name: 'Copy and close' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    t.equal(await host.call(String(await page.evaluate('navigator.clipboard.readText()'))), 200)
  })

  t.test('closing without a copy needs a confirmation', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await generate(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Close without copying' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  t.test('a reload asks too while the token is not copied', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada', { permissions: ['clipboard-read', 'clipboard-write'] })
    await generate(page)
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.type())
      void dialog.dismiss()
    })
    const warned = page.waitForEvent('dialog')
    await page.evaluate('setTimeout(() => location.reload())')
    await warned
    t.same(asked, ['beforeunload'])
    t.ok(await credentialField(page).isVisible())
    await page.getByRole('button', { name: 'Copy token' }).click()
    await page.getByText('The token is copied.').waitFor()
    await page.reload()
    t.same(asked, ['beforeunload'])
  })

  t.test('a refused copy shows an error and selects the token', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.evaluate(
      "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))",
    )
    await generate(page)
    await page.getByRole('button', { name: 'Copy token' }).click()
    await page.getByRole('status').getByText('The browser refused to copy.').waitFor()
    const shown = await credentialField(page).inputValue()
    t.equal(await host.call(shown), 200)
    t.equal(await page.evaluate('getSelection().toString()'), shown, 'it is selected')
    await page.keyboard.press('Escape')
    await question(page).waitFor()
    await page.getByRole('button', { name: 'Copy and close' }).click()
    await question(page).waitFor({ state: 'detached' })
    t.ok(await credentialField(page).isVisible(), 'it stays open')
    await page.keyboard.press('ControlOrMeta+c')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  t.test('a manual copy of the mask does not count as a copy', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await generate(page)
    await credentialField(page).selectText()
    await page.keyboard.press('ControlOrMeta+c')
    await page.keyboard.press('Escape')
    await question(page).waitFor()
    t.ok(await credentialField(page).isVisible())
  })

  t.test('an error of the service is shown in the dialog, and the input stays', async (t) => {
    const host = await startPageHost(t, { tokens: { maxTokensPerUser: 1 } })
    await host.issue('ada')
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('One too many')
    await page.getByRole('button', { name: 'Generate token' }).click()
    await page.getByRole('alert').getByText(/./).waitFor()
    t.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'One too many')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  t.test('a lost response is shown as uncertain, and the list shows the result', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Lost answer')
    await page.route('**/tokens', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      await route.fetch()
      return route.abort('connectionreset')
    })
    await page.getByRole('button', { name: 'Generate token' }).click()
    await page.getByRole('alert').getByText('may have been generated anyway').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Details of Lost answer' }).waitFor()
    t.equal((await onlyToken(host))?.name, 'Lost answer')
  })

  t.test('two quick clicks generate one token', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('button', { name: 'Generate token' }).dblclick()
    await credentialField(page).waitFor()
    t.equal((await host.app.apiTokens.list({ userId: 'ada' })).total, 1)
  })
})
