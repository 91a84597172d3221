/** The contract of `EndedRules`: an owner's ended tokens are limited, and recently ended ones are not deleted. */

import { deepEqual, equal } from 'node:assert/strict'
import type { InsertRules, RotateScope, TokenStore } from '../../store/token-store.ts'
import type { NewTokenRecord } from '../../token/token.ts'
import { DAY, draft, findToken, IDLE, id, NOW, numbers, put, query, type StoreTest } from './records.ts'

const LATER = NOW + 2 * DAY
/** What ended at NOW may be deleted by then. */
const RULES: InsertRules = { maxTokens: 100, maxEnded: 5, deletableBefore: NOW + DAY, now: LATER }
const SCOPE: RotateScope = { ...RULES, graceEndsAt: LATER, replaces: null }

export function boundingEnded(test: StoreTest): void {
  test('promise 15: with maxEnded ended tokens an insert deletes the oldest, ten at most', async ({
    store,
  }) => {
    for (let n = 0; n < 15; n += 1) await putEnded(store, n, NOW - n)
    equal(await insert(store, 100), 'inserted')
    deepEqual(await numbersOf(store), [0, 1, 2, 3, 4, 100], 'those that ended first are gone')
    equal(await insert(store, 101), 'inserted')
    equal(await insert(store, 102), 'inserted')
    deepEqual(await numbersOf(store), [100, 101, 102], 'the rest are as old')
  })

  test('promise 15: below maxEnded nothing is deleted, and what has not ended never is', async ({
    store,
  }) => {
    for (let n = 0; n < 4; n += 1) await putEnded(store, n, NOW)
    for (let n = 10; n < 20; n += 1) await put(store, n, { createdAt: NOW - DAY, idleFrom: 0 })
    equal(await insert(store, 100), 'inserted')
    equal((await numbersOf(store)).length, 15)
    await putEnded(store, 4, NOW)
    equal(await insert(store, 101), 'inserted')
    deepEqual(await numbersOf(store), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 100, 101])
  })

  test('promise 15: what ended too recently stays, and an owner full of it gets no token', async ({
    store,
  }) => {
    for (let n = 0; n < 5; n += 1) await putEnded(store, n, NOW + DAY)
    equal(await insert(store, 100), 'ended_limit_reached')
    deepEqual(await numbersOf(store), [0, 1, 2, 3, 4])
    equal(await insert(store, 101, { userId: 'bob' }), 'inserted', 'another owner')
    await putEnded(store, 5, NOW + DAY - 1)
    equal(await insert(store, 100), 'inserted')
    deepEqual(await numbersOf(store), [0, 1, 2, 3, 4, 100], 'the one that is old enough went')
    equal(await insert(store, 102), 'ended_limit_reached')
    equal(
      await insert(store, 102, {}, { ...RULES, deletableBefore: NOW + DAY + 1 }),
      'inserted',
      'a moment later',
    )
  })

  test('promise 15: however a token ended it counts, and rotations are bounded as inserts are', async ({
    store,
  }) => {
    await put(store, 1, { expiresAt: LATER })
    await put(store, 2, { graceEndsAt: LATER })
    for (const n of [3, 4]) await put(store, n)
    for (const n of [3, 4]) await store.revokeToken(id(n), { now: LATER })
    await put(store, 5)
    equal((await store.rotateToken(id(5), draft(6, { predecessorId: id(5) }), SCOPE)).outcome, 'changed')
    equal(await insert(store, 100), 'ended_limit_reached', 'its grace is over at that moment')
    const rotated = await store.rotateToken(id(6), draft(7, { predecessorId: id(6) }), SCOPE)
    deepEqual(rotated, { outcome: 'ended_limit_reached' })
    equal(await findToken(store, id(7)), null)
    equal((await findToken(store, id(6)))?.token.successorId, null)
    equal((await store.rotateToken(id(9), draft(7), SCOPE)).outcome, 'not_found')
    await putEnded(store, 8, NOW)
    equal((await store.rotateToken(id(6), draft(7, { predecessorId: id(6) }), SCOPE)).outcome, 'changed')
    deepEqual(await numbersOf(store), [1, 2, 3, 4, 5, 6, 7])
  })

  test('promise 15: what a removal ended counts, and goes a day after it', async ({ store }) => {
    for (let n = 0; n < 12; n += 1) await put(store, n)
    await store.setOwnerStatus('ada', 'removed', NOW + DAY)
    await store.setOwnerStatus('ada', 'active', NOW + DAY)
    equal(await insert(store, 100), 'ended_limit_reached')
    const dayLater = { ...RULES, deletableBefore: NOW + DAY + 1 }
    equal(await insert(store, 100, {}, dayLater), 'inserted')
    equal((await numbersOf(store)).length, 3)
    equal(await insert(store, 101, {}, { ...dayLater, maxTokens: 2 }), 'inserted')
    equal(await insert(store, 102, {}, { ...dayLater, maxTokens: 2 }), 'limit_reached')
  })

  test('promise 15: of a removed owner the tokens that had ended long before go first', async ({ store }) => {
    for (let n = 0; n < 5; n += 1) await put(store, n)
    await putEnded(store, 5, NOW)
    await store.setOwnerStatus('ada', 'removed', NOW + DAY)
    await store.setOwnerStatus('ada', 'active', NOW + DAY)
    equal(await insert(store, 100), 'inserted')
    deepEqual(await numbersOf(store), [0, 1, 2, 3, 4, 100])
  })

  test('pruned tokens make room at once, and those that end later do when they end', async ({
    store,
    second,
  }) => {
    for (let n = 0; n < 5; n += 1) await putEnded(store, n, NOW + DAY)
    equal(await insert(store, 100), 'ended_limit_reached')
    equal(await second.prune({ rows: 'tokens', endedBefore: NOW + DAY + 1 }, 3), 3)
    equal(await insert(second, 100, { expiresAt: LATER + 10 }), 'inserted')
    const one = { ...RULES, maxTokens: 1 }
    equal(await insert(store, 101, {}, { ...one, now: LATER + 9 }), 'limit_reached')
    equal(await insert(store, 101, {}, { ...one, now: LATER + 10 }), 'inserted')
    equal(await insert(store, 102, {}, { ...one, now: LATER + 10 }), 'limit_reached')
    await store.revokeToken(id(101), { now: LATER + 10 })
    equal(await insert(store, 102, {}, { ...one, now: LATER + 10 }), 'inserted', 'in the same millisecond')
  })

  test('a clock that is behind the one that counted refuses nobody by mistake', async ({ store, second }) => {
    const one = { ...RULES, maxTokens: 1 }
    equal(await insert(store, 1, {}, { ...one, now: LATER + 1000 }), 'inserted')
    await second.revokeToken(id(1), { now: LATER })
    equal(await insert(second, 2, {}, { ...one, now: LATER + 61_000 }), 'inserted')
    equal(await insert(second, 3, {}, { ...one, now: LATER + 61_000 }), 'limit_reached')
  })

  test('two writers at once keep both limits', async ({ store, second }) => {
    for (let n = 0; n < 4; n += 1) await putEnded(store, n, NOW + DAY)
    const writers = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? store : second))
    const outcomes = await Promise.all(
      writers.map((writer, n) =>
        insert(writer, 100 + n, { expiresAt: LATER + 1 }, { ...RULES, maxTokens: 7 }),
      ),
    )
    equal(outcomes.filter((outcome) => outcome === 'inserted').length, 7)
    equal(await insert(second, 200, {}, { ...RULES, now: LATER + 1 }), 'ended_limit_reached')
  })
}

function putEnded(store: TokenStore, n: number, at: number) {
  return put(store, n, { status: 'revoked', revokedAt: at })
}

async function insert(
  store: TokenStore,
  n: number,
  fields: Partial<NewTokenRecord> = {},
  rules: InsertRules = RULES,
): Promise<string> {
  return (await store.insertToken(draft(n, fields), rules)).outcome
}

async function numbersOf(store: TokenStore): Promise<number[]> {
  return numbers((await store.listTokens(query({ now: LATER, idleBefore: LATER - IDLE }))).tokens)
}
