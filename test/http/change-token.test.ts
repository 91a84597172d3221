/** `GET`, `PATCH` and `DELETE /tokens/:id`: read, rename, disable, enable, revoke, and what each does not change. */

import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { pausedStore } from '../support/paused-store.ts'

const patch = (app: FastifyInstance, id: string, payload: Record<string, unknown>) =>
  app.inject(as('ada', { method: 'PATCH', url: `/tokens/${id}`, payload }))
const revoke = (app: FastifyInstance, id: string) =>
  app.inject(as('ada', { method: 'DELETE', url: `/tokens/${id}` }))

t.test('GET returns the token as the list does', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'ci' })
  const one = (await app.inject(as('ada', { url: `/tokens/${id}` }))).json()
  const { data } = (await app.inject(as('ada', { url: '/tokens' }))).json()
  t.strictSame(data, [one])
  t.equal(one.id, id)
  t.notOk('token' in one)
})

t.test('PATCH changes only the given members', async (t) => {
  const { app, clock } = await startHost(t)
  const { id, token: _, token_type: __, ...issued } = await issue(app, 'ada', { name: 'a', description: 'b' })
  clock.advance('1s')
  const updated_at = '2026-01-01T00:00:01.000Z'
  t.strictSame((await patch(app, id, { name: 'c' })).json(), { id, ...issued, name: 'c', updated_at })
  t.match((await patch(app, id, { description: null })).json(), { name: 'c', description: null })
  t.match((await patch(app, id, { name: null, description: 'd' })).json(), { name: null, description: 'd' })
  t.match((await patch(app, id, { status: 'inactive' })).json(), {
    name: null,
    description: 'd',
    status: 'inactive',
    status_reason: 'disabled',
  })
  t.match((await patch(app, id, { name: 'e' })).json(), { status: 'inactive', status_reason: 'disabled' })
  t.match((await patch(app, id, { status: 'active' })).json(), {
    name: 'e',
    status: 'active',
    status_reason: null,
  })
})

t.test('PATCH {} changes nothing, not even updated_at', async (t) => {
  const { app, clock } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'a' })
  clock.advance('1s')
  const response = await patch(app, id, {})
  t.equal(response.statusCode, 200)
  t.equal(response.json().updated_at, '2026-01-01T00:00:00.000Z')
})

t.test('no update is lost: concurrent rename and disable, in either order', async (t) => {
  for (const first of ['name', 'status'] as const) {
    const store = pausedStore(memoryTokenStore())
    const { app } = await startHost(t, { store })
    const { id } = await issue(app, 'ada', { name: 'old' })
    const changes = { name: { name: 'new' }, status: { status: 'inactive' } } as const
    const { held, release } = store.hold('updateToken', 'before')
    const early = patch(app, id, changes[first])
    await held
    t.equal((await patch(app, id, changes[first === 'name' ? 'status' : 'name'])).statusCode, 200)
    release()
    t.equal((await early).statusCode, 200)
    t.match(await app.apiTokens.get(id), { name: 'new', status: 'inactive' })
  }
})

t.test('a rename of a revoked token is 409 and does not bring it back', async (t) => {
  const store = pausedStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { id, token } = await issue(app, 'ada', { name: 'old' })
  const { held, release } = store.hold('updateToken', 'before')
  const late = patch(app, id, { status: 'active' })
  await held
  t.equal((await revoke(app, id)).statusCode, 204)
  release()
  t.equal((await late).statusCode, 409, 'decided in the statement that writes')
  for (const change of [{ name: 'new' }, { status: 'active' }, { status: 'inactive' }]) {
    const response = await patch(app, id, change)
    t.equal(response.statusCode, 409)
    t.equal(response.json().code, 'FST_API_TOKENS_CONFLICT')
  }
  t.match(await app.apiTokens.get(id), { name: 'old', status: 'revoked' })
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('a change of an expired token is 409', async (t) => {
  const { app, clock } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'old', expires_in: 1 })
  clock.advance('1s')
  t.equal((await patch(app, id, { name: 'new' })).statusCode, 409)
  t.match(await app.apiTokens.get(id), { name: 'old', status: 'expired' })
  t.equal((await revoke(app, id)).statusCode, 204, 'but it can be revoked')
})

t.test('promise 4: DELETE revokes permanently, a second DELETE is 204, and the row stays', async (t) => {
  const { app, clock } = await startHost(t)
  const { id, token } = await issue(app, 'ada', { name: 'ci' })
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  const first = await revoke(app, id)
  t.equal(first.statusCode, 204)
  t.equal(first.body, '')
  t.equal(first.headers['content-type'], undefined)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
  const before = await app.apiTokens.get(id)
  clock.advance('1s')
  t.equal((await revoke(app, id)).statusCode, 204)
  t.same(await app.apiTokens.get(id), before, 'the second changes nothing')
  t.match((await app.inject(as('ada', { url: `/tokens/${id}` }))).json(), {
    name: 'ci',
    status: 'revoked',
    status_reason: null,
    idle_expires_at: null,
    updated_at: '2026-01-01T00:00:00.000Z',
  })
})

t.test(
  'promise 6: an idle token has the status before any sweep, and becomes active when it is enabled',
  async (t) => {
    const { app, clock } = await startHost(t)
    const { id, token } = await issue(app, 'ada')
    clock.advance('30d')
    t.match((await app.inject(as('ada', { url: `/tokens/${id}` }))).json(), { status: 'active' })
    clock.advance(1)
    t.match((await app.inject(as('ada', { url: `/tokens/${id}` }))).json(), {
      status: 'inactive',
      status_reason: 'idle',
      last_used_at: null,
    })
    t.equal((await app.inject(withToken(token))).statusCode, 401)
    const woken = (await patch(app, id, { status: 'active' })).json()
    t.match(woken, { status: 'active', last_used_at: null })
    t.equal(woken.idle_expires_at, new Date(clock.now() + 30 * 86_400_000).toISOString())
    t.equal((await app.inject(withToken(token))).statusCode, 200)
  },
)

t.test('usage is visible immediately, flushed or not, and does not change updated_at', async (t) => {
  const { app, clock } = await startHost(t)
  const { id, token } = await issue(app, 'ada')
  clock.advance('1s')
  for (let times = 0; times < 3; times += 1) await app.inject(withToken(token))
  const expected = {
    use_count: 3,
    last_used_at: '2026-01-01T00:00:01.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  }
  t.match((await app.inject(as('ada', { url: `/tokens/${id}` }))).json(), expected)
  await app.apiTokens.flush()
  t.match((await app.inject(as('ada', { url: `/tokens/${id}` }))).json(), expected)
})
