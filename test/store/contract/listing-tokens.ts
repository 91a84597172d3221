/** The contract of a list's filters: whose tokens, of which judged status, with which text. */

import type { Test } from 'tap'
import type { TokenStore } from '../../../src/store/token-store.ts'
import { judge, TOKEN_STATUSES, type TokenStatus } from '../../../src/token/status.ts'
import { DAY, IDLE, id, type MakeStore, NOW, numbers, put, query } from './records.ts'

export function listingTokens(t: Test, makeStore: MakeStore): void {
  t.test('promise 8: a list holds the tokens of its user alone, byte by byte', async (t) => {
    const { store } = await makeStore(t)
    const users = ['Ann', 'ann', 'ánn', 'ann ']
    for (const [n, userId] of users.entries()) await put(store, n, { userId })
    for (const [n, userId] of users.entries()) {
      const page = await store.listTokens(query({ userId }))
      t.same(numbers(page.tokens), [n], JSON.stringify(userId))
      t.equal(page.total, 1)
    }
  })

  t.test(
    'a user without tokens has an empty page, the owner’s row comes with it when there is one',
    async (t) => {
      const { store } = await makeStore(t)
      t.same(await store.listTokens(query()), { tokens: [], more: false, total: 0, owner: null })
      const owner = await store.setOwnerStatus('ada', 'inactive', NOW)
      t.same(await store.listTokens(query()), { tokens: [], more: false, total: 0, owner })
    },
  )

  t.test('rows of a list are whole', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1, { scopes: ['a', 'b'], description: 'd', expiresAt: NOW + 1 })
    t.same((await store.listTokens(query())).tokens, [token])
  })

  t.test('each status is the judged one: by the row, the clock, the idle clock and the owner', async (t) => {
    const { store } = await makeStore(t)
    await putOfEveryKind(store)
    const expected: Record<TokenStatus, number[]> = {
      active: [1, 2, 3],
      inactive: [4, 5, 6, 7],
      revoked: [8, 9, 10],
      expired: [11, 12, 13],
    }
    for (const status of TOKEN_STATUSES) {
      const page = await store.listTokens(query({ status }))
      t.same(numbers(page.tokens), expected[status], status)
      t.equal(page.total, expected[status].length, status)
    }
    t.equal((await store.listTokens(query())).total, 13)
  })

  t.test('without an idle timeout the idle clock says nothing', async (t) => {
    const { store } = await makeStore(t)
    await putOfEveryKind(store)
    const page = async (status: TokenStatus) =>
      numbers((await store.listTokens(query({ status, idleBefore: null }))).tokens)
    t.same(await page('active'), [1, 2, 3, 6])
    t.same(await page('inactive'), [4, 5, 7], 'what the sweeper marked stays marked')
  })

  t.test('the filter says what judge says of each row', async (t) => {
    const { store } = await makeStore(t)
    await putOfEveryKind(store)
    await store.setOwnerStatus('ada', 'removed', NOW)
    await store.setOwnerStatus('ada', 'active', NOW)
    await put(store, 20)
    const { tokens, owner } = await store.listTokens(query())
    for (const status of TOKEN_STATUSES) {
      const judged = tokens.filter(
        (token) => judge(token, owner, { now: NOW, idleTimeoutMs: IDLE }).status === status,
      )
      const page = await store.listTokens(query({ status }))
      t.same(numbers(page.tokens), numbers(judged), status)
    }
    t.same(numbers((await store.listTokens(query({ status: 'active' }))).tokens), [20])
  })

  t.test('a removed owner’s tokens are all revoked, and neither active, inactive nor expired', async (t) => {
    const { store } = await makeStore(t)
    await putOfEveryKind(store)
    await store.setOwnerStatus('ada', 'removed', NOW)
    t.equal((await store.listTokens(query({ status: 'revoked' }))).total, 13)
    for (const status of ['active', 'inactive', 'expired'] as const) {
      t.equal((await store.listTokens(query({ status }))).total, 0, status)
    }
  })

  t.test('a search finds a part of the name or the description, ASCII letters in either case', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1, { name: 'Continuous INTEGRATION' })
    await put(store, 2, { name: 'cd', description: 'continuous\ndelivery' })
    await put(store, 3, { name: null, description: null })
    t.same(await found(store, 'CONTINUOUS'), [1, 2])
    t.same(await found(store, 'integration'), [1])
    t.same(await found(store, 'cd'), [2])
    t.same(await found(store, 'nothing of it'), [])
    t.same(await found(store, 'us\nde'), [2])
  })

  t.test('what means something in a pattern means itself in a search', async (t) => {
    const { store } = await makeStore(t)
    for (const [n, name] of [
      '100% sure',
      'snake_case',
      'wow!',
      'back\\slash',
      "o'clock",
      'plain',
    ].entries()) {
      await put(store, n, { name })
    }
    t.same(await found(store, '%'), [0])
    t.same(await found(store, '_'), [1])
    t.same(await found(store, '!'), [2])
    t.same(await found(store, '\\'), [3])
    t.same(await found(store, "'"), [4])
    t.same(await found(store, '0%'), [0])
    t.same(await found(store, '%sure'), [])
    t.same(await found(store, 'e_c'), [1])
    t.same(await found(store, 'p_ain'), [])
    t.same(await found(store, '[a-z]'), [])
    t.same(await found(store, '*'), [])
  })

  t.test('letters beyond ASCII are found as they are written, and in that case alone', async (t) => {
    const { store } = await makeStore(t)
    for (const [n, name] of [
      'École',
      'école',
      'ecole',
      'E\u0301cole',
      '𝕏 post',
      'İstanbul',
      'straße',
    ].entries()) {
      await put(store, n, { name })
    }
    t.same(await found(store, 'É'), [0])
    t.same(await found(store, 'é'), [1])
    t.same(await found(store, 'École'), [0])
    t.same(await found(store, 'cole'), [0, 1, 2, 3])
    t.same(await found(store, '𝕏'), [4])
    t.same(await found(store, 'İ'), [5])
    t.same(await found(store, 'STRAßE'), [6])
    t.same(await found(store, 'strasse'), [])
  })

  t.test('status and search narrow together, and the total follows', async (t) => {
    const { store } = await makeStore(t)
    for (let n = 0; n < 6; n += 1) await put(store, n, { name: n % 2 === 0 ? 'even' : 'odd' })
    await store.revokeToken(id(0), { now: NOW })
    const page = await store.listTokens(query({ status: 'active', text: 'even', limit: 1 }))
    t.same(numbers(page.tokens), [2])
    t.equal(page.total, 2)
    t.equal(page.more, true)
  })
}

async function found(store: TokenStore, text: string): Promise<number[]> {
  return numbers((await store.listTokens(query({ text }))).tokens)
}

/** Three that are active, four inactive, three revoked, three expired, as of NOW, at every boundary. */
async function putOfEveryKind(store: TokenStore): Promise<void> {
  const off = { status: 'inactive', statusReason: 'switched_off' } as const
  const swept = { status: 'inactive', statusReason: 'idle' } as const
  const revoked = { status: 'revoked', revokedAt: NOW } as const
  const kinds = [
    {},
    { expiresAt: NOW + 1 },
    { idleFrom: NOW - IDLE },
    off,
    { ...off, idleFrom: NOW - 2 * IDLE },
    { idleFrom: NOW - IDLE - 1 },
    swept,
    revoked,
    { ...revoked, expiresAt: NOW - DAY },
    { ...revoked, idleFrom: NOW - 2 * IDLE },
    { expiresAt: NOW },
    { ...off, expiresAt: NOW - 1 },
    { idleFrom: NOW - 2 * IDLE, expiresAt: NOW - 1 },
  ]
  for (const [index, fields] of kinds.entries()) await put(store, index + 1, fields)
}
