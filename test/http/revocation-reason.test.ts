/** `DELETE /tokens/:id?reason=`: the reason is stored with the token. */

import { join } from 'node:path'
import t from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, issue, startHost } from '../support/host.ts'

const REASONS = ['leaked', 'unused', 'replaced', 'other'] as const

t.test('each reason is the status_reason of the revoked token', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  for (const store of [memoryTokenStore(), sqliteTokenStore({ filename })]) {
    const { app } = await startHost(t, { store })
    for (const reason of REASONS) {
      const { id } = await issue(app, 'ada')
      const url = `/tokens/${id}`
      const revoked = await app.inject(as('ada', { method: 'DELETE', url: `${url}?reason=${reason}` }))
      t.equal(revoked.statusCode, 204)
      const { status, status_reason } = (await app.inject(as('ada', { url }))).json()
      t.same([status, status_reason], ['revoked', reason])
    }
  }
})

t.test('a token that was revoked before keeps its reason', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  for (const reason of ['leaked', 'other'])
    await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${id}?reason=${reason}` }))
  t.match(await app.apiTokens.get(id), { status: 'revoked', statusReason: 'leaked' })
})

t.test('another reason is 400 by name, and nothing is revoked', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  for (const query of [
    'reason=idle',
    'reason=',
    'reason=leaked&reason=other',
    'why=leaked',
    'Reason=leaked',
  ]) {
    const response = await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${id}?${query}` }))
    t.equal(response.statusCode, 400, query)
    t.match(response.json().message, /reason|additional properties|why/i, query)
  }
  t.match(await app.apiTokens.get(id), { status: 'active', statusReason: null })
})

t.test('the page of another origin and another user revoke nothing', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  const url = `/tokens/${id}?reason=leaked`
  t.equal((await app.inject(as('eve', { method: 'DELETE', url }))).statusCode, 404)
  const headers = { origin: 'https://evil.example' }
  t.equal((await app.inject(as('ada', { method: 'DELETE', url, headers }))).statusCode, 403)
  t.match(await app.apiTokens.get(id), { status: 'active' })
})
