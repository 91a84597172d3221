/** How administrators list, deactivate, reactivate and remove owners, by the routes. */

import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import apiTokens from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { adminOption, startAdminHost } from '../support/admin-host.ts'
import { issue, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

t.test('promise 9: an owner is deactivated, reactivated and removed', async (t) => {
  const { app, call } = await startAdminHost(t)
  const events: unknown[] = []
  for (const name of ['user-deactivated', 'user-reactivated', 'user-removed'] as const)
    app.apiTokens.events.on(name, ({ by, userId }) => events.push([name, by.id, userId]))
  const { token } = await issue(app, 'ada')
  t.same((await call('GET', '/owners/ada')).body, { user_id: 'ada', status: 'active' })
  const change = async (name: string) => (await call('POST', `/owners/ada/${name}`)).body
  t.same(await change('deactivate'), { user_id: 'ada', status: 'inactive' })
  t.equal(await statusOf(app, token), 401)
  t.same((await call('GET', '/owners/ada')).body, { user_id: 'ada', status: 'inactive' })
  t.same(await change('reactivate'), { user_id: 'ada', status: 'active' })
  t.equal(await statusOf(app, token), 200)
  t.same(await change('remove'), { user_id: 'ada', status: 'removed' })
  t.equal(await statusOf(app, token), 401)
  await change('reactivate')
  t.equal(await statusOf(app, token), 401, 'a removal is permanent for its tokens')
  t.same(events, [
    ['user-deactivated', 'root', 'ada'],
    ['user-reactivated', 'root', 'ada'],
    ['user-removed', 'root', 'ada'],
    ['user-reactivated', 'root', 'ada'],
  ])
})

for (const [name, open] of Object.entries({
  memory: () => memoryTokenStore(),
  SQLite: (dir: string) => sqliteTokenStore({ filename: join(dir, 'tokens.db') }),
})) {
  t.test(`${name}: owners are listed in the order of their ids, by prefix and status`, async (t) => {
    const { app, call } = await startAdminHost(t, { store: open(t.testdir()) })
    for (const userId of ['ada', 'bob', 'org:1', 'org:2', 'Zoe']) await app.apiTokens.issue({ userId })
    await app.apiTokens.deactivateUser('bob')
    await app.apiTokens.removeUser('org:2')
    const ids = async (query: string) => {
      const { body } = await call('GET', `/owners?${query}`)
      return body.data?.map((owner: { user_id: string }) => owner.user_id).join() ?? body.message
    }
    t.equal(await ids(''), 'Zoe,ada,bob,org:1,org:2')
    t.equal(await ids('prefix=org:'), 'org:1,org:2')
    t.equal(await ids('status=removed'), 'org:2')
    t.equal(await ids('status=inactive&status=removed'), 'bob,org:2')
    t.equal(await ids('prefix=org:&status=active'), 'org:1')
    t.equal(await ids('prefix=%25'), '')
    t.equal(await ids('prefix=%00'), 'prefix must not contain control characters')
    t.equal(await ids('limit=0'), 'querystring/limit must be >= 1')
    const { body: first } = await call('GET', '/owners?limit=2')
    t.same(first.data, [
      { user_id: 'Zoe', status: 'active' },
      { user_id: 'ada', status: 'active' },
    ])
    const cursor = encodeURIComponent(first.next_cursor)
    t.equal(await ids(`cursor=${cursor}`), 'bob,org:1,org:2')
    t.equal((await call('GET', `/owners?limit=3&cursor=${cursor}`)).body.next_cursor, null)
    t.equal(await ids(`cursor=${cursor}&prefix=a`), 'cursor belongs to another list')
    t.equal(await ids(`cursor=${cursor}&status=active`), 'cursor belongs to another list')
    const [digest] = JSON.parse(Buffer.from(first.next_cursor, 'base64url').toString())
    for (const members of [[digest], [digest, 7], [digest, '\0'], [digest, 'ada', 'ada']]) {
      const wrong = Buffer.from(JSON.stringify(members)).toString('base64url')
      t.equal(await ids(`cursor=${wrong}`), 'cursor belongs to another list', JSON.stringify(members))
    }
  })
}

t.test('an owner without a row is 404, and may be deactivated before its first token', async (t) => {
  const { app, call } = await startAdminHost(t)
  t.match((await call('GET', '/owners/ada')).body, {
    code: 'FST_API_TOKENS_NOT_FOUND',
    message: /^The owner/,
  })
  t.equal((await call('POST', '/owners/ada/deactivate')).status, 200)
  await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_USER_INACTIVE' })
})

/** Ids of hosts, and ids that are made to reach another route or another owner. */
const HOSTILE = [
  'a/b',
  '/',
  'ada/deactivate',
  'ada/../bob',
  'ada?x=1',
  'ada#x',
  '%2F',
  '%',
  'a%00b',
  'ada:7',
  '*',
  ':id',
  'usage',
  'remove',
  '__proto__',
  'constructor',
  'ada ',
  'a+b',
  'a;b',
  'Ünïcødé',
  '😀',
  '\u202Eada',
  'x'.repeat(255),
  '😀/'.repeat(127),
]

t.test('an id with slashes, percent encodings, Unicode and 255 characters is one owner', async (t) => {
  const { app, call } = await startAdminHost(t)
  for (const userId of HOSTILE) await app.apiTokens.issue({ userId })
  for (const userId of HOSTILE) {
    const path = `/owners/${encodeURIComponent(userId)}`
    t.same((await call('GET', path)).body, { user_id: userId, status: 'active' }, userId)
    t.same((await call('POST', `${path}/deactivate`)).body, { user_id: userId, status: 'inactive' }, userId)
    t.same((await call('GET', path)).body, { user_id: userId, status: 'inactive' }, userId)
    await call('POST', `${path}/remove`)
    const { data } = (await call('GET', '/owners?status=removed&status=inactive&limit=100')).body
    t.same(data, [{ user_id: userId, status: 'removed' }], `${userId}: no other owner is changed`)
    await call('POST', `${path}/reactivate`)
  }
  const { data } = (await call('GET', '/owners?status=active&limit=100')).body
  t.equal(data.length, HOSTILE.length)
})

t.test('a text that is not an id, and an unknown change, are refused', async (t) => {
  const { call } = await startAdminHost(t)
  for (const id of ['%00', '%20', 'x'.repeat(256)]) {
    t.equal((await call('GET', `/owners/${id}`)).status, 404, id)
    t.match(
      (await call('POST', `/owners/${id}/remove`)).body,
      { statusCode: 400, message: /^user_id must not/ },
      id,
    )
  }
  t.equal((await call('GET', '/owners/%ff')).status, 400)
  for (const path of [
    '/owners/ada',
    '/owners/ada/revoke',
    '/owners/ada/__proto__',
    '/owners/ada/constructor',
  ])
    t.equal((await call('POST', path)).status, 404, path)
  t.same((await call('GET', '/owners')).body.data, [])
})

t.test('promise 16: admin with a store without administration fails the boot', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const store = Object.assign(memoryTokenStore(), { administration: undefined })
  await t.rejects(
    async () => app.register(apiTokens, { store, keys: [hs256Key()], routes: false, admin: adminOption }),
    {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message:
        'fastify-api-tokens: admin requires a store with administration: its administration is missing',
    },
  )
})
