/** The contract of `updateToken` with `limits`: they change with their seal, and only over the seal that was read. */

import { deepEqual, equal } from 'node:assert/strict'
import type { SealedLimits } from '../../store/token-store.ts'
import { findToken, hasFields, id, MANY_ENDED, NOW, put, rowOf, type StoreTest } from './records.ts'

const SCOPE = { now: NOW + 1, idleBefore: null }

const LIMITS: SealedLimits = {
  metadata: { team: 'core', tags: ['a', 1, null] },
  allowedIps: ['192.0.2.0/24', '2001:db8::/32'],
  rateLimit: { max: 10, timeWindow: 60_000 },
  seal: 'the new seal',
  previousSeal: 'seal of 1',
}

export function limitingTokens(test: StoreTest): void {
  test('limits are written together with the seal of the changed row', async ({ store }) => {
    const before = await put(store, 1)
    const change = await store.updateToken(id(1), { limits: LIMITS, name: 'renamed' }, SCOPE)
    equal(change.outcome, 'changed')
    const { previousSeal, ...written } = LIMITS
    equal(previousSeal, before.seal)
    deepEqual(await rowOf(store, 1), { ...before, ...written, name: 'renamed', updatedAt: NOW + 1 })
  })

  test('limits that are null are removed', async ({ store }) => {
    await put(store, 1, {
      metadata: { a: 1 },
      allowedIps: ['192.0.2.1/32'],
      rateLimit: { max: 1, timeWindow: 1 },
    })
    const none = { metadata: null, allowedIps: null, rateLimit: null }
    await store.updateToken(id(1), { limits: { ...LIMITS, ...none } }, SCOPE)
    hasFields(await rowOf(store, 1), { ...none, seal: LIMITS.seal })
  })

  test('a change without limits leaves them and the seal as they are', async ({ store }) => {
    const { previousSeal: _, ...limits } = LIMITS
    await put(store, 1, limits)
    await store.updateToken(id(1), { status: 'inactive' }, SCOPE)
    await store.updateToken(id(1), { status: 'active' }, SCOPE)
    hasFields(await rowOf(store, 1), limits)
  })

  test('limits over another seal change nothing, whatever else is changed', async ({ store }) => {
    const before = await put(store, 1)
    for (const status of [undefined, 'inactive', 'active'] as const) {
      const others = { name: 'renamed', ...(status === undefined ? {} : { status }) }
      const limits = { ...LIMITS, previousSeal: 'another seal' }
      const change = await store.updateToken(id(1), { ...others, limits }, SCOPE)
      deepEqual(change, { outcome: 'unchanged', token: before })
    }
    deepEqual(await rowOf(store, 1), before)
  })

  test('of two writers who have read the same seal, one writes', async ({ store, second }) => {
    await put(store, 1)
    const changes = await Promise.all([
      store.updateToken(id(1), { limits: { ...LIMITS, seal: 'of one' } }, SCOPE),
      second.updateToken(id(1), { limits: { ...LIMITS, seal: 'of the other' } }, SCOPE),
    ])
    deepEqual(changes.map(({ outcome }) => outcome).sort(), ['changed', 'unchanged'])
  })

  test('a rotation over another seal changes nothing: the limits were changed meanwhile', async ({
    store,
  }) => {
    const before = await put(store, 1)
    const { generation: _, ...successor } = { ...before, id: id(2), predecessorId: id(1) }
    const scope = { ...MANY_ENDED, now: NOW, graceEndsAt: NOW + 1_000, replaces: null }
    const rotate = (seal: string) => store.rotateToken(id(1), successor, { ...scope, seal })
    deepEqual(await rotate('another seal'), { outcome: 'unchanged', token: before })
    deepEqual(await rowOf(store, 1), before)
    equal(await findToken(store, id(2)), null)
    equal((await rotate(before.seal)).outcome, 'changed')
  })

  test('a rotation keeps what its successor was given', async ({ store }) => {
    await put(store, 1)
    const { previousSeal: _, ...limits } = LIMITS
    const { generation: __, ...successor } = {
      ...(await rowOf(store, 1)),
      id: id(2),
      ...limits,
      predecessorId: id(1),
    }
    const scope = { ...MANY_ENDED, now: NOW, graceEndsAt: NOW + 1_000, replaces: null }
    equal((await store.rotateToken(id(1), successor, scope)).outcome, 'changed')
    hasFields((await findToken(store, id(2)))?.token, limits)
  })
}
