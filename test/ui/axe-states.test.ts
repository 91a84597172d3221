/** axe has no findings in the states without a list: light, dark, narrow and right-to-left. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { checkWithAxe, PAGE_LOOKS } from './axe.ts'
import { freshContext, inChromium } from './chromium.ts'
import { openIn, PAGE, signIn, startPageHost } from './page-host.ts'

await inChromium((browser) => {
  for (const [look, options, dir] of PAGE_LOOKS) {
    t.test(`axe has no findings in the states without a list, ${look}`, async (t) => {
      const host = await startPageHost(t, { dir })
      const context = await freshContext(t, browser, options)
      const state = async (heading: string, open: () => Promise<Page>) => {
        const page = await open()
        await page.getByRole('heading', { name: heading }).waitFor()
        await checkWithAxe(t, page, heading)
        await page.close()
      }
      await state('You are signed out', () => openIn(context, host))
      await signIn(context, host, 'ada')
      await state('No API tokens yet', () => openIn(context, host))
      await host.issue('ada')
      await state('No token matches', () => openIn(context, host, `${PAGE}?q=nothing`))
      await context.route('**/tokens?*', (route) => route.abort())
      await state('Your tokens could not be loaded', () => openIn(context, host))
      await context.unrouteAll()
      await host.app.apiTokens.deactivateUser('ada')
      await state('This account is deactivated', () => openIn(context, host))
      const open = await startPageHost(t, { tokens: { authentication: 'none' } })
      await state('API Tokens Not Available', () => openIn(context, open))
    })
  }
})
