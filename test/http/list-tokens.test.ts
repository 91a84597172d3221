/** `GET /tokens`: pages, sorts, filters and refused queries. */

import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { as, issue, startHost } from '../support/host.ts'

interface Page {
  data: { id: string; name: string | null; status: string }[]
  next_cursor: string | null
  total: number | null
}

async function page(app: FastifyInstance, query: Record<string, string> = {}, user = 'ada'): Promise<Page> {
  const response = await app.inject(as(user, { url: `/tokens?${new URLSearchParams(query)}` }))
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json()
}

/** Values that no member of a cursor can have. */
const HOSTILE_MEMBERS: readonly unknown[] = [
  ...['a\u0000b', '\u0000', '\ud800', 'line\nbreak', 'x'.repeat(101), '  ', 'no id'],
  ...[1.5, -1, 1e300, Date.UTC(10_000, 0, 1), Number.MAX_SAFE_INTEGER, true, {}, []],
]

/** A cursor with other members. */
function forged(cursor: string | null, change: (members: unknown[]) => unknown[]): string {
  const members = JSON.parse(Buffer.from(cursor ?? '', 'base64url').toString()) as unknown[]
  return Buffer.from(JSON.stringify(change(members))).toString('base64url')
}

/** Every page, one after another. */
async function walk(app: FastifyInstance, query: Record<string, string>): Promise<string[]> {
  const names: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { data, next_cursor } = await page(app, cursor === '' ? query : { ...query, cursor })
    names.push(...data.map(({ id }) => id))
    cursor = next_cursor
  }
  return names
}

t.test('no tokens: empty data, total 0, next_cursor null', async (t) => {
  const { app } = await startHost(t)
  t.strictSame(await page(app), { data: [], next_cursor: null, total: 0 })
})

t.test('15 tokens by 10, all of one millisecond and more issued between the pages', async (t) => {
  const { app, clock } = await startHost(t)
  const issued: string[] = []
  for (let index = 0; index < 15; index += 1) issued.unshift((await issue(app, 'ada')).id)
  await issue(app, 'bob')
  const first = await page(app, { limit: '10' })
  t.same(
    first.data.map(({ id }) => id),
    issued.slice(0, 10),
    'newest first',
  )
  t.equal(first.total, 15)
  t.type(first.next_cursor, 'string')
  await issue(app, 'ada')
  clock.advance('1s')
  await issue(app, 'ada')
  await app.apiTokens.revoke(issued[3] ?? '')
  const second = await page(app, { limit: '10', cursor: first.next_cursor ?? '' })
  t.same(
    second.data.map(({ id }) => id),
    issued.slice(10),
    'no row twice, none missing',
  )
  t.equal(second.next_cursor, null)
  t.equal(second.total, 17)
})

t.test('a page that holds exactly the rest has no next one', async (t) => {
  const { app } = await startHost(t)
  for (let index = 0; index < 10; index += 1) await issue(app, 'ada')
  t.equal((await page(app, { limit: '10' })).next_cursor, null)
  t.equal((await page(app, { limit: '9' })).data.length, 9)
  t.type((await page(app, { limit: '9' })).next_cursor, 'string')
})

t.test('the default limit is 30, the maximum 100', async (t) => {
  const { app } = await startHost(t)
  for (let index = 0; index < 101; index += 1) await issue(app, 'ada')
  t.equal((await page(app)).data.length, 30)
  t.equal((await page(app, { limit: '100' })).data.length, 100)
  t.equal((await page(app, { limit: '1' })).data.length, 1)
})

t.test('every sort orders, forwards and backwards, page by page', async (t) => {
  const { app, clock } = await startHost(t)
  const byName: Record<string, string> = {}
  for (const name of ['b', 'a', null, 'B', 'b', 'ä']) {
    clock.advance('1s')
    const { id, token } = await issue(app, 'ada', { name })
    byName[`${name}${byName[String(name)] === undefined ? '' : '2'}`] = id
    if (name === 'a' || name === 'B') {
      clock.advance('1s')
      await app.apiTokens.verify(token)
    }
  }
  await app.apiTokens.flush()
  const { b, a, null: unnamed, B, b2, ä } = byName
  const orders: Record<string, unknown[]> = {
    created_at: [b, a, unnamed, B, b2, ä],
    name: [unnamed, B, a, b, b2, ä],
    last_used_at: [b, unnamed, b2, ä, a, B],
  }
  for (const [sort, ascending] of Object.entries(orders)) {
    for (const limit of ['1', '2', '4', '100']) {
      t.same(await walk(app, { sort, limit }), ascending, `${sort} by ${limit}`)
      t.same(await walk(app, { sort: `-${sort}`, limit }), ascending.toReversed(), `-${sort} by ${limit}`)
    }
  }
  t.same(await walk(app, {}), orders['created_at']?.toReversed(), 'newest first by default')
})

t.test('status and q filter, and total is the number of matches', async (t) => {
  const { app, clock } = await startHost(t)
  const idle = await issue(app, 'ada', { name: 'Idle one' })
  clock.advance('31d')
  const active = await issue(app, 'ada', { name: 'Build', description: 'on the Runner 100%' })
  const inactive = await issue(app, 'ada', { name: 'off' })
  await app.apiTokens.update(inactive.id, { status: 'inactive' })
  const revoked = await issue(app, 'ada', { name: 'gone' })
  await app.apiTokens.revoke(revoked.id)
  const expired = await issue(app, 'ada', { name: 'short', expires_in: 1 })
  clock.advance('1s')
  const idsOf = async (query: Record<string, string>) => {
    const { data, total } = await page(app, query)
    t.equal(total, query['q']?.trim() ? null : data.length)
    return data.map(({ id }) => id)
  }
  t.same(await idsOf({ status: 'active' }), [active.id])
  t.same(await idsOf({ status: 'inactive' }), [inactive.id, idle.id])
  t.same(await idsOf({ status: 'revoked' }), [revoked.id])
  t.same(await idsOf({ status: 'expired' }), [expired.id])
  t.same(await idsOf({ q: 'BUILD' }), [active.id])
  t.same(await idsOf({ q: 'runner 100%' }), [active.id], 'the description is searched too')
  t.same(await idsOf({ q: '%' }), [active.id], 'nothing in it is a pattern')
  t.same(await idsOf({ q: '_' }), [])
  t.same(await idsOf({ q: 'e', status: 'inactive' }), [idle.id])
  t.equal((await idsOf({ q: '' })).length, 5, 'an empty search box searches nothing')
  t.equal((await idsOf({ q: '  ' })).length, 5)
})

t.test('promise 14: an invalid query is refused and named', async (t) => {
  const { app } = await startHost(t)
  await issue(app, 'ada')
  await issue(app, 'ada')
  const { next_cursor } = await page(app, { limit: '1' })
  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const id = '019b76da-a800-7fdc-bfcb-a521939f475d'
  const { next_cursor: byName } = await page(app, { limit: '1', sort: 'name' })
  const { next_cursor: byUse } = await page(app, { limit: '1', sort: 'last_used_at' })
  const cases: [query: string, named: RegExp][] = [
    ...[
      '0',
      '-1',
      '101',
      '1.5',
      '1.0000001',
      '1e99',
      'abc',
      '',
      '1,2',
      'NaN',
      'Infinity',
      'true',
      'null',
      '0x10',
    ].map((limit): [string, RegExp] => [`limit=${limit}`, /querystring\/limit must be/]),
    ['limit=5&limit=6', /querystring\/limit must be integer/],
    ['limit[]=5', /querystring\/limit\[\] is not a known field/],
    ...['', 'id', 'Created_at', '--created_at', 'created_at,name', '-created_at%20', 'user_id', 'hint'].map(
      (sort): [string, RegExp] => [
        `sort=${sort}`,
        /querystring\/sort must be one of created_at, -created_at, name/,
      ],
    ),
    ['sort=name&sort=-name', /querystring\/sort must be/],
    ...['', 'Active', 'deleted', 'active,revoked'].map((status): [string, RegExp] => [
      `status=${status}`,
      /querystring\/status must be one of active, inactive, revoked, expired/,
    ]),
    [`q=${'x'.repeat(101)}`, /q must not have more than 100/],
    ['q=%00', /q must not contain control characters/],
    ['q=a&q=b', /querystring\/q must be string/],
    ['page=2', /querystring\/page is not a known field/],
    ['offset=2', /querystring\/offset is not a known field/],
    ['Limit=2', /querystring\/Limit is not a known field/],
    ['cursor=a&cursor=b', /querystring\/cursor must be string/],
    [`cursor=${'A'.repeat(1025)}`, /querystring\/cursor must not have more than 1024/],
    ...[
      '',
      'x',
      '%00',
      '../../etc/passwd',
      "' or 1=1 --",
      `${next_cursor}x`,
      next_cursor?.slice(1) ?? '',
      cursor(null),
      cursor({}),
      ...HOSTILE_MEMBERS.flatMap((member) => [
        forged(next_cursor, (cursor) => cursor.with(1, member)),
        forged(next_cursor, (cursor) => cursor.with(2, member)),
        forged(next_cursor, (cursor) => [...cursor, member]),
        forged(next_cursor, (cursor) => [...cursor, id, member]),
      ]),
      cursor([]),
      cursor('-created_at'),
      cursor(['-created_at', null]),
      cursor(['-created_at', null, 'no id']),
      cursor(['-created_at', null, id.toUpperCase()]),
      cursor(['-created_at', 1, id]),
      cursor(['-created_at', null, id, id]),
      cursor(['-created_at', null, [id]]),
      cursor(['created_at', null, id]),
      cursor(['name', 'a', id]),
      cursor(['user_id', 'a', id]),
    ].map((text): [string, RegExp] => [
      `cursor=${encodeURIComponent(text)}`,
      /cursor belongs to another list/,
    ]),
    [`sort=name&cursor=${next_cursor}`, /cursor belongs to another list/],
    [`sort=created_at&cursor=${next_cursor}`, /cursor belongs to another list/],
    ...[...HOSTILE_MEMBERS.filter((member) => member !== 'no id'), null]
      .flatMap((member) => [
        `sort=name&cursor=${forged(byName, (cursor) => cursor.with(1, member))}`,
        `sort=name&cursor=${forged(byName, (cursor) => [...cursor, id, id])}`,
      ])
      .map((query): [string, RegExp] => [query, /cursor belongs to another list/]),
    ...HOSTILE_MEMBERS.flatMap((member) => [
      ...[1, 2, 3, 4].map((index) => forged(byUse, (cursor) => cursor.with(index, member))),
      forged(byUse, (cursor) => cursor.slice(0, 3)),
      forged(byUse, (cursor) => cursor.slice(0, 4)),
      forged(byUse, (cursor) => [...cursor, id]),
    ]).map((text): [string, RegExp] => [
      `sort=last_used_at&cursor=${text}`,
      /cursor belongs to another list/,
    ]),
  ]
  for (const [query, named] of cases) {
    const response = await app.inject(as('ada', { url: `/tokens?${query}` }))
    t.equal(response.statusCode, 400, query)
    t.equal(response.json().code, 'FST_ERR_VALIDATION')
    t.match(response.json().message, named, query)
  }
})

t.test('promise 15: a cursor is bound to its owner, status, q and sort', async (t) => {
  const { app } = await startHost(t)
  for (let index = 0; index < 3; index += 1) {
    await issue(app, 'bob', { name: 'a' })
    await issue(app, 'ada', { name: 'a' })
  }
  const lists = [
    {},
    { sort: 'created_at' },
    { sort: 'name' },
    { sort: '-name' },
    { sort: 'last_used_at' },
    { sort: '-last_used_at' },
    { status: 'active' },
    { q: 'a' },
    { q: 'A' },
    { q: 'a', status: 'active' },
    { q: 'a', sort: 'name' },
  ] as Record<string, string>[]
  for (const list of lists) {
    const { next_cursor } = await page(app, { ...list, limit: '1' })
    for (const other of lists) {
      const query = new URLSearchParams({ ...other, cursor: next_cursor ?? '' })
      const { statusCode, body } = await app.inject(as('ada', { url: `/tokens?${query}` }))
      t.equal(statusCode, other === list ? 200 : 400, `${JSON.stringify(list)} with ${query}`)
      if (other !== list) t.match(body, /cursor belongs to another list/)
    }
    const query = new URLSearchParams({ ...list, cursor: next_cursor ?? '' })
    t.equal((await app.inject(as('bob', { url: `/tokens?${query}` }))).statusCode, 400, 'another user')
  }
  const { next_cursor } = await page(app, { limit: '1', q: '' })
  t.equal(
    (await page(app, { cursor: next_cursor ?? '', limit: '100' })).data.length,
    2,
    'no search is no search',
  )
})

t.test('status may be repeated', async (t) => {
  const { app } = await startHost(t)
  const [active, inactive, revoked] = [
    await issue(app, 'ada'),
    await issue(app, 'ada'),
    await issue(app, 'ada'),
  ]
  await app.apiTokens.update(inactive.id, { status: 'inactive' })
  await app.apiTokens.revoke(revoked.id)
  const get = async (query: string) => (await app.inject(as('ada', { url: `/tokens?${query}` }))).json()
  const ids = ({ data }: Page) => data.map(({ id }) => id)
  const both = await get('status=active&status=inactive')
  t.same(ids(both), [inactive.id, active.id])
  t.equal(both.total, 2)
  t.same(ids(await get('status=active&status=active')), [active.id])
  t.equal((await get('status=active&status=inactive&status=revoked&status=expired')).total, 3)
  const { next_cursor } = await get('status=active&status=inactive&limit=1')
  t.same(ids(await get(`status=inactive&status=active&cursor=${next_cursor}`)), [active.id], 'in any order')
  t.same(
    (await app.apiTokens.list({ userId: 'ada', status: ['active', 'inactive'] })).data.map(({ id }) => id),
    [inactive.id, active.id],
  )
  for (const status of [[], ['Active'], 'all', 5, null, [null], { active: true }]) {
    await t.rejects(app.apiTokens.list({ userId: 'ada', status: status as never }), {
      statusCode: 400,
      message: /status must be one or several of active, inactive, revoked, expired/,
    })
  }
})

t.test(
  'promise 15: a search or status without matches reads a bounded number of tokens per page',
  async (t) => {
    const { app } = await startHost(t, { maxTokensPerUser: 2_000 })
    for (let index = 0; index < 1_200; index += 1)
      await app.apiTokens.issue({ userId: 'ada', name: `n${index}` })
    const pages = async (query: Record<string, string>) => {
      let count = 1
      const first = await page(app, query)
      t.equal(first.total, null)
      for (let cursor = first.next_cursor; cursor !== null; count += 1) {
        const next: Page = await page(app, { ...query, cursor })
        t.same(next.data, [])
        cursor = next.next_cursor
      }
      return count
    }
    for (const sort of ['created_at', '-name', '-last_used_at']) {
      t.equal(await pages({ sort, q: 'nothing like it' }), 3, `500 at a time, ${sort}`)
      t.equal(await pages({ sort, status: 'expired' }), 2, `1,000 at a time, ${sort}`)
    }
    t.equal((await page(app)).total, null, 'more than 1,000 are not counted')
    t.equal((await walk(app, { sort: '-last_used_at', limit: '100' })).length, 1_200)
  },
)

t.test('a cursor whose token was deleted still works', async (t) => {
  const { app, clock } = await startHost(t)
  const ids: string[] = []
  for (let index = 0; index < 4; index += 1) ids.unshift((await issue(app, 'ada')).id)
  const { next_cursor } = await page(app, { limit: '2' })
  await app.apiTokens.revoke(ids[1] ?? '')
  clock.advance('91d')
  t.equal((await app.apiTokens.sweep()).pruned, 1)
  const { data } = await page(app, { cursor: next_cursor ?? '' })
  t.same(
    data.map(({ id }) => id),
    ids.slice(2),
  )
})

t.test('ended tokens stay for the retention and are gone after it', async (t) => {
  const { app, clock } = await startHost(t, { retention: '10d', idleTimeout: false })
  const revoked = await issue(app, 'ada')
  await app.apiTokens.revoke(revoked.id)
  const expired = await issue(app, 'ada', { expires_in: 86_400 })
  const living = await issue(app, 'ada')
  clock.advance('10d')
  await app.apiTokens.sweep()
  t.same((await page(app)).data.length, 3, 'ten days later all are there')
  clock.advance(1)
  await app.apiTokens.sweep()
  t.same(
    (await page(app)).data.map(({ id }) => id),
    [living.id, expired.id],
  )
  t.equal((await app.inject(as('ada', { url: `/tokens/${revoked.id}` }))).statusCode, 404)
  clock.advance('1d')
  await app.apiTokens.sweep()
  t.same(
    (await page(app)).data.map(({ id }) => id),
    [living.id],
  )
})
