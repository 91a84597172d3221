/** State-changing requests from another site are refused (Fetch Metadata, RFC 6454 §7). */

import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { as, issue, startHost } from '../support/host.ts'

const host = 'app.example.com'

async function statusesOf(app: FastifyInstance, headers: Record<string, string>) {
  const { id } = await issue(app, 'ada')
  const send = async (method: 'POST' | 'PATCH' | 'DELETE' | 'GET', url: string) =>
    (await app.inject(as('ada', { method, url, headers: { host, ...headers } }))).statusCode
  const changes = [
    await send('POST', '/tokens'),
    await send('PATCH', `/tokens/${id}`),
    await send('DELETE', `/tokens/${id}`),
  ]
  return { changes, reads: [await send('GET', '/tokens'), await send('GET', `/tokens/${id}`)] }
}

const accepted = { changes: [201, 200, 204], reads: [200, 200] }
const refused = { changes: [403, 403, 403], reads: [200, 200] }

t.test('Sec-Fetch-Site decides, and Origin without it', async (t) => {
  const { app } = await startHost(t)
  const cases: [name: string, headers: Record<string, string>, outcome: typeof accepted][] = [
    ['no browser', {}, accepted],
    ['same origin', { 'sec-fetch-site': 'same-origin' }, accepted],
    ['by the user’s own hand', { 'sec-fetch-site': 'none' }, accepted],
    ['another origin of the site', { 'sec-fetch-site': 'same-site' }, refused],
    ['another site', { 'sec-fetch-site': 'cross-site' }, refused],
    ['a word that is not known', { 'sec-fetch-site': 'new-word' }, refused],
    ['an empty word', { 'sec-fetch-site': '' }, refused],
    [
      'another site with the right Origin',
      { 'sec-fetch-site': 'cross-site', origin: `https://${host}` },
      refused,
    ],
    [
      'same origin before a proxy',
      { 'sec-fetch-site': 'same-origin', origin: 'https://public.example' },
      accepted,
    ],
    ['an older browser, own origin', { origin: `https://${host}` }, accepted],
    ['an older browser, own origin without TLS', { origin: `http://${host}` }, accepted],
    ['an older browser, another origin', { origin: 'https://evil.example' }, refused],
    ['an older browser, a subdomain', { origin: `https://sub.${host}` }, refused],
    ['an older browser, a longer host', { origin: `https://${host}.evil.example` }, refused],
    ['an older browser, another port', { origin: `https://${host}:8443` }, refused],
    ['an opaque origin', { origin: 'null' }, refused],
    ['an empty origin', { origin: '' }, refused],
    ['a text that is not an origin', { origin: 'not an origin' }, refused],
    ['an origin that only names the host', { origin: host }, refused],
    ['an origin with the host as its user', { origin: `https://${host}@evil.example` }, refused],
  ]
  for (const [name, headers, outcome] of cases) t.same(await statusesOf(app, headers), outcome, name)
})

t.test('a refusal is 403, and nothing is changed', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'old' })
  const headers = { 'sec-fetch-site': 'cross-site' }
  const response = await app.inject(
    as('ada', { method: 'PATCH', url: `/tokens/${id}`, headers, payload: { name: 'new' } }),
  )
  t.equal(response.json().code, 'FST_API_TOKENS_CROSS_SITE')
  t.equal(response.headers['cache-control'], 'no-store')
  t.equal((await app.apiTokens.get(id)).name, 'old')
})

t.test('requests of trusted origins are accepted, of others refused', async (t) => {
  const { app } = await startHost(t, {
    trustedOrigins: ['https://settings.example.com', 'http://localhost:5173'],
  })
  for (const origin of ['https://settings.example.com', 'http://localhost:5173']) {
    t.same(await statusesOf(app, { origin }), accepted)
    t.same(await statusesOf(app, { origin, 'sec-fetch-site': 'same-site' }), accepted)
    t.same(await statusesOf(app, { origin, 'sec-fetch-site': 'cross-site' }), accepted)
  }
  for (const origin of ['http://settings.example.com', 'http://localhost:5174', 'null']) {
    t.same(await statusesOf(app, { origin }), refused)
    t.same(await statusesOf(app, { origin, 'sec-fetch-site': 'cross-site' }), refused)
  }
})

t.test('the plugin sends no CORS headers', async (t) => {
  const { app } = await startHost(t, { trustedOrigins: ['https://settings.example.com'] })
  const headers = { origin: 'https://settings.example.com', 'access-control-request-method': 'POST' }
  for (const method of ['OPTIONS', 'POST', 'GET'] as const) {
    const response = await app.inject(as('ada', { method, url: '/tokens', headers }))
    t.same(
      Object.keys(response.headers).filter((name) => name.startsWith('access-control')),
      [],
      method,
    )
  }
})
