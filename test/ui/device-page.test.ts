/** The page for devices in a browser: by keyboard from the link to the approval, and what axe finds. */

import t from 'tap'
import { CLI, DEVICE_CODE } from '../oauth/device-host.ts'
import { form, freePort } from '../oauth/oauth-host.ts'
import { checkWithAxe, LOOKS } from './axe.ts'
import { freshContext, inChromium } from './chromium.ts'
import { openIn, signIn, startPageHost } from './page-host.ts'

await inChromium((browser) => {
  for (const [look, options] of LOOKS) {
    t.test(`from the link to the token by keyboard only, without findings of axe, ${look}`, async (t) => {
      const port = await freePort()
      const issuer = `http://127.0.0.1:${port}`
      const host = await startPageHost(t, {
        tokens: { issuer, oauth: { clients: [CLI], device: { signInUrl: '/sign-in' } } },
        port,
      })
      const client = { client_id: 'bodhi-cli' }
      const started = await host.app.inject(
        form('/oauth2/device_authorization', { ...client, scope: 'models:read', name: 'لابتوب <b>' }),
      )
      const codes = started.json()
      const link = codes.verification_uri_complete.replace(issuer, '')
      const context = await freshContext(t, browser, options)
      const signedOut = await openIn(context, host, link)
      await signedOut.getByRole('link', { name: 'Sign in' }).waitFor()
      await checkWithAxe(t, signedOut, 'signed out')

      await signIn(context, host, 'ada')
      const page = await openIn(context, host, link)
      t.equal(await page.getByLabel('Code').inputValue(), codes.user_code)
      await checkWithAxe(t, page, 'the code')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: /Let Bodhi on the command line act in your name/ }).waitFor()
      t.equal(await page.getByLabel('Name of the token').inputValue(), 'لابتوب <b>')
      await checkWithAxe(t, page, 'the consent')
      await page.getByLabel('Name of the token').fill('')
      await page.getByLabel('Name of the token').fill('My laptop')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Approved' }).waitFor()
      await checkWithAxe(t, page, 'approved')
      const answer = await host.app.inject(
        form('/oauth2/token', { ...client, grant_type: DEVICE_CODE, device_code: codes.device_code }),
      )
      t.equal(await host.call(answer.json().access_token), 200)

      await page.goto(`${host.origin}/oauth2/device`)
      await page.getByLabel('Code').fill('bbbb bbbb')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      await checkWithAxe(t, page, 'a wrong code')
    })
  }
})
