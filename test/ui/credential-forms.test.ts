/** Both forms of credentials in the page: shown, copied and as a curl line, also in a narrow window. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'
import { inChromium } from './chromium.ts'
import { openAs, startPageHost } from './page-host.ts'

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] }
const FORMS = { jwt: /^acme_eyJ[\w-]+\.[\w-]+\.[\w-]+$/, compact: /^acme_[a-z2-7]{62}$/ } as const

const field = (page: Page, name: string) => page.getByRole('textbox', { name })

async function generate(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Generate New Token' }).click()
  await page.getByRole('button', { name: 'Generate token' }).click()
  await field(page, 'Your token').waitFor()
}

/** By how many pixels the text is larger than its field. */
const hiddenIn = (page: Page, name: string) =>
  field(page, name).evaluate((area) => [
    Math.max(0, area.scrollWidth - area.clientWidth),
    Math.max(0, area.scrollHeight - area.clientHeight),
  ])

await inChromium((browser) => {
  for (const credentials of ['jwt', 'compact'] as const) {
    t.test(`the page shows and copies a ${credentials} credential and its curl line`, async (t) => {
      const host = await startPageHost(t, { tokens: { credentials, tokenPrefix: 'acme_' } })
      const page = await openAs(t, browser, host, 'ada', CLIPBOARD)
      await generate(page)
      t.match(await field(page, 'Your token').inputValue(), /^•{40}[\w-]{4}$/)
      await page.getByRole('button', { name: 'Show' }).click()
      const shown = await field(page, 'Your token').inputValue()
      t.match(shown, FORMS[credentials])
      const curl = `curl '${host.origin}/tokens/current' -H 'Authorization: Bearer ${shown}'`
      t.equal(await field(page, 'Try it').inputValue(), curl)
      await page.getByRole('button', { name: 'Copy token' }).click()
      await page.getByText('The token is copied.').waitFor()
      t.equal(await page.evaluate('navigator.clipboard.readText()'), shown)
      await page.getByRole('button', { name: 'Copy curl' }).click()
      await page.getByText('The curl line is copied.').waitFor()
      t.equal(await page.evaluate('navigator.clipboard.readText()'), curl)
      t.equal(await host.call(shown), 200)
    })
  }

  t.test('a compact credential and its curl line need no scroll bar at 320 px', async (t) => {
    const host = await startPageHost(t, { tokens: { credentials: 'compact', tokenPrefix: 'acme_' } })
    const page = await openAs(t, browser, host, 'ada', { viewport: { width: 320, height: 640 } })
    await generate(page)
    for (const state of ['masked', 'shown']) {
      if (state === 'shown') await page.getByRole('button', { name: 'Show' }).click()
      for (const name of ['Your token', 'Try it']) {
        t.same(await hiddenIn(page, name), [0, 0], `${name}, ${state}`)
      }
    }
  })

  t.test('a double click selects a whole compact credential', async (t) => {
    const host = await startPageHost(t, { tokens: { credentials: 'compact', tokenPrefix: 'acme_' } })
    const page = await openAs(t, browser, host, 'ada')
    await generate(page)
    await page.getByRole('button', { name: 'Show' }).click()
    const shown = await field(page, 'Your token').inputValue()
    await field(page, 'Your token').dblclick({ position: { x: 40, y: 16 } })
    t.equal(await page.evaluate('getSelection().toString()'), shown)
  })

  t.test('tokens of both forms are in one list, each with its last characters', async (t) => {
    const [store, keys] = [memoryTokenStore(), [hs256Key()]]
    const start = (credentials: 'jwt' | 'compact') =>
      startPageHost(t, { tokens: { store, keys, credentials, tokenPrefix: 'acme_' } })
    const earlier = await (await start('jwt')).issue('ada', { name: 'earlier' })
    const host = await start('compact')
    const later = await host.issue('ada', { name: 'later' })
    const page = await openAs(t, browser, host, 'ada')
    for (const [name, { token }] of Object.entries({ earlier, later })) {
      await page.getByRole('button', { name: `Details of ${name}` }).waitFor()
      t.ok(await page.getByText(token.slice(-4)).first().isVisible(), name)
      t.equal(await host.call(token), 200, name)
    }
    await page.getByRole('button', { name: 'Actions for earlier' }).click()
    await page.getByRole('menuitem', { name: 'Rotate' }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Rotate/ })
      .click()
    await field(page, 'Your token').waitFor()
    await page.getByRole('button', { name: 'Show' }).click()
    t.match(await field(page, 'Your token').inputValue(), FORMS.compact, 'a rotation changes the form')
  })
})
