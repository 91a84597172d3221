/** A 503 whose COMMIT took effect: repeating the request never widens or ends anything that was not meant. */

import pg from 'pg'
import t, { type Test } from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { as, issue, startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { lostCommitProxy } from '../support/lost-commit-proxy.ts'

const POSTGRES_PORT = 5432
const TIMEOUT_MS = 1_000
const database = await ownDatabase(t, 'PostgreSQL')
const skip = database === null ? 'no PostgreSQL' : false

for (const end of ['closed', 'silent'] as const) {
  const test = (title: string, run: (t: Test) => Promise<void>) =>
    t.test(`${title} (the connection is ${end})`, { skip }, run)

  test('an issue leaves one unused token, which the list shows', async (t) => {
    const { request, lose } = await hostBehindProxy(t, end)
    lose()
    t.equal((await request(`ann-${end}`, 'POST', '/tokens', { name: 'ci' })).statusCode, 503)
    t.equal((await request(`ann-${end}`, 'POST', '/tokens', { name: 'ci' })).statusCode, 201)
    const { data } = (await request(`ann-${end}`, 'GET', '/tokens')).json()
    t.match(data, [
      { name: 'ci', use_count: 0 },
      { name: 'ci', use_count: 0 },
    ])
    t.equal((await request(`ann-${end}`, 'DELETE', `/tokens/${data[1].id}`)).statusCode, 204)
  })

  test('a repeated revoke is the same revoke', async (t) => {
    const { app, request, lose } = await hostBehindProxy(t, end)
    const { id, token } = await issue(app, `ben-${end}`)
    lose()
    t.equal((await request(`ben-${end}`, 'DELETE', `/tokens/${id}`)).statusCode, 503)
    t.equal(await statusOf(app, token), 401)
    t.equal((await request(`ben-${end}`, 'DELETE', `/tokens/${id}`)).statusCode, 204)
  })

  test('a repeated rotation replaces the successor that nobody has seen, and the old token works on', async (t) => {
    const { app, request, lose } = await hostBehindProxy(t, end)
    const { id, token } = await issue(app, `cleo-${end}`)
    lose()
    t.equal((await request(`cleo-${end}`, 'POST', `/tokens/${id}/rotate`)).statusCode, 503)
    t.equal(await statusOf(app, token), 200)
    const again = await request(`cleo-${end}`, 'POST', `/tokens/${id}/rotate`)
    t.equal(again.statusCode, 201)
    const { data } = (await request(`cleo-${end}`, 'GET', '/tokens')).json()
    t.same(
      data.filter(({ status }: { status: string }) => status === 'active').length,
      2,
      'the old one and its successor',
    )
    t.equal(await statusOf(app, token), 200)
    t.equal(await statusOf(app, again.json().token), 200)
    t.equal(await statusOf(app, token), 401, 'the first use of the successor ends it')
  })

  test('a repeated deactivation and removal of a user is the same', async (t) => {
    const { app, lose } = await hostBehindProxy(t, end)
    const { token } = await issue(app, `dora-${end}`)
    lose()
    await t.rejects(app.apiTokens.removeUser(`dora-${end}`), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
    await app.apiTokens.removeUser(`dora-${end}`)
    t.equal(await statusOf(app, token), 401)
  })
}

t.test('a request waits for one timeout, also when its transaction gets no answer', { skip }, async (t) => {
  const { request, lose } = await hostBehindProxy(t, 'silent')
  lose()
  const startedAt = performance.now()
  t.equal((await request('ed', 'POST', '/tokens')).statusCode, 503)
  const ms = performance.now() - startedAt
  t.ok(ms > TIMEOUT_MS - 100 && ms < TIMEOUT_MS * 1.7, `${Math.round(ms)} ms`)
  t.equal((await request('ed', 'POST', '/tokens')).statusCode, 201)
})

async function hostBehindProxy(t: Test, end: 'closed' | 'silent') {
  const proxy = await lostCommitProxy(t, POSTGRES_PORT)
  const url = new URL(database?.connectionString ?? '')
  url.port = String(proxy.port)
  // One connection: the request after it has to get another.
  const pool = new pg.Pool({ connectionString: url.href, max: 1 })
  t.teardown(() => pool.end())
  const store = postgresTokenStore({ pool, migrate: true, timeout: TIMEOUT_MS })
  const clock = { now: () => Date.now() }
  const { app } = await startHost(t, { store, keys: [hs256Key()], clock, cache: { max: 1 } })
  const request = (user: string, method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) =>
    app.inject(as(user, { method, url: path, ...(payload === undefined ? {} : { payload }) }))
  const lose = () => {
    proxy.loses = end
  }
  return { app, request, lose }
}
