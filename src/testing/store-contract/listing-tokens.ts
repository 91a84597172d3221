/** The contract of a list's filters: owner, evaluated status, text. */

import { deepEqual, equal } from 'node:assert/strict'
import type { TokenStore } from '../../store/token-store.ts'
import { judge, TOKEN_STATUSES, type TokenStatus } from '../../token/status.ts'
import { DAY, IDLE, id, NOW, numbers, put, query, type StoreTest } from './records.ts'

export function listingTokens(test: StoreTest): void {
  test('promise 8: a list contains only the tokens of its user, compared by bytes', async ({ store }) => {
    const users = ['Ann', 'ann', 'ánn', 'ann ']
    for (const [n, userId] of users.entries()) await put(store, n, { userId })
    for (const [n, userId] of users.entries()) {
      const page = await store.listTokens(query({ userId }))
      deepEqual(numbers(page.tokens), [n], JSON.stringify(userId))
      equal(page.total, 1)
    }
  })

  test('a user without tokens has an empty page, with the owner if there is one', async ({ store }) => {
    deepEqual(await store.listTokens(query()), { tokens: [], next: null, total: 0, owner: null })
    const owner = await store.setOwnerStatus('ada', 'inactive', NOW)
    deepEqual(await store.listTokens(query()), { tokens: [], next: null, total: 0, owner })
  })

  test('a list contains complete rows', async ({ store }) => {
    const token = await put(store, 1, { scopes: ['a', 'b'], description: 'd', expiresAt: NOW + 1 })
    deepEqual((await store.listTokens(query())).tokens, [token])
  })

  test('a status is evaluated by the row, the clock, the idle clock and the owner', async ({ store }) => {
    await putOfEveryKind(store)
    const expected: Record<TokenStatus, number[]> = {
      active: [1, 2, 3],
      inactive: [4, 5, 6, 7],
      revoked: [8, 9, 10],
      expired: [11, 12, 13],
    }
    for (const status of TOKEN_STATUSES) {
      const page = await store.listTokens(query({ statuses: [status] }))
      deepEqual(numbers(page.tokens), expected[status], status)
      equal(page.total, expected[status].length, status)
    }
    equal((await store.listTokens(query())).total, 13)
  })

  test('without an idle timeout no token is idle', async ({ store }) => {
    await putOfEveryKind(store)
    const page = async (status: TokenStatus) =>
      numbers((await store.listTokens(query({ statuses: [status], idleBefore: null }))).tokens)
    deepEqual(await page('active'), [1, 2, 3, 6])
    deepEqual(await page('inactive'), [4, 5, 7], 'what the sweeper marked stays marked')
  })

  test('the filter selects the status that `judge` computes', async ({ store }) => {
    await putOfEveryKind(store)
    await store.setOwnerStatus('ada', 'removed', NOW)
    await store.setOwnerStatus('ada', 'active', NOW)
    await put(store, 20)
    const { tokens, owner } = await store.listTokens(query())
    for (const status of TOKEN_STATUSES) {
      const expected = tokens.filter(
        (token) => judge(token, owner, { now: NOW, idleTimeoutMs: IDLE, maxAgeMs: null }).status === status,
      )
      const page = await store.listTokens(query({ statuses: [status] }))
      deepEqual(numbers(page.tokens), numbers(expected), status)
    }
    deepEqual(numbers((await store.listTokens(query({ statuses: ['active'] }))).tokens), [20])
  })

  test('a removed owner’s tokens are all revoked, and neither active, inactive nor expired', async ({
    store,
  }) => {
    await putOfEveryKind(store)
    await store.setOwnerStatus('ada', 'removed', NOW)
    equal((await store.listTokens(query({ statuses: ['revoked'] }))).total, 13)
    for (const status of ['active', 'inactive', 'expired'] as const) {
      equal((await store.listTokens(query({ statuses: [status] }))).total, 0, status)
    }
  })

  test('a search finds a part of the name or the description, ASCII letters in either case', async ({
    store,
  }) => {
    await put(store, 1, { name: 'Continuous INTEGRATION' })
    await put(store, 2, { name: 'cd', description: 'continuous\ndelivery' })
    await put(store, 3, { name: null, description: null })
    deepEqual(await found(store, 'CONTINUOUS'), [1, 2])
    deepEqual(await found(store, 'integration'), [1])
    deepEqual(await found(store, 'cd'), [2])
    deepEqual(await found(store, 'nothing of it'), [])
    deepEqual(await found(store, 'us\nde'), [2])
  })

  test('pattern characters are literal in a search', async ({ store }) => {
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
    deepEqual(await found(store, '%'), [0])
    deepEqual(await found(store, '_'), [1])
    deepEqual(await found(store, '!'), [2])
    deepEqual(await found(store, '\\'), [3])
    deepEqual(await found(store, "'"), [4])
    deepEqual(await found(store, '0%'), [0])
    deepEqual(await found(store, '%sure'), [])
    deepEqual(await found(store, 'e_c'), [1])
    deepEqual(await found(store, 'p_ain'), [])
    deepEqual(await found(store, '[a-z]'), [])
    deepEqual(await found(store, '*'), [])
  })

  test('letters beyond ASCII match only in the same case', async ({ store }) => {
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
    deepEqual(await found(store, 'É'), [0])
    deepEqual(await found(store, 'é'), [1])
    deepEqual(await found(store, 'École'), [0])
    deepEqual(await found(store, 'cole'), [0, 1, 2, 3])
    deepEqual(await found(store, '𝕏'), [4])
    deepEqual(await found(store, 'İ'), [5])
    deepEqual(await found(store, 'STRAßE'), [6])
    deepEqual(await found(store, 'strasse'), [])
  })

  test('several statuses match any of them, in the total too', async ({ store }) => {
    await putOfEveryKind(store)
    const page = await store.listTokens(query({ statuses: ['active', 'expired'], limit: 4 }))
    deepEqual(numbers(page.tokens), [1, 2, 3, 11])
    equal(page.total, 6)
    equal((await store.listTokens(query({ statuses: TOKEN_STATUSES }))).total, 13)
  })

  test('status and text are combined, and a text search has no total', async ({ store }) => {
    for (let n = 0; n < 6; n += 1) await put(store, n, { name: n % 2 === 0 ? 'even' : 'odd' })
    await store.revokeToken(id(0), { now: NOW })
    const page = await store.listTokens(query({ statuses: ['active'], text: 'even', limit: 1 }))
    deepEqual(numbers(page.tokens), [2])
    equal(page.total, null)
    deepEqual(page.next, { value: null, id: id(2) })
    equal((await store.listTokens(query({ userId: 'nobody', text: 'even' }))).total, null)
  })
}

async function found(store: TokenStore, text: string): Promise<number[]> {
  return numbers((await store.listTokens(query({ text }))).tokens)
}

/** Three that are active, four inactive, three revoked, three expired, as of NOW, at every boundary. */
async function putOfEveryKind(store: TokenStore): Promise<void> {
  const off = { status: 'inactive', statusReason: 'disabled' } as const
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
