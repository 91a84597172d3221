/** The contract of `updateToken` and `revokeToken`: one statement decides and writes just what it was given. */

import { deepEqual, equal } from 'node:assert/strict'
import type { TokenStore } from '../../store/token-store.ts'
import { DAY, hasFields, IDLE, id, NOW, put, rowOf, type StoreTest } from './records.ts'

const LATER = NOW + DAY
const ANYONE = { now: LATER, idleBefore: LATER - IDLE }

export function changingTokens(test: StoreTest): void {
  test('a field that is left out is left alone, null clears', async ({ store }) => {
    const token = await put(store, 1, { name: 'ci', description: 'for the build' })
    const renamed = await store.updateToken(id(1), { name: 'cd' }, ANYONE)
    deepEqual(renamed, { outcome: 'changed', token: { ...token, name: 'cd', updatedAt: LATER } })
    await store.updateToken(id(1), { description: null }, ANYONE)
    deepEqual(await rowOf(store, 1), { ...token, name: 'cd', description: null, updatedAt: LATER })
  })

  test('no field at all is no change, of a token that could be changed', async ({ store }) => {
    const token = await put(store, 1)
    deepEqual(await store.updateToken(id(1), {}, ANYONE), { outcome: 'unchanged', token })
    deepEqual(await store.updateToken(id(2), {}, ANYONE), { outcome: 'not_found' })
    await store.revokeToken(id(1), { now: NOW })
    equal((await store.updateToken(id(1), {}, ANYONE)).outcome, 'ended')
  })

  test('a switch and a rename made at once both last', async ({ store, second }) => {
    await put(store, 1)
    await Promise.all([
      store.updateToken(id(1), { status: 'inactive' }, ANYONE),
      second.updateToken(id(1), { name: 'renamed' }, ANYONE),
    ])
    hasFields(await rowOf(store, 1), { status: 'inactive', name: 'renamed' })
  })

  test('switching off says so, switching on starts the idle clock anew', async ({ store }) => {
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

  test('promise 6: switching on what is active moves the idle clock only when the clock says idle', async ({
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

  test('a token that the sweeper marked is woken by switching it on', async ({ store }) => {
    await put(store, 1)
    await store.markIdle(NOW + 1, 10)
    await store.updateToken(id(1), { status: 'active' }, ANYONE)
    hasFields(await rowOf(store, 1), { status: 'active', statusReason: null, idleFrom: LATER })
  })

  test('what has ended cannot be changed: revoked, expired, its owner removed', async ({ store }) => {
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

  test('revoking writes the moment, once: a second time leaves the row as it is', async ({ store }) => {
    const token = await put(store, 1)
    const revoked = { ...token, status: 'revoked', statusReason: null, revokedAt: LATER, updatedAt: LATER }
    deepEqual(await store.revokeToken(id(1), { now: LATER }), { outcome: 'changed', token: revoked })
    deepEqual(await store.revokeToken(id(1), { now: LATER + 1 }), { outcome: 'unchanged', token: revoked })
    deepEqual(await rowOf(store, 1), revoked)
  })

  test('two revokes at once: one changes, the other finds it done', async ({ store, second }) => {
    await put(store, 1)
    const outcomes = await Promise.all([
      store.revokeToken(id(1), { now: LATER }),
      second.revokeToken(id(1), { now: LATER }),
    ])
    deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['changed', 'unchanged'])
  })

  test('whatever is not revoked can be: switched off, idle, expired', async ({ store }) => {
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

  test('an id that is not there is not found, with a user and without', async ({ store }) => {
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
