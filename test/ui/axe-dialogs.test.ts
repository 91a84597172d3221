/** axe has no findings in the list and all dialogs: light, dark, narrow and right-to-left. */

import t from 'tap'
import { checkWithAxe, PAGE_LOOKS } from './axe.ts'
import { inChromium } from './chromium.ts'
import { furnish, openAs, startPageHost } from './page-host.ts'

await inChromium((browser) => {
  for (const [look, options, dir] of PAGE_LOOKS) {
    t.test(`axe has no findings in the list and its dialogs, ${look}`, async (t) => {
      const host = await startPageHost(t, { dir })
      await furnish(host)
      const page = await openAs(t, browser, host, 'ada', options)
      const check = (state: string) => checkWithAxe(t, page, state)
      await page.getByRole('tab', { name: /^All 5/ }).waitFor()
      await check('the list')
      await page.getByRole('button', { name: 'Actions for sleepy' }).click()
      await check('the menu')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Generate New Token' }).click()
      await page.getByRole('checkbox').first().waitFor()
      await page.getByRole('combobox', { name: 'Expiry' }).selectOption({ label: 'On a date…' })
      await check('generate')
      await page.getByLabel('Last day on which it works').fill('2026-03-01')
      await page.getByRole('button', { name: 'Generate token' }).click()
      await page.getByRole('button', { name: 'Show' }).click()
      await check('the token shown')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Close without copying' }).waitFor()
      await check('the question')
      await page.getByRole('button', { name: 'Close without copying' }).click()
      await page.getByRole('status').getByText('was generated').waitFor()
      await check('the toast')
      await page.getByRole('button', { name: 'Details of sleepy' }).click()
      await page.getByRole('dialog').getByText('Created').waitFor()
      await check('the details')
      await page.getByRole('button', { name: 'Edit the name' }).click()
      await check('a name in the making')
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
      await page.getByRole('heading', { name: 'Rotate this token' }).waitFor()
      await check('rotate')
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
      await page.getByRole('heading', { name: 'Revoke this token?' }).waitFor()
      await check('revoke')
    })
  }
})
