/** The contract of `maxAgeMs`: a token that has reached the maximum age has expired, whatever its row says. */

import { deepEqual, equal } from 'node:assert/strict'
import type { InsertRules, TokenQuery, TokenStore } from '../../store/token-store.ts'
import type { NewTokenRecord } from '../../token/token.ts'
import {
  DAY,
  draft,
  findToken,
  hasFields,
  id,
  MANY_ENDED,
  NOW,
  numbers,
  put,
  query,
  type StoreTest,
} from './records.ts'

const MAX_AGE = 10 * DAY
/** Room for three tokens that have not ended. */
const THREE: InsertRules = { ...MANY_ENDED, maxTokens: 3, now: NOW, maxAgeMs: MAX_AGE }
const ONE_MINUTE = 60_000

export function enforcingAge(test: StoreTest): void {
  test('at the maximum age a token has expired, to the millisecond, in pages and in their totals', async ({
    store,
  }) => {
    await putOfAge(store, 1, MAX_AGE)
    await putOfAge(store, 2, MAX_AGE - 1)
    await putOfAge(store, 3, MAX_AGE, { expiresAt: NOW + DAY })
    await putOfAge(store, 4, 0, { expiresAt: NOW })
    await putOfAge(store, 5, 2 * MAX_AGE, { status: 'revoked', revokedAt: NOW - DAY })
    await putOfAge(store, 6, MAX_AGE, { graceEndsAt: NOW })
    await putOfAge(store, 7, MAX_AGE, { status: 'inactive', statusReason: 'disabled' })
    deepEqual(await shown(store, { statuses: ['expired'] }), { of: [1, 3, 4, 7], total: 4 })
    deepEqual(await shown(store, { statuses: ['active'] }), { of: [2], total: 1 })
    deepEqual(await shown(store, { statuses: ['inactive'] }), { of: [], total: 0 })
    deepEqual(await shown(store, { statuses: ['revoked'] }), { of: [5, 6], total: 2 })
    deepEqual(await shown(store, { statuses: ['expired'], maxAgeMs: null }), { of: [4], total: 1 })
    deepEqual(await shown(store, { statuses: ['expired'], sort: 'last_used_at' }), {
      of: [1, 3, 4, 7],
      total: 4,
    })
  })

  test('a token of the maximum age is neither changed nor rotated, and its row stays as it was', async ({
    store,
  }) => {
    const old = await putOfAge(store, 1, MAX_AGE)
    const young = await putOfAge(store, 2, MAX_AGE - 1)
    const scope = { now: NOW, idleBefore: null, maxAgeMs: MAX_AGE }
    const rotation = { ...MANY_ENDED, ...scope, graceEndsAt: NOW + DAY, replaces: null }
    deepEqual(await store.updateToken(old.id, { name: 'new' }, scope), { outcome: 'ended', token: old })
    deepEqual(await store.rotateToken(old.id, draft(3, { predecessorId: old.id }), rotation), {
      outcome: 'ended',
      token: old,
    })
    hasFields((await findToken(store, old.id))?.token, { expiresAt: null, status: 'active' })
    equal((await store.updateToken(young.id, { name: 'new' }, scope)).outcome, 'changed')
    const successor = draft(3, { predecessorId: young.id })
    equal((await store.rotateToken(young.id, successor, rotation)).outcome, 'changed')
    const unlimited = { now: NOW, idleBefore: null }
    equal((await store.updateToken(old.id, { name: 'new' }, unlimited)).outcome, 'changed', 'without one')
  })

  test('of a token of the maximum age no idle warning is given', async ({ store }) => {
    await putOfAge(store, 1, MAX_AGE, { idleFrom: NOW })
    await putOfAge(store, 2, MAX_AGE - 1, { idleFrom: NOW })
    const periods = { since: NOW - DAY, before: NOW + 1, now: NOW, maxAgeMs: MAX_AGE }
    deepEqual(numbers(await store.listIdleWarnings(periods, 10)), [2])
  })

  test('pruning counts from the maximum age where that came first', async ({ store }) => {
    for (const n of [1, 2]) await putOfAge(store, n, MAX_AGE + DAY + ONE_MINUTE)
    await putOfAge(store, 3, MAX_AGE + DAY, { expiresAt: NOW + DAY })
    const endedBefore = NOW - DAY
    equal(
      await store.prune({ rows: 'tokens', endedBefore: endedBefore }, 10),
      0,
      'without one nothing has ended',
    )
    equal(await store.prune({ rows: 'tokens', endedBefore: endedBefore, maxAgeMs: MAX_AGE }, 1), 1)
    equal(await store.prune({ rows: 'tokens', endedBefore: endedBefore, maxAgeMs: MAX_AGE }, 10), 1)
    equal(await store.prune({ rows: 'tokens', endedBefore: endedBefore, maxAgeMs: MAX_AGE }, 10), 0)
    deepEqual((await shown(store)).of, [3], 'what has ended at that very moment stays')
  })

  test('a token that was used or changed after the maximum age is not pruned as if it had ended before', async ({
    store,
  }) => {
    const [age, lately] = [MAX_AGE + 2 * DAY, NOW - DAY]
    await putOfAge(store, 1, age, { idleFrom: lately, lastUsedAt: lately })
    await putOfAge(store, 2, age, { updatedAt: lately, status: 'revoked', revokedAt: lately })
    await putOfAge(store, 3, age)
    equal(await store.prune({ rows: 'tokens', endedBefore: lately, maxAgeMs: MAX_AGE }, 10), 1)
    deepEqual((await shown(store)).of, [1, 2])
    const rules = { ...THREE, maxEnded: 2, deletableBefore: lately }
    equal(await insert(store, 4, rules), 'ended_limit_reached')
    equal(await store.prune({ rows: 'tokens', endedBefore: lately + 1, maxAgeMs: MAX_AGE }, 10), 2)
  })

  test('tokens of the maximum age leave room under the limit, and each only once', async ({
    store,
    second,
  }) => {
    const without = { ...THREE, maxAgeMs: null }
    for (const n of [1, 2]) await putOfAge(store, n, MAX_AGE, { expiresAt: NOW + DAY })
    await putOfAge(store, 3, 0)
    equal(await insert(store, 4, without), 'limit_reached')
    equal(await insert(second, 4), 'inserted')
    equal(await insert(store, 5), 'inserted')
    equal(await insert(second, 6), 'limit_reached')
    const tomorrow = NOW + DAY
    equal(await insert(store, 6, { ...THREE, now: tomorrow }), 'limit_reached', 'their rows expire now, too')
    equal(await insert(store, 6, { ...without, now: tomorrow }), 'limit_reached')
    await store.revokeToken(id(5), { now: tomorrow })
    equal(await insert(second, 6, { ...without, now: tomorrow }), 'inserted')
    equal(await insert(second, 7, { ...THREE, now: tomorrow }), 'limit_reached')
  })

  test('a token that reaches the maximum age makes room within a minute', async ({ store }) => {
    await putOfAge(store, 1, MAX_AGE - 1)
    for (const n of [2, 3]) equal(await insert(store, n), 'inserted')
    equal(await insert(store, 4), 'limit_reached')
    equal(await insert(store, 4, { ...THREE, now: NOW + ONE_MINUTE }), 'inserted')
    equal(await insert(store, 5, { ...THREE, now: NOW + ONE_MINUTE }), 'limit_reached')
  })

  test('promise 15: tokens of the maximum age count as ended ones, and go as those do', async ({ store }) => {
    for (const n of [1, 2]) await putOfAge(store, n, MAX_AGE + DAY + ONE_MINUTE)
    await putOfAge(store, 3, MAX_AGE)
    const rules = { ...THREE, maxEnded: 3, deletableBefore: NOW - DAY }
    equal(await insert(store, 4, { ...rules, deletableBefore: NOW - 2 * DAY }), 'ended_limit_reached')
    equal(await insert(store, 4, rules), 'inserted')
    deepEqual((await shown(store)).of, [3, 4])
  })
}

/** Inserts a token that was issued so long ago, with an id of that moment. */
async function putOfAge(store: TokenStore, n: number, ageMs: number, fields: Partial<NewTokenRecord> = {}) {
  const createdAt = NOW - ageMs
  const times = { createdAt, updatedAt: createdAt, idleFrom: createdAt }
  return put(store, n, { id: idOf(createdAt, n), ...times, ...fields })
}

/** A UUIDv7 of that moment, which ends in the number. */
function idOf(ms: number, n: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`
}

async function insert(store: TokenStore, n: number, rules: InsertRules = THREE): Promise<string> {
  return (await store.insertToken(draft(n, { createdAt: rules.now }), rules)).outcome
}

/** The numbers of the tokens on the page in ascending order, and its total. */
async function shown(store: TokenStore, fields: Partial<TokenQuery> = {}) {
  const { tokens, total } = await store.listTokens(query({ maxAgeMs: MAX_AGE, idleBefore: null, ...fields }))
  return { of: numbers(tokens).sort((a, b) => a - b), total }
}
