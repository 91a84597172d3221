/** `app.apiTokens.search`: tokens of all owners by filters, on the memory store and on databases. */

import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ApiTokensOptions, SearchRequest } from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { PlacedToken, RangePlace, TokenRange, TokenStore } from '../../src/store/token-store.ts'
import { ownDatabase, type ServerName } from '../support/databases.ts'
import { START, startHost, withToken } from '../support/host.ts'
import { storeAt } from '../support/store-at.ts'

const DAY = 86_400_000

const STORES: Readonly<Record<string, (t: Test) => TokenStore | Promise<TokenStore | null>>> = {
  memory: () => memoryTokenStore(),
  SQLite: (t) => sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') }),
  PostgreSQL: (t) => onServer(t, 'PostgreSQL'),
  MariaDB: (t) => onServer(t, 'MariaDB'),
}

/** `null` where there is no server. */
async function onServer(t: Test, name: ServerName): Promise<TokenStore | null> {
  const database = await ownDatabase(t, name)
  return database === null ? null : storeAt({ name, address: database.connectionString })
}

/** A host with a function that returns the names of the found tokens, page by page. */
async function start(t: Test, store: TokenStore, options: ApiTokensOptions = {}) {
  const host = await startHost(t, { store, ...options })
  const { apiTokens } = host.app
  const pages = async (request: SearchRequest): Promise<(string | null)[][]> => {
    const all: (string | null)[][] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await apiTokens.search({ ...request, ...(cursor === undefined ? {} : { cursor }) })
      all.push(page.data.map(({ name }) => name))
      cursor = page.nextCursor
    }
    return all
  }
  const found = async (request: SearchRequest = {}) => (await pages(request)).flat().join(' ')
  return { ...host, api: apiTokens, pages, found }
}

/** Tokens of three owners, a day apart. `c` has no scope, `d` and `e` expire, `e` is of an organization. */
async function fill({ api, clock }: Awaited<ReturnType<typeof start>>): Promise<void> {
  const ada = { kind: 'user', id: 'ada' } as const
  const requests = [
    { userId: 'ada', name: 'a', by: ada, scopes: ['models:read'] },
    { userId: 'bob', name: 'b', scopes: ['models:read', 'chat:write'] },
    { userId: 'ada', name: 'c', by: ada },
    { userId: 'bob', name: 'd', expiresIn: '9d', by: { kind: 'admin', id: 'root' } },
    { userId: 'org:7', name: 'e', expiresIn: '2d', by: ada, scopes: ['chat:write'] },
  ] as const
  for (const request of requests) {
    await api.issue(request)
    clock.advance('1d')
  }
}

for (const [store, open] of Object.entries(STORES)) {
  t.test(`${store}: each filter finds its tokens, in its order`, async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const host = await start(t, opened)
    await fill(host)
    const { api, found, clock } = host
    const on = (days: number) => new Date(START + days * DAY)
    t.equal(await found(), 'e d c b a')
    t.equal(await found({ sort: 'created_at' }), 'a b c d e')
    t.equal(await found({ sort: 'expires_at' }), 'e d a b c')
    t.equal(await found({ userId: 'ada' }), 'c a')
    t.equal(await found({ userId: 'ada', sort: 'created_at' }), 'a c')
    t.equal(await found({ userId: 'Ada' }), '')
    t.equal(await found({ createdBy: 'ada' }), 'e c a')
    t.equal(await found({ createdBy: 'ada', sort: 'created_at' }), 'a c e')
    t.equal(await found({ createdBy: 'root' }), 'd')
    t.equal(await found({ scope: 'chat:write' }), 'e b')
    t.equal(await found({ expiresBefore: on(7) }), 'e')
    t.equal(await found({ expiresBefore: on(30), sort: 'expires_at' }), 'e d')
    t.equal(await found({ createdBefore: on(2) }), 'b a')
    t.equal(await found({ createdBefore: new Date(START + 1), sort: 'created_at' }), 'a')
    t.equal(await found({ unusedSince: on(2) }), 'a b')
    t.equal(await found({ unusedSince: new Date(START + 3 * DAY - 1) }), 'a b', 'to the day')
    clock.advance('1d')
    t.equal(await found({ status: 'expired' }), 'e')
    t.equal(await found({ status: ['expired', 'active'] }), 'e d c b a')
    t.equal(await found({ expiresBefore: on(30), status: 'active' }), 'd', 'an expired token is not read')
    t.equal(await found({ sort: 'expires_at', status: ['active', 'inactive'] }), 'd a b c')
    const [first] = (await api.search({ name: 'a' })).data
    await api.update(first?.id ?? '', { name: 'an ä', status: 'inactive' })
    t.equal(await found({ status: 'inactive' }), 'an ä')
    t.equal(await found({ name: 'a' }), 'an ä')
    t.equal(await found({ name: 'an ä' }), 'an ä')
    t.equal(await found({ name: 'A' }), '')
    t.equal(await found({ name: '%' }), '')
  })

  t.test(`${store}: several filters must all match`, async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const host = await start(t, opened)
    await fill(host)
    const { found } = host
    t.equal(await found({ userId: 'ada', createdBy: 'ada', name: 'a' }), 'a')
    t.equal(await found({ userId: 'org:7', createdBy: 'ada' }), 'e')
    t.equal(await found({ userId: 'org:7', createdBy: 'bob' }), '')
    t.equal(await found({ userId: 'bob', expiresBefore: new Date(START + 30 * DAY) }), 'd')
    t.equal(await found({ userId: 'ada', unusedSince: new Date(START + DAY) }), 'a')
    t.equal(await found({ createdBy: 'ada', scope: 'chat:write' }), 'e')
    t.equal(await found({ name: 'b', unusedSince: new Date(START) }), '')
    t.equal(await found({ unusedSince: new Date(START + 9 * DAY), scope: 'models:read' }), 'a b')
  })

  t.test(`${store}: every token is on one page, with any limit`, async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const host = await start(t, opened)
    await fill(host)
    for (const limit of [1, 2, 3, 4, 5, 100]) {
      for (const request of [
        {},
        { sort: 'created_at' },
        { sort: 'expires_at' },
        { createdBy: 'ada' },
        { unusedSince: new Date(START + 9 * DAY) },
        { expiresBefore: new Date(START + 99 * DAY) },
        { status: 'active' },
        { createdBefore: new Date(START + 3 * DAY) },
      ] satisfies SearchRequest[]) {
        const pages = await host.pages({ ...request, limit })
        t.equal(pages.flat().join(' '), await host.found(request))
        t.ok(pages.every((page) => page.length <= limit))
      }
    }
    t.same(await host.pages({ limit: 2 }), [['e', 'd'], ['c', 'b'], ['a']])
    t.same(await host.pages({ limit: 5 }), [['e', 'd', 'c', 'b', 'a']], 'no empty page at the end')
  })

  t.test(`${store}: tokens that ended with all of their owner are found as revoked`, async (t) => {
    const opened = await open(t)
    if (opened === null) return
    const host = await start(t, opened)
    await fill(host)
    await host.api.revokeAll({ userId: 'bob', reason: 'leaked' })
    t.equal(await host.found({ status: 'revoked' }), 'd b')
    const { data } = await host.api.search({ userId: 'bob' })
    t.match(data, [{ statusReason: 'leaked' }, { statusReason: 'leaked' }])
  })
}

t.test('uses that are not flushed yet count for the status and for unusedSince', async (t) => {
  const { api, app, clock, found } = await start(t, memoryTokenStore())
  const { credential } = await api.issue({ userId: 'ada', name: 'used' })
  await api.issue({ userId: 'ada', name: 'unused' })
  clock.advance('29d')
  t.equal((await app.inject(withToken(credential))).statusCode, 200)
  clock.advance('2d')
  t.equal(await found({ status: 'active' }), 'used')
  t.equal(await found({ status: 'inactive' }), 'unused')
  t.equal(await found({ unusedSince: new Date(START + 20 * DAY) }), 'unused')
})

t.test('a sort that is not an order of the filter is refused by name', async (t) => {
  const { api } = await start(t, memoryTokenStore())
  const on = new Date(START)
  for (const [request, message] of [
    [{ userId: 'ada', sort: 'expires_at' }, 'sort must be created_at or -created_at with a filter by owner'],
    [
      { createdBy: 'ada', sort: 'expires_at' },
      'sort must be created_at or -created_at with a filter by creator',
    ],
    [{ name: 'a', sort: 'created_at' }, 'sort must be left out with a filter by name'],
    [{ unusedSince: on, sort: 'expires_at' }, 'sort must be left out with a filter by last use'],
    [
      { expiresBefore: on, sort: '-created_at' },
      'sort must be expires_at or left out with a filter by expiry',
    ],
  ] as const)
    await t.rejects(api.search(request), { code: 'FST_ERR_VALIDATION', message })
  t.match(await api.search({ userId: 'ada', name: 'a', sort: 'created_at' }), { data: [] })
})

t.test('an invalid filter is refused by name', async (t) => {
  const { api } = await start(t, memoryTokenStore())
  for (const [request, message] of [
    [{ userId: ' ' }, /^userId must not be blank$/],
    [{ createdBy: '\0' }, /^createdBy must not contain control characters$/],
    [{ name: '' }, /^name must not be blank$/],
    [{ name: 'x'.repeat(101) }, /^name must not have more than 100 characters$/],
    [{ scope: 'a b' }, /^scope must be a scope name/],
    [{ unusedSince: new Date(NaN) }, /^unusedSince must be a time from 1970 to 9999$/],
    [{ expiresBefore: new Date(-1) }, /^expiresBefore must be a time/],
    [{ createdBefore: new Date(8.64e15) }, /^createdBefore must be a time/],
    [{ limit: 0 }, /^limit must be a whole number from 1 to 100$/],
    [{ limit: 101 }, /^limit must be/],
    [{ limit: 1.5 }, /^limit must be/],
    [{ cursor: 'x' }, /^cursor belongs to another list$/],
  ] as const)
    await t.rejects(api.search(request), { code: 'FST_ERR_VALIDATION', message }, String(message))
})

t.test('a cursor is bound to all filters and the sort', async (t) => {
  const host = await start(t, memoryTokenStore())
  await fill(host)
  const { api } = host
  const later = new Date(START + 30 * DAY)
  const requests: SearchRequest[] = [
    {},
    { sort: 'created_at' },
    { sort: 'expires_at' },
    { userId: 'bob' },
    { createdBy: 'ada' },
    { unusedSince: later },
    { expiresBefore: later },
    { createdBefore: later },
    { status: 'active' },
    { status: ['inactive', 'active'] },
    { scope: 'models:read' },
  ]
  for (const request of requests) {
    const { nextCursor } = await api.search({ ...request, limit: 1 })
    if (nextCursor === null) throw new Error('there is no next page')
    await api.search({ ...request, limit: 2, cursor: nextCursor })
    for (const other of requests.filter((one) => one !== request)) {
      await t.rejects(
        api.search({ ...other, cursor: nextCursor }),
        { message: 'cursor belongs to another list' },
        `${JSON.stringify(request)} with ${JSON.stringify(other)}`,
      )
    }
  }
})

t.test('promise 14: a position that no database can store is refused', async (t) => {
  const host = await start(t, memoryTokenStore())
  await fill(host)
  for (const [request, values] of [
    [{}, ['', 0]],
    [{ unusedSince: new Date(START + 9 * DAY) }, [null, '', 1.5, -1, 2 ** 31]],
    [{ expiresBefore: new Date(START + 99 * DAY) }, ['', 1.5, -1, 1e300]],
    [{ name: 'a' }, [null, 0, '\0', '\ud800']],
  ] as const) {
    await host.api.issue({ userId: 'ada', name: 'ab', expiresIn: '9d' })
    const { nextCursor } = await host.api.search({ ...request, limit: 1 })
    const [digest, value, id] = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString())
    const cursorOf = (...members: unknown[]) => Buffer.from(JSON.stringify(members)).toString('base64url')
    await host.api.search({ ...request, cursor: cursorOf(digest, value, id) })
    const wrong = [
      ...values.map((other) => cursorOf(digest, other, id)),
      cursorOf(digest, value, 'x'),
      cursorOf(digest, value, id, 1),
      cursorOf(digest),
      cursorOf(),
      '!',
    ]
    for (const cursor of wrong)
      await t.rejects(host.api.search({ ...request, cursor }), { message: 'cursor belongs to another list' })
  }
})

t.test('promise 15: a search reads at most 1,000 tokens, in slices with a turn between', async (t) => {
  const store = memoryTokenStore()
  const read: number[] = []
  const { administration } = store
  if (administration === undefined) throw new Error('the store has no administration')
  const readTokens = (range: TokenRange, place: RangePlace): Promise<readonly PlacedToken[]> => {
    read.push(place.limit)
    return administration.readTokens(range, place)
  }
  const counting = Object.assign(store, { administration: { ...administration, readTokens } })
  const { api } = await start(t, counting, { maxTokensPerUser: 10_000 })
  const [name, last] = ['x', 'last']
  await api.issue({ userId: 'ada', name: last, scopes: ['models:read'] })
  for (let n = 0; n < 1_500; n += 1) await api.issue({ userId: 'ada', name })
  let turns = 0
  const turn = setInterval(() => {
    turns += 1
  }, 0)
  const first = await api.search({ scope: 'models:read' })
  clearInterval(turn)
  t.same(first.data, [], 'an empty page')
  t.same(read.splice(0), Array(10).fill(100))
  t.ok(turns >= 1, `${turns} turns`)
  const second = await api.search({ scope: 'models:read', cursor: first.nextCursor ?? '' })
  t.match(second, { data: [{ name: last }], nextCursor: null })
  t.same(read.splice(0), Array(6).fill(100))
  await api.search({ limit: 3 })
  t.same(read.splice(0), [4], 'without a filter it reads what the page needs')
})

t.test('createdBefore begins at its time', async (t) => {
  const store = memoryTokenStore()
  const { administration } = store
  if (administration === undefined) throw new Error('the store has no administration')
  let read = 0
  const readTokens = async (range: TokenRange, place: RangePlace) => {
    const tokens = await administration.readTokens(range, place)
    read += tokens.length
    return tokens
  }
  const counting = Object.assign(store, { administration: { ...administration, readTokens } })
  const { api, clock, found } = await start(t, counting)
  for (let n = 0; n < 50; n += 1) {
    await api.issue({ userId: 'ada', name: String(n) })
    clock.advance('1d')
  }
  const createdBefore = new Date(START + 2 * DAY)
  t.equal(await found({ createdBefore }), '1 0')
  t.ok(read <= 3, `${read} are read`)
  t.equal(await found({ createdBefore, sort: 'created_at' }), '0 1')
  t.ok(read <= 3 + 31, `and of those in the other order no more pages: ${read}`)
})

t.test('promise 16: a store without administration is an error by name at the call', async (t) => {
  const { api } = await start(t, Object.assign(memoryTokenStore(), { administration: undefined }))
  const message = /requires a store with administration: its administration is missing$/
  const code = 'FST_API_TOKENS_INVALID_OPTION'
  await t.rejects(api.search(), { code, message })
  await t.rejects(api.revokeAll({ userId: 'ada' }), { code, message })
  const { credential, token } = await api.issue({ userId: 'ada' })
  t.match(await api.find(credential), { id: token.id }, 'find does not need it')
  t.match(await api.revokeCredential(credential), { status: 'revoked' })
})
