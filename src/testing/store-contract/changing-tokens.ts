/** The contract of `updateToken` and `revokeToken`: one statement decides and writes just what it was given. */

import { deepEqual, equal } from 'node:assert/strict'
import type { TokenStore } from '../../store/token-store.ts'
import { DAY, hasFields, IDLE, id, NOW, put, rowOf, type StoreTest } from './records.ts'

const LATER = NOW + DAY
const ANYONE = { now: LATER, idleBefore: LATER - IDLE }

export function changingTokens(test: StoreTest): void {
  test('a field that is left out does not change, null clears it', async ({ store }) => {
    const token = await put(store, 1, { name: 'ci', description: 'for the build' })
    const renamed = await store.updateToken(id(1), { name: 'cd' }, ANYONE)
    deepEqual(renamed, { outcome: 'changed', token: { ...token, name: 'cd', updatedAt: LATER } })
    await store.updateToken(id(1), { description: null }, ANYONE)
    deepEqual(await rowOf(store, 1), { ...token, name: 'cd', description: null, updatedAt: LATER })
  })

  test('without a field nothing changes', async ({ store }) => {
    const token = await put(store, 1)
    deepEqual(await store.updateToken(id(1), {}, ANYONE), { outcome: 'unchanged', token })
    deepEqual(await store.updateToken(id(2), {}, ANYONE), { outcome: 'not_found' })
    await store.revokeToken(id(1), { now: NOW })
    equal((await store.updateToken(id(1), {}, ANYONE)).outcome, 'ended')
  })

  test('a concurrent status change and rename are both stored', async ({ store, second }) => {
    await put(store, 1)
    await Promise.all([
      store.updateToken(id(1), { status: 'inactive' }, ANYONE),
      second.updateToken(id(1), { name: 'renamed' }, ANYONE),
    ])
    hasFields(await rowOf(store, 1), { status: 'inactive', name: 'renamed' })
  })

  test('disabling stores the reason, enabling restarts the idle clock', async ({ store }) => {
    await put(store, 1)
    await store.updateToken(id(1), { status: 'inactive' }, { ...ANYONE, now: NOW + 1 })
    hasFields(await rowOf(store, 1), { status: 'inactive', statusReason: 'disabled', idleFrom: NOW })
    await store.updateToken(id(1), { status: 'active' }, ANYONE)
    hasFields(await rowOf(store, 1), {
      status: 'active',
      statusReason: null,
      idleFrom: LATER,
      lastUsedAt: null,
      updatedAt: LATER,
    })
  })

  test('promise 6: enabling an active token restarts the idle clock only if the token is idle by the clock', async ({
    store,
  }) => {
    await put(store, 1)
    await put(store, 2)
    const atTheEnd = { now: NOW + IDLE, idleBefore: NOW }
    await store.updateToken(id(1), { status: 'active' }, atTheEnd)
    equal((await rowOf(store, 1)).idleFrom, NOW, 'exactly 30 days are not idle')
    await store.updateToken(id(1), { status: 'active' }, { now: NOW + IDLE + 1, idleBefore: NOW + 1 })
    equal((await rowOf(store, 1)).idleFrom, NOW + IDLE + 1)
    await store.updateToken(id(2), { status: 'active' }, { now: NOW + 10 * IDLE, idleBefore: null })
    equal((await rowOf(store, 2)).idleFrom, NOW, 'without an idle timeout nothing is idle')
  })

  test('a token that was marked idle can be enabled', async ({ store }) => {
    await put(store, 1)
    await store.markIdle(NOW + 1, 10)
    await store.updateToken(id(1), { status: 'active' }, ANYONE)
    hasFields(await rowOf(store, 1), { status: 'active', statusReason: null, idleFrom: LATER })
  })

  test('a token that is revoked or expired, or whose owner is removed, cannot be changed', async ({
    store,
  }) => {
    await put(store, 1)
    await store.revokeToken(id(1), { now: NOW })
    await put(store, 2, { expiresAt: LATER })
    await put(store, 3, { userId: 'gone' })
    await store.setOwnerStatus('gone', 'removed', NOW)
    await store.setOwnerStatus('gone', 'active', NOW)
    for (const n of [1, 2, 3]) {
      const before = await rowOf(store, n)
      const outcome = await store.updateToken(id(n), { name: 'new', status: 'active' }, ANYONE)
      deepEqual(outcome, { outcome: 'ended', token: before })
      deepEqual(await rowOf(store, n), before)
    }
    equal(
      (await store.updateToken(id(2), { name: 'new' }, { ...ANYONE, now: LATER - 1 })).outcome,
      'changed',
      'a millisecond before its expiry it has not ended',
    )
  })

  test('revoking stores the time once: a second call does not change the row', async ({ store }) => {
    const token = await put(store, 1)
    const revoked = { ...token, status: 'revoked', statusReason: null, revokedAt: LATER, updatedAt: LATER }
    deepEqual(await store.revokeToken(id(1), { now: LATER }), { outcome: 'changed', token: revoked })
    deepEqual(await store.revokeToken(id(1), { now: LATER + 1 }), { outcome: 'unchanged', token: revoked })
    deepEqual(await rowOf(store, 1), revoked)
  })

  test('of two concurrent revocations one changes the row', async ({ store, second }) => {
    await put(store, 1)
    const outcomes = await Promise.all([
      store.revokeToken(id(1), { now: LATER }),
      second.revokeToken(id(1), { now: LATER }),
    ])
    deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['changed', 'unchanged'])
  })

  test('disabled, idle and expired tokens can be revoked', async ({ store }) => {
    await put(store, 1)
    await store.updateToken(id(1), { status: 'inactive' }, ANYONE)
    await put(store, 2, { idleFrom: NOW - IDLE })
    await store.markIdle(NOW, 1)
    await put(store, 3, { expiresAt: NOW })
    for (const n of [1, 2, 3]) {
      equal((await store.revokeToken(id(n), { now: LATER })).outcome, 'changed')
      hasFields(await rowOf(store, n), { status: 'revoked', statusReason: null, revokedAt: LATER })
    }
  })

  test('promise 8: with a user, another user’s token is not found and stays as it is', async ({ store }) => {
    const token = await put(store, 1, { userId: 'Ann' })
    await store.setOwnerStatus('bob', 'active', NOW)
    for (const userId of ['bob', 'ann', 'ANN', 'Ann ', 'Án', 'nobody', '']) {
      const scope = { ...ANYONE, userId }
      deepEqual(await store.updateToken(id(1), { name: 'mine' }, scope), { outcome: 'not_found' }, userId)
      deepEqual(await store.revokeToken(id(1), scope), { outcome: 'not_found' }, userId)
    }
    deepEqual(await rowOf(store, 1), token)
    equal((await store.updateToken(id(1), { name: 'x' }, { ...ANYONE, userId: 'Ann' })).outcome, 'changed')
  })

  test('an unknown id is not found, with a user and without', async ({ store }) => {
    for (const scope of [ANYONE, { ...ANYONE, userId: 'ada' }]) {
      deepEqual(await store.updateToken(id(1), { name: 'x' }, scope), { outcome: 'not_found' })
      deepEqual(await store.revokeToken(id(1), scope), { outcome: 'not_found' })
    }
  })

  test('promise 9: with a user who is not active nothing changes, without one the host may', async ({
    store,
  }) => {
    const token = await put(store, 1)
    for (const status of ['inactive', 'removed'] as const) {
      await store.setOwnerStatus('ada', status, NOW)
      deepEqual(await changesByOwner(store), ['owner_inactive', 'owner_inactive', 'owner_inactive'], status)
    }
    deepEqual(await rowOf(store, 1), token)
    await store.setOwnerStatus('bob', 'active', NOW)
    await put(store, 2, { userId: 'bob' })
    await store.setOwnerStatus('bob', 'inactive', NOW)
    equal((await store.updateToken(id(2), { name: 'x' }, ANYONE)).outcome, 'changed')
    equal((await store.revokeToken(id(1), ANYONE)).outcome, 'changed', 'a removed owner’s token, by the host')
  })
}

async function changesByOwner(store: TokenStore): Promise<string[]> {
  const scope = { ...ANYONE, userId: 'ada' }
  const outcomes = [
    await store.updateToken(id(1), { name: 'new' }, scope),
    await store.updateToken(id(1), {}, scope),
    await store.revokeToken(id(1), scope),
  ]
  return outcomes.map(({ outcome }) => outcome)
}
