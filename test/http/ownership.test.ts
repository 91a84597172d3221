/** Promise 8: tokens belong to their owner. Two users in one store do not see each other's tokens. */

import t from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'

t.test(
  'promise 8: the owner is the signed-in user, never one from the body, the query or a header',
  async (t) => {
    const { app } = await startHost(t)
    for (const field of ['owner', 'user_id', 'userId', 'user', 'sub']) {
      const response = await app.inject(
        as('eve', { method: 'POST', url: '/tokens', payload: { name: 'x', [field]: 'ada' } }),
      )
      t.equal(response.statusCode, 400)
      t.match(response.json().message, `body/${field} is not a known field`)
      const query = await app.inject(as('eve', { method: 'POST', url: `/tokens?${field}=ada` }))
      t.equal(query.statusCode, field === 'owner' ? 404 : 400)
    }
    t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
    const { user_id: userId, token } = await issue(app, 'eve')
    t.equal(userId, 'eve')
    t.equal((await app.inject(withToken(token))).json().userId, 'eve')
  },
)

t.test('promise 8: lists of two users are disjoint', async (t) => {
  const { app } = await startHost(t)
  const ofAda = [await issue(app, 'ada', { name: 'same' }), await issue(app, 'ada', { name: 'same' })]
  const ofBob = [await issue(app, 'bob', { name: 'same' })]
  for (const query of ['', '?q=same', '?status=active', '?sort=name']) {
    for (const [user, own] of [
      ['ada', ofAda],
      ['bob', ofBob],
      ['Ada', []],
      ['ada ', []],
      ['%', []],
    ] as const) {
      const { data, total } = (await app.inject(as(user, { url: `/tokens${query}` }))).json()
      t.same(
        new Set(data.map(({ id }: { id: string }) => id)),
        new Set(own.map(({ id }) => id)),
        `${user} ${query}`,
      )
      t.equal(total, query.startsWith('?q=') ? null : own.length, 'no total with q')
    }
  }
})

t.test("promise 8: another user's token is a 404, and its row is unchanged", async (t) => {
  const store = memoryTokenStore()
  const { app } = await startHost(t, { store })
  const { id, token } = await issue(app, 'ada', { name: 'hers' })
  const before = await findToken(store, id)
  for (const request of [
    { method: 'GET', url: `/tokens/${id}` },
    { method: 'HEAD', url: `/tokens/${id}` },
    { method: 'GET', url: `/tokens/${id}/usage` },
    { method: 'PATCH', url: `/tokens/${id}`, payload: { name: 'his' } },
    { method: 'PATCH', url: `/tokens/${id}`, payload: { status: 'inactive' } },
    { method: 'PATCH', url: `/tokens/${id}`, payload: {} },
    { method: 'DELETE', url: `/tokens/${id}` },
    { method: 'POST', url: `/tokens/${id}/rotate` },
  ] as const) {
    const response = await app.inject(as('bob', request))
    t.equal(response.statusCode, 404, request.method)
    if (request.method !== 'HEAD') t.equal(response.json().code, 'FST_API_TOKENS_NOT_FOUND')
    const unknown = { ...request, url: request.url.replace(id, '019b76da-a800-7fdc-bfcb-a521939f475d') }
    t.equal((await app.inject(as('bob', unknown))).body, response.body, 'as an id that nobody has')
  }
  t.same(await findToken(store, id), before)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('promise 14: an id that is malformed or unknown is 404', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  for (const wrong of [
    'x',
    '1',
    'null',
    'undefined',
    '__proto__',
    'CURRENT',
    id.toUpperCase(),
    `${id}0`,
    id.slice(1),
    ` ${id}`,
    `${id}\0`,
    `{${id}}`,
    `urn:uuid:${id}`,
    id.replaceAll('-', ''),
    '00000000-0000-0000-0000-000000000000',
    '4ad1f7ee-9b5a-4c9c-8a57-0f5a4ef1d0c2',
    "' or '1'='1",
    'x'.repeat(90),
    '019b76da-a800-7fdc-bfcb-a521939f475d',
  ]) {
    const url = `/tokens/${encodeURIComponent(wrong)}`
    for (const request of [
      { method: 'GET', url },
      { method: 'GET', url: `${url}/usage` },
      { method: 'PATCH', url, payload: { name: 'x' } },
      { method: 'DELETE', url },
      { method: 'POST', url: `${url}/rotate` },
    ] as const) {
      const response = await app.inject(as('ada', request))
      t.equal(response.statusCode, 404, `${request.method} ${wrong}`)
      t.equal(response.json().code, 'FST_API_TOKENS_NOT_FOUND', `${request.method} ${wrong}`)
    }
  }
  t.equal((await app.apiTokens.get(id)).status, 'active')
})
