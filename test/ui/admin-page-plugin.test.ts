/** The administration page as the server sends it, and its element without the plugin. */

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { verifyApiToken } from '../../src/index.ts'
import {
  type ApiTokensAdminPageOptions,
  adminEnglish,
  adminGerman,
  apiTokensAdminPage,
  english,
} from '../../src/ui/index.ts'
import { startHost } from '../support/host.ts'
import { ADMIN_PAGE, fill, startAdminPage } from './admin-page-host.ts'
import { inChromium } from './chromium.ts'
import { openAs, PAGE, startPageHost } from './page-host.ts'

const MAX_BYTES = 38_000
const bundle = readFileSync(new URL('../../dist/ui/admin-element.js', import.meta.url))

async function startPage(t: Test, options: ApiTokensAdminPageOptions & { prefix?: string } = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokensAdminPage, options)
  return app
}

function scriptIn(html: string): string {
  return /<script type="module" src="([^"]+)">/.exec(html)?.[1] ?? ''
}

t.test('the document has one script and one style by URL, nothing inline, and a strict policy', async (t) => {
  const app = await startPage(t, { prefix: '/p' })
  const answer = await app.inject('/p')
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.match(answer.body, '<title>API Tokens of All Owners</title>')
  t.match(answer.body, '<api-tokens-admin lang="en" admin-url="/admin/tokens"></api-tokens-admin>')
  t.match(scriptIn(answer.body), /^\/p\/admin-element-[0-9a-f]{16}\.js$/)
  t.equal(answer.body.match(/<script/g)?.length, 1)
  t.notMatch(answer.body, /<style|\sstyle=|\son\w+=/)
  const policy = String(answer.headers['content-security-policy'])
  t.match(policy, "script-src 'self'")
  t.match(policy, "frame-ancestors 'none'")
  t.notMatch(policy, /unsafe|\*|https?:/)
  const script = await app.inject(scriptIn(answer.body))
  t.same(script.rawPayload, bundle)
  t.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable')
})

t.test('the element is one module without imports, at most 38 kB compressed with Lit', async (t) => {
  const bytes = gzipSync(bundle, { level: 9 }).length
  t.ok(bytes <= MAX_BYTES, `${bytes} bytes`)
  t.notMatch(bundle.toString(), /\bimport\s*[("{*]|from\s*"/)
  t.notMatch(bundle.toString().replaceAll('http://www.w3.org/', ''), /https?:\/\/(?!lit\.dev)/)
})

t.test('the options reach the element, as text', async (t) => {
  const { body } = await (
    await startPage(t, {
      adminPath: '/bodhi/v1/admin/tokens',
      signInUrl: '/sign-in?to="><script>',
      curlUrl: '/v1/models',
      title: 'Keys <& more>',
      messages: { issueNew: 'Make "one"', revoke: 'End' },
    })
  ).inject('/')
  t.match(body, 'admin-url="/bodhi/v1/admin/tokens"')
  t.match(body, 'sign-in-url="/sign-in?to=&#34;&#62;&#60;script&#62;"')
  t.match(body, 'curl-url="/v1/models"')
  t.match(body, '<title>Keys &#60;&#38; more&#62;</title>')
  t.match(
    body,
    'messages="{&#34;revoke&#34;:&#34;End&#34;,&#34;issueNew&#34;:&#34;Make \\&#34;one\\&#34;&#34;}"',
  )
})

t.test('German has all messages of English with the same placeholders', async (t) => {
  const placesOf = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort()
  t.same(Object.keys(adminGerman).sort(), Object.keys(adminEnglish).sort())
  for (const [name, message] of Object.entries(adminGerman)) {
    t.same(placesOf(message), placesOf(Object(adminEnglish)[name]), name)
    t.equal(typeof message, typeof Object(adminEnglish)[name], name)
  }
  const { body } = await (await startPage(t, { lang: 'de' })).inject('/')
  t.match(body, '<title>API-Tokens aller Besitzer</title>')
  t.match(body, 'Neues Token für einen Besitzer')
})

t.test('a message that says the same as that of the API Tokens page is not repeated', async (t) => {
  const repeated = Object.entries(adminEnglish).filter(
    ([name, message]) => JSON.stringify(message) === JSON.stringify(Object(english)[name]),
  )
  t.same(repeated, [])
})

t.test('a hook of the whole application skips the page', async (t) => {
  const { app } = await startHost(t, {}, (app) => {
    app.addHook('onRequest', verifyApiToken)
    app.register(apiTokensAdminPage, { prefix: '/p' })
  })
  const page = await app.inject('/p')
  t.equal(page.statusCode, 200)
  t.equal((await app.inject(scriptIn(page.body))).statusCode, 200)
  t.equal((await app.inject('/open')).statusCode, 401)
})

const WRONG: readonly [string, unknown, RegExp][] = [
  ['adminPath', 'admin', /adminPath must be a path such as '\/admin\/tokens', as admin\.prefix is/],
  ['adminPath', null, /adminPath must be a path/],
  ['tokensPath', '/tokens', /tokensPath is not an option of the page/],
  ['signInUrl', 'javascript:alert(1)', /signInUrl must be a path or an http/],
  ['messages', { issueNeu: 'x' }, /messages\.issueNeu is not a message/],
]

for (const [name, value, said] of WRONG) {
  t.test(`a wrong ${name} (${JSON.stringify(value)}) fails the boot by name`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(apiTokensAdminPage, Object.fromEntries([[name, value]])), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: said,
    })
  })
}

await inChromium((browser) => {
  t.test('one page of the host can have both elements, each with its own tokens', async (t) => {
    const host = await startPageHost(t, {
      tokens: { admin: { authenticate: () => ({ id: 'root' }), prefix: '/all' } },
      addRoutes: (app) => {
        app.register(apiTokensAdminPage, { prefix: ADMIN_PAGE })
        app.get('/both', async (_request, reply) => {
          const scripts = await Promise.all(
            [PAGE, ADMIN_PAGE].map(async (url) => scriptIn((await app.inject(url)).body)),
          )
          const head = scripts.map((url) => `<script type="module" src="${url}"></script>`).join('')
          const content = '<api-tokens></api-tokens><api-tokens-admin admin-url="/all"></api-tokens-admin>'
          return reply
            .type('text/html')
            .send(`<!doctype html><html lang="en"><title>Both</title>${head}${content}</html>`)
        })
      },
    })
    await fill(host)
    const page = await openAs(t, browser, host, 'ada', { path: '/both' })
    await page.locator('api-tokens-admin tbody tr').nth(5).waitFor()
    await page.locator('api-tokens tbody tr').nth(2).waitFor()
    t.equal(await page.locator('api-tokens tbody tr').count(), 3)
    await page.locator('api-tokens-admin').getByRole('button', { name: 'New token for an owner' }).click()
    await page.getByRole('textbox', { name: 'Owner id' }).fill('bob')
    await page.getByRole('button', { name: 'Issue token' }).click()
    await page.getByRole('heading', { name: 'Copy your token now' }).waitFor()
  })

  t.test('the page loads one script and one style', async (t) => {
    const host = await startAdminPage(t)
    const page = await openAs(t, browser, host, 'root', { path: ADMIN_PAGE })
    const loaded: string[] = []
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
    await page.reload()
    await page.getByRole('heading', { name: 'No tokens yet' }).waitFor()
    const files = loaded.map((path) => path.replace(/-[0-9a-f]{16}/, '')).sort()
    t.same(
      files,
      ['/admin/tokens', ADMIN_PAGE, `${ADMIN_PAGE}/admin-element.js`, `${ADMIN_PAGE}/page.css`].sort(),
    )
  })
})
