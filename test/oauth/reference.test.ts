/** The reference of the OAuth 2.0 endpoints is complete and has no unknown names. */

import Fastify from 'fastify'
import t from 'tap'
import apiTokens from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { codeIn, read, rowsOf } from '../docs/markdown.ts'
import { membersOf, source } from '../docs/sources.ts'
import { hs256Key } from '../support/keys.ts'

const PAGE = 'docs/reference/oauth.md'
const rows = rowsOf(PAGE)
const firstCells = new Set(rows.flatMap(([first = '']) => codeIn(first)))

t.test('every route is in oauth.md, and no other', async (t) => {
  const routes: string[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD') routes.push(`${method} ${url}`)
  })
  await app.register(apiTokens, {
    ...{ routes: false, store: memoryTokenStore(), keys: [hs256Key()], authenticateUser: () => null },
    ...{ issuer: 'https://app.example.com', oauth: { device: {} } },
  })
  await app.ready()
  t.same([...firstCells].filter((cell) => /^(GET|POST) /.test(cell)).toSorted(), routes.toSorted())
})

t.test('every option, member of a client and method is in oauth.md', async (t) => {
  for (const type of ['OAuthOptions', 'OAuthClient', 'TrustedIssuer', 'DeviceOptions']) {
    for (const name of membersOf('src/oauth/oauth-options.ts', type))
      t.ok(firstCells.has(name) || firstCells.has(`${name}(claims)`), name)
  }
  const methods = source('src/oauth/oauth-options.ts').match(/type ClientAuthMethod =(.*)/)?.[1] ?? ''
  for (const [, method = ''] of methods.matchAll(/'(\w+)'/g)) t.ok(firstCells.has(method), method)
})

t.test('every error that is thrown is in oauth.md', async (t) => {
  const thrown = [
    'clients/client-authentication',
    'form-body',
    'grants',
    'oauth-routes',
    'oauth-error',
    'token-exchange/exchange-token',
    'token-exchange/subject-token',
    'requested-scopes',
    'device/start-device',
    'device/device-grant',
  ].flatMap((file) =>
    [...source(`src/oauth/${file}.ts`).matchAll(/new OAuthError\(\s*'(\w+)'/g)].map(([, code = '']) => code),
  )
  t.ok(new Set(thrown).size >= 5, 'there are errors')
  for (const code of thrown) t.ok(firstCells.has(code), code)
  t.match(read(PAGE), 'RFC 6749, section 5.2')
})
