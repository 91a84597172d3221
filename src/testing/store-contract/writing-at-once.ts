/** The contract of two concurrent writers of the same tokens: nothing is lost and nothing is reactivated. */

import { deepEqual, equal, ok } from 'node:assert/strict'
import type { TokenStore } from '../../store/token-store.ts'
import {
  DAY,
  daysFrom,
  draft,
  findToken,
  hasFields,
  IDLE,
  id,
  MANY_ENDED,
  NOW,
  put,
  query,
  rowOf,
  type StoreTest,
} from './records.ts'

const TOKENS = 24
const FLUSHES = 10
const USED_AT = NOW + DAY
/** A time after every use, at which no used token is idle. */
const LATER = USED_AT + 1000
const RULES = { now: LATER, dayStart: NOW + DAY, idleTimeoutMs: IDLE }
const SCOPE = { now: LATER, idleBefore: null }

export function writingAtOnce(test: StoreTest): void {
  test('promise 7: concurrent revocations, updates, flushes and sweeps lose nothing and reactivate nothing', async ({
    store,
    second,
  }) => {
    const all = Array.from({ length: TOKENS }, (_, n) => n)
    for (const n of all) await put(store, n)
    await Promise.all([...all.map((n) => changed(n, store, second)), flushed(all, store, second)])
    for (const n of all) {
      const { useCount, lastUsedAt, idleFrom } = await rowOf(store, n)
      deepEqual([useCount, lastUsedAt, idleFrom], [2 * FLUSHES, USED_AT, USED_AT], `token ${n}`)
      deepEqual(await second.dailyUses(id(n), daysFrom(NOW)), [
        { dayStart: NOW + DAY, requests: 2 * FLUSHES },
      ])
      hasFields(await rowOf(store, n), EXPECTED[n % KINDS] ?? {}, `token ${n}`)
    }
  })

  test('promise 4: after a concurrent revocation and enabling, the token is revoked', async ({
    store,
    second,
  }) => {
    for (let n = 0; n < 10; n += 1) {
      await put(store, n, { status: 'inactive', statusReason: 'disabled' })
      const writes = [
        () => store.updateToken(id(n), { status: 'active' }, SCOPE),
        () => second.revokeToken(id(n), { now: LATER }),
      ]
      // Either is the first to ask.
      if (n % 2 === 0) writes.reverse()
      await Promise.all(writes.map((write) => write()))
      hasFields(await rowOf(store, n), { status: 'revoked', statusReason: null, revokedAt: LATER })
    }
  })

  test('a rotation and a revoke at once: the old one is revoked, and a successor is whole or not there', async ({
    store,
    second,
  }) => {
    for (let n = 0; n < 10; n += 1) {
      await put(store, n)
      const [rotated, revoked] = await Promise.all([
        rotate(store, n),
        second.revokeToken(id(n), { now: LATER }),
      ])
      equal(revoked.outcome, 'changed')
      equal((await rowOf(store, n)).status, 'revoked')
      const successor = await findToken(second, id(n + 100))
      equal(rotated.outcome, successor === null ? 'ended' : 'changed')
      equal((await rowOf(store, n)).successorId, successor === null ? null : id(n + 100))
    }
  })

  test('the first use of a successor and its revoke at once: its predecessor ends with it, or is as before', async ({
    store,
    second,
  }) => {
    for (let n = 0; n < 10; n += 1) {
      await put(store, n)
      await rotate(store, n)
      const succession = { successorId: id(n + 100), predecessorId: id(n) }
      const [ended] = await Promise.all([
        store.endPredecessor(succession, LATER),
        second.revokeToken(id(n + 100), { now: LATER }),
      ])
      equal((await rowOf(store, n + 100)).status, 'revoked')
      hasFields(
        await rowOf(store, n),
        ended === null
          ? { status: 'active', successorId: null, graceEndsAt: null }
          : { status: 'revoked', statusReason: 'rotated', successorId: id(n + 100) },
      )
    }
  })

  test('promise 9: what is issued or rotated while its owner is removed does not outlive the removal', async ({
    store,
    second,
  }) => {
    for (let round = 0; round < 10; round += 1) {
      const [userId, n] = [`user-${round}`, 3 * round]
      await put(store, n, { userId })
      await Promise.all([
        store.insertToken(draft(n + 1, { userId }), { ...MANY_ENDED, maxTokens: 100, now: LATER }),
        second.setOwnerStatus(userId, 'removed', LATER),
        store.rotateToken(id(n), draft(n + 2, { userId, predecessorId: id(n) }), {
          ...{ ...MANY_ENDED, now: LATER, graceEndsAt: LATER + DAY, replaces: null },
        }),
      ])
      await second.setOwnerStatus(userId, 'active', LATER)
      const { owner } = await store.listTokens(query({ userId }))
      for (const number of [n, n + 1, n + 2]) {
        const found = await findToken(store, id(number))
        ok(found === null || found.token.generation < (owner?.generation ?? 0), `token ${number}`)
      }
      equal((await store.listTokens(query({ userId, statuses: ['active'], now: LATER }))).total, 0)
    }
  })
}

const KINDS = 4

/** What the n-th token is in the end, however the writers met. One that was in use is not idle. */
const EXPECTED: readonly object[] = [
  { status: 'revoked', statusReason: null, revokedAt: LATER },
  { status: 'inactive', statusReason: 'disabled', name: 'renamed' },
  { status: 'active', statusReason: null, name: 'renamed', description: 'described' },
  { status: 'active', statusReason: null },
]

async function changed(n: number, store: TokenStore, second: TokenStore): Promise<unknown> {
  switch (n % KINDS) {
    case 0:
      return Promise.all([store.revokeToken(id(n), SCOPE), second.updateToken(id(n), { name: 'x' }, SCOPE)])
    case 1:
      return Promise.all([
        store.updateToken(id(n), { status: 'inactive' }, SCOPE),
        second.updateToken(id(n), { name: 'renamed' }, SCOPE),
      ])
    case 2:
      return Promise.all([
        store.updateToken(id(n), { name: 'renamed' }, SCOPE),
        second.updateToken(id(n), { description: 'described' }, SCOPE),
      ])
    default:
      return second.markIdle(NOW + 1, TOKENS)
  }
}

async function flushed(tokens: readonly number[], store: TokenStore, second: TokenStore): Promise<void> {
  const uses = tokens.map((n) => ({ tokenId: id(n), count: 1, lastUsedAt: USED_AT }))
  await Promise.all(
    Array.from({ length: FLUSHES }, () => [store, second])
      .flat()
      .map((writer) => writer.recordUses(uses, RULES)),
  )
}

function rotate(store: TokenStore, n: number) {
  const successor = draft(n + 100, { predecessorId: id(n) })
  return store.rotateToken(id(n), successor, {
    ...MANY_ENDED,
    now: LATER,
    graceEndsAt: LATER + DAY,
    replaces: null,
  })
}
