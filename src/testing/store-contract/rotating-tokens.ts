/** The contract of `rotateToken`, `endPredecessor` and what a revoke does to a rotation. */

import { deepEqual, equal } from 'node:assert/strict'
import type { RotateScope, TokenStore } from '../../store/token-store.ts'
import {
  DAY,
  draft,
  findToken,
  hasFields,
  IDLE,
  id,
  MANY_ENDED,
  NOW,
  numbers,
  put,
  query,
  rowOf,
  type StoreTest,
} from './records.ts'

const LATER = NOW + 1000
const GRACE_END = LATER + DAY
const SCOPE: RotateScope = { ...MANY_ENDED, now: LATER, graceEndsAt: GRACE_END, replaces: null }

export function rotatingTokens(test: StoreTest): void {
  test('a rotation writes both rows, each with the name of the other', async ({ store }) => {
    const old = await put(store, 1)
    const rotated = { ...old, successorId: id(2), graceEndsAt: GRACE_END, updatedAt: LATER }
    deepEqual(await rotate(store, 1, 2), { outcome: 'changed', token: rotated })
    deepEqual(await rowOf(store, 1), rotated)
    deepEqual(await rowOf(store, 2), { ...successor(1, 2), generation: old.generation })
  })

  test('two rotations at once: one successor, the other changes nothing', async ({ store, second }) => {
    await put(store, 1)
    const outcomes = await Promise.all([rotate(store, 1, 2), rotate(second, 1, 3)])
    deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['changed', 'unchanged'])
    const { successorId } = await rowOf(store, 1)
    deepEqual(
      (await store.listTokens(query())).tokens.map((token) => token.id),
      [id(1), successorId],
      'of the loser nothing is left',
    )
  })

  test('an unused successor is replaced by name only, and revoked then', async ({ store }) => {
    await put(store, 1)
    await rotate(store, 1, 2)
    const before = await rowOf(store, 1)
    for (const replaces of [null, id(9)]) {
      deepEqual(await rotate(store, 1, 3, { replaces }), { outcome: 'unchanged', token: before })
    }
    equal(await findToken(store, id(3)), null)
    equal((await rotate(store, 1, 3, { replaces: id(2), now: LATER + 1 })).outcome, 'changed')
    hasFields(await rowOf(store, 1), { successorId: id(3), status: 'active' })
    hasFields(await rowOf(store, 2), { status: 'revoked', statusReason: 'rotated', revokedAt: LATER + 1 })
    hasFields(await rowOf(store, 3), { status: 'active', predecessorId: id(1) })
  })

  test('only an active token that has not ended is rotated, and the limit does not count', async ({
    store,
  }) => {
    await put(store, 1, { status: 'inactive', statusReason: 'disabled' })
    await put(store, 2, { status: 'revoked', revokedAt: NOW })
    await put(store, 3, { expiresAt: LATER })
    await put(store, 4, { successorId: id(99), graceEndsAt: LATER })
    await put(store, 5, { userId: 'gone' })
    await store.setOwnerStatus('gone', 'removed', NOW)
    await store.setOwnerStatus('gone', 'active', NOW)
    const outcomes = []
    for (const n of [1, 2, 3, 4, 5, 6]) {
      const before = await findToken(store, id(n))
      const replaces = before?.token.successorId ?? null
      outcomes.push((await rotate(store, n, 10 + n, { replaces }, before?.token.userId)).outcome)
      deepEqual(await findToken(store, id(n)), before)
      equal(await findToken(store, id(10 + n)), null)
    }
    deepEqual(outcomes, ['unchanged', 'ended', 'ended', 'ended', 'ended', 'not_found'])
  })

  test('promise 8: with a user, another user’s token is not found', async ({ store }) => {
    const token = await put(store, 1)
    await store.setOwnerStatus('bob', 'active', NOW)
    deepEqual(await rotate(store, 1, 2, { userId: 'bob' }), { outcome: 'not_found' })
    deepEqual(await rowOf(store, 1), token)
    equal((await rotate(store, 1, 2, { userId: 'ada' })).outcome, 'changed')
  })

  test('promise 9: of an owner who is not active nothing is rotated, by the host neither', async ({
    store,
  }) => {
    const token = await put(store, 1)
    for (const status of ['inactive', 'removed'] as const) {
      await store.setOwnerStatus('ada', status, NOW)
      for (const scope of [{}, { userId: 'ada' }]) {
        deepEqual(await rotate(store, 1, 2, scope), { outcome: 'owner_inactive' }, status)
      }
    }
    deepEqual(await rowOf(store, 1), token)
    equal(await findToken(store, id(2)), null)
  })

  test('the first use of a successor revokes its predecessor, once', async ({ store, second }) => {
    await put(store, 1)
    await rotate(store, 1, 2)
    const before = await rowOf(store, 1)
    const revoked = { status: 'revoked', statusReason: 'rotated', revokedAt: NOW + DAY, updatedAt: NOW + DAY }
    const ends = await Promise.all([end(store, 1, 2), end(second, 1, 2), end(store, 1, 2)])
    deepEqual(
      ends.filter((ended) => ended !== null),
      [{ ...before, ...revoked }],
    )
    deepEqual(await rowOf(store, 1), { ...before, ...revoked })
    hasFields(await rowOf(store, 2), { status: 'active', predecessorId: null, updatedAt: LATER })
  })

  test('what is not the token’s successor, or is revoked, ends nothing', async ({ store }) => {
    await put(store, 1)
    await put(store, 9)
    await rotate(store, 1, 2)
    const before = await rowOf(store, 1)
    equal(await end(store, 1, 9), null)
    equal(await end(store, 9, 2), null)
    equal(await end(store, 1, 7), null)
    await rotate(store, 1, 3, { replaces: id(2) })
    equal(await end(store, 1, 2), null, 'it was replaced itself')
    deepEqual(await rowOf(store, 1), { ...before, successorId: id(3) })
  })

  test('a predecessor that was revoked for another reason stays what it is', async ({ store }) => {
    await put(store, 1)
    await rotate(store, 1, 2)
    await store.revokeToken(id(1), { now: LATER })
    equal(await end(store, 1, 2), null)
    hasFields(await rowOf(store, 1), { status: 'revoked', statusReason: null, revokedAt: LATER })
    equal((await rowOf(store, 2)).predecessorId, null)
  })

  test('revoking the unused successor cancels the rotation, unless the grace has ended', async ({
    store,
  }) => {
    for (const [n, now, cancelled] of [
      [10, GRACE_END - 1, true],
      [20, GRACE_END, false],
    ] as const) {
      await put(store, n)
      await rotate(store, n, n + 1)
      equal((await store.revokeToken(id(n + 1), { now })).outcome, 'changed')
      const { successorId, graceEndsAt, status } = await rowOf(store, n)
      deepEqual(
        { successorId, graceEndsAt, status },
        cancelled
          ? { successorId: null, graceEndsAt: null, status: 'active' }
          : { successorId: id(n + 1), graceEndsAt: GRACE_END, status: 'active' },
      )
      const rows = [await rowOf(store, n), await rowOf(store, n + 1)]
      equal(await end(store, n, n + 1), null, 'a revoked successor ends nothing')
      deepEqual([await rowOf(store, n), await rowOf(store, n + 1)], rows)
    }
  })

  test('revoking an unused successor with undoesRotation cancels the rotation also after the grace', async ({
    store,
  }) => {
    await put(store, 1)
    const before = await rowOf(store, 1)
    await rotate(store, 1, 2, { graceEndsAt: LATER })
    await store.revokeToken(id(2), { now: LATER, undoesRotation: true })
    deepEqual(await rowOf(store, 1), { ...before, updatedAt: LATER })
    equal((await rowOf(store, 2)).status, 'revoked')
  })

  test('revoking a used successor brings nothing back', async ({ store }) => {
    await put(store, 1)
    await rotate(store, 1, 2)
    await end(store, 1, 2)
    const before = await rowOf(store, 1)
    await store.revokeToken(id(2), { now: LATER })
    deepEqual(await rowOf(store, 1), before)
  })

  test('at the end of its grace a token is revoked: in lists, for changes, for the limit', async ({
    store,
  }) => {
    await put(store, 1, { expiresAt: GRACE_END })
    await rotate(store, 1, 2)
    const at = async (now: number) => {
      const named = async (status: 'active' | 'revoked' | 'expired') =>
        numbers((await store.listTokens(query({ statuses: [status], now, idleBefore: now - IDLE }))).tokens)
      return {
        active: await named('active'),
        revoked: await named('revoked'),
        expired: await named('expired'),
      }
    }
    deepEqual(await at(GRACE_END - 1), { active: [1, 2], revoked: [], expired: [] })
    deepEqual(await at(GRACE_END), { active: [2], revoked: [1], expired: [] })
    const ended = { now: GRACE_END, idleBefore: GRACE_END - IDLE }
    equal((await store.updateToken(id(1), { name: 'x' }, ended)).outcome, 'ended')
    const room = { ...MANY_ENDED, maxTokens: 2 }
    equal((await store.insertToken(draft(3), { ...room, now: GRACE_END - 1 })).outcome, 'limit_reached')
    equal((await store.insertToken(draft(3), { ...room, now: GRACE_END })).outcome, 'inserted')
  })

  test('a token whose grace ended before the moment is pruned', async ({ store }) => {
    await put(store, 1)
    await rotate(store, 1, 2)
    equal(await store.prune({ rows: 'tokens', endedBefore: GRACE_END }, 10), 0)
    equal(await store.prune({ rows: 'tokens', endedBefore: GRACE_END + 1 }, 10), 1)
    equal(await findToken(store, id(1)), null)
    equal(await end(store, 1, 2), null, 'its successor is used all the same')
    equal((await rowOf(store, 2)).predecessorId, null)
  })
}

function successor(old: number, n: number, userId = 'ada') {
  return draft(n, { userId, createdAt: LATER, updatedAt: LATER, idleFrom: LATER, predecessorId: id(old) })
}

function rotate(store: TokenStore, old: number, n: number, scope: Partial<RotateScope> = {}, owner = 'ada') {
  return store.rotateToken(id(old), successor(old, n, owner), { ...SCOPE, ...scope })
}

function end(store: TokenStore, old: number, n: number) {
  return store.endPredecessor({ successorId: id(n), predecessorId: id(old) }, NOW + DAY)
}
