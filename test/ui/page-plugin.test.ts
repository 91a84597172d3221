/** The page as the server sends it: document, policy, caching and options. */

import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import zlib, { gunzipSync, gzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import apiTokens, { requireScopes, verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { type ApiTokensPageOptions, apiTokensPage, english, german } from '../../src/ui/index.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const MAX_BYTES = 32_000
const bundle = readFileSync(new URL('../../dist/ui/element.js', import.meta.url))

async function startPage(t: Test, options: ApiTokensPageOptions & { prefix?: string } = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokensPage, options)
  return app
}

function scriptIn(html: string): string {
  return /<script type="module" src="([^"]+)">/.exec(html)?.[1] ?? ''
}

t.test('the document has one script and one style, both by URL, and nothing inline', async (t) => {
  const app = await startPage(t, { prefix: '/settings/api-tokens' })
  for (const url of ['/settings/api-tokens', '/settings/api-tokens/']) {
    const answer = await app.inject(url)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    t.equal(answer.headers['cache-control'], 'no-store')
    t.match(answer.body, '<title>API Tokens</title>')
    t.match(answer.body, '<html lang="en" dir="ltr">')
    t.match(answer.body, '<api-tokens lang="en" tokens-url="/tokens"></api-tokens>')
    t.match(scriptIn(answer.body), /^\/settings\/api-tokens\/element-[0-9a-f]{16}\.js$/)
    t.equal(answer.body.match(/<script/g)?.length, 1)
    t.notMatch(answer.body, /<style|\sstyle=|\son\w+=/)
  }
})

t.test('the policy allows only the page’s own script, and no framing', async (t) => {
  const app = await startPage(t)
  const policy = String((await app.inject('/')).headers['content-security-policy'])
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ]) {
    t.ok(policy.split('; ').includes(directive), directive)
  }
  t.notMatch(policy, /unsafe|\*|https?:/)
})

t.test('hooks and serializers of the host see neither the page nor its script', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('preSerialization', async (_request, _reply, payload) => ({ data: payload }))
  app.setReplySerializer(() => 'of the host')
  await app.register(apiTokensPage, { prefix: '/p' })
  const page = await app.inject('/p')
  t.match(page.body, /^<!doctype html>/)
  t.equal((await app.inject(scriptIn(page.body))).body, bundle.toString())
})

t.test('script and style are named by their content, cached permanently and compressed', async (t) => {
  const app = await startPage(t, { prefix: '/p' })
  const { body } = await app.inject('/p')
  const style = /<link rel="stylesheet" href="([^"]+)">/.exec(body)?.[1] ?? ''
  for (const [url, type] of [
    [scriptIn(body), 'text/javascript; charset=utf-8'],
    [style, 'text/css; charset=utf-8'],
  ] as const) {
    const plain = await app.inject(url)
    t.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
    t.equal(plain.headers['content-type'], type)
    t.equal(plain.headers['x-content-type-options'], 'nosniff')
    t.equal(plain.headers['vary'], 'accept-encoding')
    t.equal(plain.headers['content-encoding'], undefined)
    const zipped = await app.inject({ url, headers: { 'accept-encoding': 'br;q=0, gzip' } })
    t.equal(zipped.headers['content-encoding'], 'gzip')
    t.same(gunzipSync(zipped.rawPayload), plain.rawPayload)
    const brotli = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })
    t.equal(brotli.headers['content-encoding'], 'br')
  }
  t.same((await app.inject(scriptIn(body))).rawPayload, bundle)
  t.equal((await app.inject('/p/element-0000000000000000.js')).statusCode, 404)
})

t.test('nothing is compressed at boot: the build has done it', async (t) => {
  // Teardowns run backwards: this one when the functions are back.
  t.teardown(() => syncBuiltinESMExports())
  const compressing = ['brotliCompress', 'brotliCompressSync', 'gzip', 'gzipSync'] as const
  for (const name of compressing) {
    t.intercept(zlib, name, {
      value: () => {
        throw new Error(`${name} was called`)
      },
    })
  }
  syncBuiltinESMExports()
  const app = await startPage(t)
  const url = scriptIn((await app.inject('/')).body)
  const { rawPayload } = await app.inject({ url, headers: { 'accept-encoding': 'br' } })
  t.same(zlib.brotliDecompressSync(rawPayload), bundle)
})

t.test('the element is one module without imports, at most 30 kB compressed with Lit', async (t) => {
  const bytes = gzipSync(bundle, { level: 9 }).length
  t.ok(bytes <= MAX_BYTES, `${bytes} bytes`)
  t.ok(bytes > 10_000, 'Lit is in it')
  t.notMatch(bundle.toString(), /\bimport\s*[("{*]|from\s*"/)
  t.notMatch(bundle.toString().replaceAll('http://www.w3.org/', ''), /https?:\/\/(?!lit\.dev)/)
})

t.test('the options reach the element, as text', async (t) => {
  const app = await startPage(t, {
    tokensPath: '/bodhi/v1/tokens',
    signInUrl: '/sign-in?to="><script>',
    curlUrl: 'https://api.example.com/v1/models',
    title: 'Keys <& more>',
    messages: { generateNew: 'Make "one"' },
  })
  const { body } = await app.inject('/')
  t.match(body, 'tokens-url="/bodhi/v1/tokens"')
  t.match(body, 'sign-in-url="/sign-in?to=&#34;&#62;&#60;script&#62;"')
  t.match(body, 'curl-url="https://api.example.com/v1/models"')
  t.match(body, '<title>Keys &#60;&#38; more&#62;</title>')
  t.match(body, 'messages="{&#34;generateNew&#34;:&#34;Make \\&#34;one\\&#34;&#34;}"')
})

t.test('other languages are sent as messages; English is in the element', async (t) => {
  const app = await startPage(t, { lang: 'de-AT', messages: { title: 'Schlüssel' } })
  const { body } = await app.inject('/')
  t.match(body, '<html lang="de-AT" dir="ltr">')
  t.match(body, '<title>Schlüssel</title>')
  t.match(body, german.generateNew)
  t.match(body, `<noscript>${german.needsJavaScript}</noscript>`)
  t.notMatch((await (await startPage(t)).inject('/')).body, 'messages=')
})

t.test('a right-to-left language sets dir="rtl"', async (t) => {
  for (const lang of ['he', 'ar-EG', 'uz-Arab', 'ckb']) {
    const { body } = await (await startPage(t, { lang })).inject('/')
    t.match(body, `<html lang="${lang}" dir="rtl">`)
    t.match(body, `<api-tokens lang="${lang}" dir="rtl" `)
  }
  for (const lang of ['uz', 'ja', 'az']) {
    const { body } = await (await startPage(t, { lang })).inject('/')
    t.match(body, `<html lang="${lang}" dir="ltr">`)
    t.match(body, `<api-tokens lang="${lang}" tokens-url`)
  }
})

t.test('German has all messages of English with the same placeholders', async (t) => {
  const placesOf = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort()
  t.same(Object.keys(german), Object.keys(english))
  for (const [name, message] of Object.entries(german)) {
    t.same(placesOf(message), placesOf(Object(english)[name]), name)
    t.equal(typeof message, typeof Object(english)[name], name)
  }
})

t.test('a host can use its own layout', async (t) => {
  const app = await startPage(t, {
    layout: ({ lang, title, head, content }, request) =>
      `<!doctype html><html lang="${lang}"><head><title>${title}</title>${head}</head>` +
      `<body><nav>${request.headers['x-user']}</nav>${content}</body></html>`,
  })
  const { body, headers } = await app.inject({ url: '/', headers: { 'x-user': 'ada' } })
  t.match(body, '<nav>ada</nav><api-tokens ')
  t.match(scriptIn(body), /^\/element-/)
  t.match(String(headers['content-security-policy']), "frame-ancestors 'none'")
})

t.test('a hook of the whole application skips the page', async (t) => {
  const { app } = await startHost(t, {}, (app) => {
    app.addHook('onRequest', verifyApiToken)
    app.register(apiTokensPage, { prefix: '/settings/api-tokens' })
  })
  const page = await app.inject('/settings/api-tokens')
  t.equal(page.statusCode, 200)
  t.equal((await app.inject(scriptIn(page.body))).statusCode, 200)
  t.equal((await app.inject('/open')).statusCode, 401)
})

/** Ways to register the page into the application's own scope. */
const UNENCAPSULATED: Record<string, (app: FastifyInstance) => unknown> = {
  'called on the application': (app) => apiTokensPage(app, {}),
  'registered by fastify-plugin': (app) => app.register(fp(apiTokensPage)),
  'registered without encapsulation, as @fastify/autoload can': (app) =>
    app.register(
      Object.assign(async (scope: FastifyInstance) => apiTokensPage(scope, {}), {
        [Symbol.for('skip-override')]: true,
      }),
    ),
}

for (const [how, registerPage] of Object.entries(UNENCAPSULATED)) {
  t.test(`promise 16: a page ${how} exempts itself and no route of the host`, async (t) => {
    for (const when of ['before', 'after']) {
      const app = Fastify()
      t.teardown(() => app.close())
      await app.register(apiTokens, {
        store: memoryTokenStore(),
        keys: [hs256Key()],
        scopes: { admin: '' },
        authenticateUser: () => ({ id: 'ada' }),
      })
      if (when === 'before') app.addHook('onRequest', verifyApiToken)
      await registerPage(app)
      if (when === 'after') app.addHook('onRequest', verifyApiToken)
      app.get('/open', async () => ({}))
      app.get('/admin', { onRequest: requireScopes('admin') }, async () => ({}))
      app.register(async (scope) => {
        scope.get('/inside', { preHandler: scope.verifyApiToken }, async () => ({}))
      })
      const page = await app.inject('/')
      t.equal(page.statusCode, 200, when)
      t.equal((await app.inject(scriptIn(page.body))).statusCode, 200)
      for (const url of ['/open', '/admin', '/inside', '/nowhere'])
        t.equal((await app.inject(url)).statusCode, 401, url)
      const { token } = await issue(app, 'ada')
      t.equal((await app.inject(withToken(token, '/admin'))).statusCode, 403)
    }
  })
}

t.test('the page is not part of the OpenAPI document', async (t) => {
  const hidden: unknown[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRoute', ({ schema }) => {
    hidden.push(Object(schema).hide)
  })
  await app.register(apiTokensPage, { prefix: '/p' })
  t.ok(hidden.length >= 3)
  t.ok(hidden.every((hide) => hide === true))
})

const WRONG: readonly [string, unknown, RegExp][] = [
  ['tokensPath', 'tokens', /tokensPath must be a path/],
  ['tokensPath', 'https://elsewhere.example/tokens', /tokensPath must be a path/],
  ['signInUrl', 'javascript:alert(1)', /signInUrl must be a path or an http/],
  ['curlUrl', 7, /curlUrl must be a path or an http/],
  ['lang', 'no language', /lang must be a language tag/],
  ['lang', 7, /lang must be a language tag/],
  ['title', ' ', /title must be a string that is not blank/],
  ['layout', '<html>', /layout must be a function/],
  ['messages', 'Hello', /messages must be an object/],
  ['messages', { generateNeu: 'x' }, /messages\.generateNeu is not a message/],
  ['messages', { title: 7 }, /messages\.title must be a string, or plural forms/],
  ['tokenPath', '/tokens', /tokenPath is not an option of the page/],
]

for (const [name, value, said] of WRONG) {
  t.test(`a wrong ${name} (${JSON.stringify(value)}) fails the boot by name`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(apiTokensPage, Object.fromEntries([[name, value]])), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: said,
    })
  })
}
