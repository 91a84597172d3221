/** The contract of `updateToken` and `revokeToken`: one statement decides and writes just what it was given. */

import type { Test } from 'tap'
import type { TokenStore } from '../../../src/store/token-store.ts'
import { DAY, IDLE, id, type MakeStore, NOW, put, rowOf } from './records.ts'

const LATER = NOW + DAY
const ANYONE = { now: LATER, idleBefore: LATER - IDLE }

export function changingTokens(t: Test, makeStore: MakeStore): void {
  t.test('a field that is left out is left alone, null clears', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1, { name: 'ci', description: 'for the build' })
    const renamed = await store.updateToken(id(1), { name: 'cd' }, ANYONE)
    t.same(renamed, { outcome: 'changed', token: { ...token, name: 'cd', updatedAt: LATER } })
    await store.updateToken(id(1), { description: null }, ANYONE)
    t.same(await rowOf(store, 1), { ...token, name: 'cd', description: null, updatedAt: LATER })
  })

  t.test('no field at all is no change, of a token that could be changed', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1)
    t.same(await store.updateToken(id(1), {}, ANYONE), { outcome: 'unchanged', token })
    t.same(await store.updateToken(id(2), {}, ANYONE), { outcome: 'not_found' })
    await store.revokeToken(id(1), { now: NOW })
    t.equal((await store.updateToken(id(1), {}, ANYONE)).outcome, 'ended')
  })

  t.test('a switch and a rename made at once both last', async (t) => {
    const { store, second } = await makeStore(t)
    await put(store, 1)
    await Promise.all([
      store.updateToken(id(1), { status: 'inactive' }, ANYONE),
      second.updateToken(id(1), { name: 'renamed' }, ANYONE),
    ])
    t.match(await rowOf(store, 1), { status: 'inactive', name: 'renamed' })
  })

  t.test('switching off says so, switching on starts the idle clock anew', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await store.updateToken(id(1), { status: 'inactive' }, { ...ANYONE, now: NOW + 1 })
    t.match(await rowOf(store, 1), { status: 'inactive', statusReason: 'switched_off', idleFrom: NOW })
    await store.updateToken(id(1), { status: 'active' }, ANYONE)
    t.match(await rowOf(store, 1), {
      status: 'active',
      statusReason: null,
      idleFrom: LATER,
      lastUsedAt: null,
      updatedAt: LATER,
    })
  })

  t.test(
    'promise 6: switching on what is active moves the idle clock only when the clock says idle',
    async (t) => {
      const { store } = await makeStore(t)
      await put(store, 1)
      await put(store, 2)
      const atTheEnd = { now: NOW + IDLE, idleBefore: NOW }
      await store.updateToken(id(1), { status: 'active' }, atTheEnd)
      t.equal((await rowOf(store, 1)).idleFrom, NOW, 'exactly 30 days are not idle')
      await store.updateToken(id(1), { status: 'active' }, { now: NOW + IDLE + 1, idleBefore: NOW + 1 })
      t.equal((await rowOf(store, 1)).idleFrom, NOW + IDLE + 1)
      await store.updateToken(id(2), { status: 'active' }, { now: NOW + 10 * IDLE, idleBefore: null })
      t.equal((await rowOf(store, 2)).idleFrom, NOW, 'without an idle timeout nothing is idle')
    },
  )

  t.test('a token that the sweeper marked is woken by switching it on', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await store.markIdle(NOW + 1, 10)
    await store.updateToken(id(1), { status: 'active' }, ANYONE)
    t.match(await rowOf(store, 1), { status: 'active', statusReason: null, idleFrom: LATER })
  })

  t.test('what has ended cannot be changed: revoked, expired, its owner removed', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await store.revokeToken(id(1), { now: NOW })
    await put(store, 2, { expiresAt: LATER })
    await put(store, 3, { userId: 'gone' })
    await store.setOwnerStatus('gone', 'removed', NOW)
    await store.setOwnerStatus('gone', 'active', NOW)
    for (const n of [1, 2, 3]) {
      const before = await rowOf(store, n)
      const outcome = await store.updateToken(id(n), { name: 'new', status: 'active' }, ANYONE)
      t.same(outcome, { outcome: 'ended', token: before })
      t.same(await rowOf(store, n), before)
    }
    t.equal(
      (await store.updateToken(id(2), { name: 'new' }, { ...ANYONE, now: LATER - 1 })).outcome,
      'changed',
      'a millisecond before its expiry it has not ended',
    )
  })

  t.test('revoking writes the moment, once: a second time leaves the row as it is', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1)
    const revoked = { ...token, status: 'revoked', statusReason: null, revokedAt: LATER, updatedAt: LATER }
    t.same(await store.revokeToken(id(1), { now: LATER }), { outcome: 'changed', token: revoked })
    t.same(await store.revokeToken(id(1), { now: LATER + 1 }), { outcome: 'unchanged', token: revoked })
    t.same(await rowOf(store, 1), revoked)
  })

  t.test('two revokes at once: one changes, the other finds it done', async (t) => {
    const { store, second } = await makeStore(t)
    await put(store, 1)
    const outcomes = await Promise.all([
      store.revokeToken(id(1), { now: LATER }),
      second.revokeToken(id(1), { now: LATER }),
    ])
    t.same(outcomes.map(({ outcome }) => outcome).sort(), ['changed', 'unchanged'])
  })

  t.test('whatever is not revoked can be: switched off, idle, expired', async (t) => {
    const { store } = await makeStore(t)
    await put(store, 1)
    await store.updateToken(id(1), { status: 'inactive' }, ANYONE)
    await put(store, 2, { idleFrom: NOW - IDLE })
    await store.markIdle(NOW, 1)
    await put(store, 3, { expiresAt: NOW })
    for (const n of [1, 2, 3]) {
      t.equal((await store.revokeToken(id(n), { now: LATER })).outcome, 'changed')
      t.match(await rowOf(store, n), { status: 'revoked', statusReason: null, revokedAt: LATER })
    }
  })

  t.test('promise 8: with a user, another user’s token is not found and stays as it is', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1, { userId: 'Ann' })
    await store.setOwnerStatus('bob', 'active', NOW)
    for (const userId of ['bob', 'ann', 'ANN', 'Ann ', 'Án', 'nobody', '']) {
      const scope = { ...ANYONE, userId }
      t.same(await store.updateToken(id(1), { name: 'mine' }, scope), { outcome: 'not_found' }, userId)
      t.same(await store.revokeToken(id(1), scope), { outcome: 'not_found' }, userId)
    }
    t.same(await rowOf(store, 1), token)
    t.equal((await store.updateToken(id(1), { name: 'x' }, { ...ANYONE, userId: 'Ann' })).outcome, 'changed')
  })

  t.test('an id that is not there is not found, with a user and without', async (t) => {
    const { store } = await makeStore(t)
    for (const scope of [ANYONE, { ...ANYONE, userId: 'ada' }]) {
      t.same(await store.updateToken(id(1), { name: 'x' }, scope), { outcome: 'not_found' })
      t.same(await store.revokeToken(id(1), scope), { outcome: 'not_found' })
    }
  })

  t.test('promise 9: with a user who is not active nothing changes, without one the host may', async (t) => {
    const { store } = await makeStore(t)
    const token = await put(store, 1)
    for (const status of ['inactive', 'removed'] as const) {
      await store.setOwnerStatus('ada', status, NOW)
      t.same(await changesByOwner(store), ['owner_inactive', 'owner_inactive', 'owner_inactive'], status)
    }
    t.same(await rowOf(store, 1), token)
    await store.setOwnerStatus('bob', 'active', NOW)
    await put(store, 2, { userId: 'bob' })
    await store.setOwnerStatus('bob', 'inactive', NOW)
    t.equal((await store.updateToken(id(2), { name: 'x' }, ANYONE)).outcome, 'changed')
    t.equal(
      (await store.revokeToken(id(1), ANYONE)).outcome,
      'changed',
      'a removed owner’s token, by the host',
    )
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
