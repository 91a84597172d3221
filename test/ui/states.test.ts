/** Each state of the page in a browser: loading, slow, failed, offline, signed out, deactivated, not available. */

import type { Page } from 'playwright-core'
import t from 'tap'
import { apiTokensPage, german } from '../../src/ui/index.ts'
import { freshContext, inChromium } from './chromium.ts'
import { openAs, openIn, PAGE, signIn, startPageHost } from './page-host.ts'

const heading = (page: Page, name: string) => page.getByRole('heading', { name })

await inChromium((browser) => {
  t.test('loading is shown immediately, a slow response after five seconds, then the list', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'CI' })
    const context = await freshContext(t, browser)
    await signIn(context, host, 'ada')
    const page = await context.newPage()
    await page.clock.install({ time: host.clock.now() })
    const held: (() => void)[] = []
    await page.route('**/tokens?*', async (route) => {
      await new Promise<void>((release) => held.push(release))
      await route.continue()
    })
    await page.goto(host.origin + PAGE)
    await page.getByText('Loading your tokens…').waitFor({ state: 'attached' })
    t.equal(await page.getByText('This is taking longer than usual.').count(), 0)
    await page.clock.runFor(5_000)
    await page.getByText('This is taking longer than usual.').waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    for (const release of held) release()
    await page.getByRole('button', { name: 'Details of CI' }).waitFor()
    t.equal(await page.getByText('This is taking longer than usual.').count(), 0)
  })

  t.test('the list shows why a token was revoked', async (t) => {
    const host = await startPageHost(t)
    for (const reason of ['leaked', 'unused', 'replaced', 'other'] as const) {
      const { id } = await host.issue('ada', { name: reason })
      await host.app.apiTokens.revoke(id, { reason })
    }
    const page = await openAs(t, browser, host, 'ada')
    for (const text of ['it was leaked.', 'it was no longer used.', 'it was replaced.'])
      await page.getByText(`Revoked because ${text}`).waitFor()
    t.equal(await page.getByText('Revoked permanently.').count(), 1)
  })

  t.test('a list that fails to load shows an error and can be loaded again', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'CI' })
    const context = await freshContext(t, browser)
    await signIn(context, host, 'ada')
    await context.route('**/tokens?*', (route) => route.abort('connectionrefused'))
    const page = await openIn(context, host)
    await heading(page, 'Your tokens could not be loaded').waitFor()
    t.equal(await page.getByText('No API tokens yet').count(), 0, 'failed is not empty')
    await context.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Details of CI' }).waitFor()
  })

  t.test('an outage of the store shows an error, and the loaded list stays', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Details of CI' }).waitFor()
    await page.route('**/tokens?*', (route) =>
      route.fulfill({
        status: 503,
        json: { statusCode: 503, code: 'FST_API_TOKENS_STORE_UNAVAILABLE', message: '' },
      }),
    )
    await page.getByRole('switch').click()
    await page.getByRole('alert').getByText('The service is temporarily unavailable.').waitFor()
    t.ok(await page.getByRole('button', { name: 'Details of CI' }).isVisible())
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await page.getByText('Disabled.').waitFor()
  })

  t.test(
    'offline is said, nothing can be changed meanwhile, and the list comes back by itself',
    async (t) => {
      const host = await startPageHost(t)
      await host.issue('ada', { name: 'CI' })
      const page = await openAs(t, browser, host, 'ada')
      await page.getByRole('button', { name: 'Details of CI' }).waitFor()
      await page.context().setOffline(true)
      await page.getByRole('status').getByText('You are offline.').waitFor()
      t.equal(await page.getByRole('switch').getAttribute('aria-disabled'), 'true')
      await page.getByRole('switch').click({ force: true })
      t.equal(await page.getByRole('switch').getAttribute('aria-checked'), 'true')
      await page.getByRole('tab', { name: /^Inactive/ }).click()
      await heading(page, 'You are offline').waitFor()
      await host.issue('ada', { name: 'meanwhile' })
      await page.context().setOffline(false)
      await heading(page, 'No token matches').waitFor()
      await page.getByRole('button', { name: 'Show all tokens' }).click()
      await page.getByRole('button', { name: 'Details of meanwhile' }).waitFor()
    },
  )

  t.test('promise 10: a signed-out user sees a sign-in link and no token', async (t) => {
    const host = await startPageHost(t)
    const { token } = await host.issue('ada', { name: 'CI' })
    const nobody = await openAs(t, browser, host, null)
    await heading(nobody, 'You are signed out').waitFor()
    t.equal(await nobody.getByRole('link', { name: 'Sign in' }).getAttribute('href'), '/sign-in')
    t.equal(await nobody.getByRole('button', { name: 'Generate New Token' }).count(), 0)

    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('switch').waitFor()
    await page.context().clearCookies()
    await page.getByRole('switch').click()
    await heading(page, 'You are signed out').waitFor()
    t.equal(await page.getByText('CI').count(), 0, 'the list is gone')
    t.equal(await host.call(token), 200, 'the token works on')
  })

  t.test('the end of the session does not close the dialog with an uncopied token', async (t) => {
    const host = await startPageHost(t)
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Generate New Token' }).click()
    await page.getByRole('button', { name: 'Generate token' }).click()
    await page.getByRole('button', { name: 'Show' }).click()
    await page.context().clearCookies()
    await page.evaluate("document.querySelector('api-tokens').refresh()")
    await heading(page, 'You are signed out').waitFor({ state: 'attached' })
    t.equal(await host.call(await page.getByRole('textbox', { name: 'Your token' }).inputValue()), 200)
  })

  t.test('promise 9: a deactivated user sees that the account is deactivated', async (t) => {
    const host = await startPageHost(t)
    await host.issue('ada', { name: 'CI' })
    await host.app.apiTokens.deactivateUser('ada')
    const page = await openAs(t, browser, host, 'ada')
    await heading(page, 'This account is deactivated').waitFor()
    t.equal(await page.getByRole('button').count(), 0)
    await host.app.apiTokens.reactivateUser('ada')
    await page.reload()
    await page.getByRole('button', { name: 'Details of CI' }).waitFor()
  })

  t.test('promise 13: without authentication the page says that tokens are not available', async (t) => {
    const host = await startPageHost(t, { tokens: { authentication: 'none' } })
    const page = await openAs(t, browser, host, null)
    await heading(page, 'API Tokens Not Available').waitFor()
    t.equal(await page.getByRole('button').count(), 0)
  })

  t.test('the page can be in German, with messages of the host', async (t) => {
    const host = await startPageHost(t, {
      page: { lang: 'de', messages: { generateNew: 'Schlüssel schmieden' } },
    })
    await host.issue('ada', { name: 'CI' })
    host.clock.advance('3d')
    const page = await openAs(t, browser, host, 'ada')
    await page.getByRole('button', { name: 'Schlüssel schmieden' }).waitFor()
    await heading(page, String(german.title)).waitFor()
    await page.getByRole('tab', { name: 'Aktiv 1', exact: true }).waitFor()
    await page.getByText('vor 3 Tagen').first().waitFor()
    t.equal(await page.title(), german.title)
  })

  t.test('two pages of one host in its own layout are independent', async (t) => {
    const host = await startPageHost(t, {
      addRoutes: (app) => {
        app.register(apiTokensPage, {
          prefix: '/framed',
          layout: ({ head, content }) =>
            `<!doctype html><html lang="en"><title>Framed</title>${head}<h1>Host</h1>${content}</html>`,
        })
      },
    })
    await host.issue('ada', { name: 'CI' })
    const page = await openAs(t, browser, host, 'ada', { path: '/framed' })
    await heading(page, 'Host').waitFor()
    await page.getByRole('button', { name: 'Details of CI' }).waitFor()
    t.equal(await page.title(), 'Framed')
  })

  t.test('the page loads with one round trip after its document', async (t) => {
    const host = await startPageHost(t)
    const context = await freshContext(t, browser)
    await signIn(context, host, 'ada')
    const page = await context.newPage()
    const asked: string[] = []
    page.on('request', (request) => {
      const path = new URL(request.url()).pathname
      if (!path.startsWith('/tokens')) asked.push(path.replace(/-[0-9a-f]{16}/, ''))
    })
    await page.goto(host.origin + PAGE)
    await page.getByRole('button', { name: 'Generate New Token' }).waitFor()
    t.same(asked.toSorted(), [PAGE, `${PAGE}/element.js`, `${PAGE}/page.css`], 'one script, one style')
  })
})
