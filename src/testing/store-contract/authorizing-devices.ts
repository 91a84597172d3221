/** The contract of `devices`: one decision, one token and counted polls, also for concurrent calls. */

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  DeviceAuthorizationStore,
  NewDeviceAuthorization,
} from '../../store/device-authorization-store.ts'
import type { TokenStore } from '../../store/token-store.ts'
import { hasFields, type StoreTest } from './records.ts'

const MINUTE = 60_000
const RULES = { slowDownMs: 5_000 }
const ROOM = { maxPending: 1_000 }
/** Long enough for a few calls on a busy machine, in milliseconds. */
const SHORT = 400

function start(n: number, fields: Partial<NewDeviceAuthorization> = {}): NewDeviceAuthorization {
  return {
    deviceDigest: `device-${n}`,
    userDigest: `user-${n}`,
    clientId: 'cli',
    name: null,
    scopes: ['a', 'b'],
    lifetimeMs: 10 * MINUTE,
    intervalMs: 5_000,
    ...fields,
  }
}

const approval = (userId: string) =>
  ({ status: 'approved', userId, generation: 7, name: 'laptop', scopes: ['a'] }) as const

function devicesOf({ devices }: TokenStore): DeviceAuthorizationStore {
  if (devices === undefined) throw new Error('the store has no device authorizations')
  return devices
}

export function authorizingDevices(testStore: StoreTest): void {
  // A store may have no device authorizations.
  const test: StoreTest = (title, run) =>
    testStore(title, async (stores) => {
      if (stores.store.devices !== undefined) await run(stores)
    })

  test('a device authorization is found by its user code, among several, while it lasts', async ({
    store,
  }) => {
    const before = Date.now()
    equal(await devicesOf(store).insert(start(1, { name: 'ünïcode 🙂' }), ROOM), 'inserted')
    await devicesOf(store).insert(start(2, { scopes: [] }), ROOM)
    const found = await devicesOf(store).find(['other', 'user-1'])
    const { lifetimeMs, ...fields } = start(1, { name: 'ünïcode 🙂' })
    hasFields(found, { ...fields, status: 'pending', userId: null, generation: null, polledAt: null })
    // The database may run on another machine.
    ok(Math.abs((found?.expiresAt ?? 0) - before - lifetimeMs) < 5 * MINUTE, 'by the clock of the store')
    hasFields(await devicesOf(store).find(['user-2']), { scopes: [], status: 'pending' })
    equal(await devicesOf(store).find(['USER-1']), null, 'byte by byte')
    equal(await devicesOf(store).find(['device-1']), null)
    await devicesOf(store).insert(start(3, { lifetimeMs: 1 }), ROOM)
    await sleep(20)
    equal(await devicesOf(store).find(['user-3']), null)
  })

  test('a code that exists cannot be inserted again', async ({ store, second }) => {
    await devicesOf(store).insert(start(1), ROOM)
    await rejects(devicesOf(second).insert(start(1, { userDigest: 'another' }), ROOM))
    await rejects(devicesOf(second).insert(start(1, { deviceDigest: 'another' }), ROOM))
  })

  test('of concurrent decisions one is stored, and it stays', async ({ store, second }) => {
    await devicesOf(store).insert(start(1), ROOM)
    const users = Array.from({ length: 10 }, (_, n) => `user ${n}`)
    const taken = await Promise.all(
      users.map((userId, n) => devicesOf(n % 2 ? store : second).decide('device-1', approval(userId))),
    )
    equal(taken.filter(Boolean).length, 1)
    hasFields(await devicesOf(store).find(['user-1']), {
      ...{
        status: 'approved',
        userId: users[taken.indexOf(true)],
        generation: 7,
        name: 'laptop',
        scopes: ['a'],
      },
    })
    equal(await devicesOf(second).decide('device-1', { status: 'denied', userId: 'x' }), false)
    equal(await devicesOf(store).decide('nothing', approval('x')), false)
  })

  test('an expired authorization is neither decided nor redeemed, by the store’s clock', async ({
    store,
  }) => {
    await devicesOf(store).insert(start(1, { lifetimeMs: 1 }), ROOM)
    await devicesOf(store).insert(start(2, { lifetimeMs: SHORT }), ROOM)
    await devicesOf(store).insert(start(3), ROOM)
    await sleep(20)
    equal(await devicesOf(store).decide('device-1', approval('ada')), false)
    equal((await devicesOf(store).poll('device-1', 'cli', RULES))?.expired, true)
    equal(await devicesOf(store).decide('device-2', approval('ada')), true)
    equal((await devicesOf(store).poll('device-3', 'cli', RULES))?.expired, false)
    await sleep(SHORT)
    equal(await devicesOf(store).redeem('device-2'), false)
    equal(await devicesOf(store).decide('device-3', approval('ada')), true)
    equal(await devicesOf(store).redeem('device-3'), true)
  })

  test('RFC 8628 §3.5: a poll before the interval is over makes the interval longer, and that lasts', async ({
    store,
    second,
  }) => {
    await devicesOf(store).insert(start(1, { intervalMs: SHORT }), ROOM)
    const poll = async (from: typeof store) => {
      const polled = await devicesOf(from).poll('device-1', 'cli', { slowDownMs: 2 * SHORT })
      return [polled?.tooFast, polled?.device.intervalMs]
    }
    deepEqual(await poll(store), [false, SHORT], 'the first poll never comes too fast')
    await sleep(SHORT + 20)
    deepEqual(await poll(second), [false, SHORT], 'the interval is over for every instance')
    deepEqual(await poll(store), [true, 3 * SHORT])
    await sleep(2 * SHORT)
    deepEqual(await poll(second), [true, 5 * SHORT])
    await sleep(5 * SHORT + 20)
    deepEqual(await poll(store), [false, 5 * SHORT])
    hasFields(await devicesOf(store).find(['user-1']), { intervalMs: 5 * SHORT })
  })

  test('of concurrent polls only the first is not too fast', async ({ store, second }) => {
    await devicesOf(store).insert(start(1), ROOM)
    const polls = await Promise.all(
      Array.from({ length: 8 }, (_, n) => devicesOf(n % 2 ? store : second).poll('device-1', 'cli', RULES)),
    )
    equal(polls.filter((poll) => poll?.tooFast === false).length, 1)
    hasFields(await devicesOf(store).find(['user-1']), { intervalMs: 5_000 + 7 * 5_000 })
  })

  test('a client cannot poll an authorization of another client', async ({ store }) => {
    await devicesOf(store).insert(start(1), ROOM)
    equal(await devicesOf(store).poll('device-1', 'another', RULES), null)
    equal(await devicesOf(store).poll('device-2', 'cli', RULES), null)
    hasFields(await devicesOf(store).find(['user-1']), { polledAt: null })
  })

  test('after the decision no poll is too fast', async ({ store }) => {
    await devicesOf(store).insert(start(1), ROOM)
    await devicesOf(store).poll('device-1', 'cli', RULES)
    await devicesOf(store).decide('device-1', { status: 'denied', userId: 'ada' })
    const polled = await devicesOf(store).poll('device-1', 'cli', RULES)
    equal(polled?.tooFast, false)
    hasFields(polled?.device, { status: 'denied', userId: 'ada', scopes: ['a', 'b'], intervalMs: 5_000 })
  })

  test('of concurrent redemptions one succeeds, and only of an approved authorization', async ({
    store,
    second,
  }) => {
    await devicesOf(store).insert(start(1), ROOM)
    await devicesOf(store).insert(start(2), ROOM)
    equal(await devicesOf(store).redeem('device-1'), false, 'nobody has approved it')
    await devicesOf(store).decide('device-2', { status: 'denied', userId: 'ada' })
    equal(await devicesOf(store).redeem('device-2'), false)
    await devicesOf(store).decide('device-1', approval('ada'))
    const redeemed = await Promise.all(
      Array.from({ length: 10 }, (_, n) => devicesOf(n % 2 ? store : second).redeem('device-1')),
    )
    equal(redeemed.filter(Boolean).length, 1)
    hasFields((await devicesOf(store).poll('device-1', 'cli', RULES))?.device, { status: 'redeemed' })
  })

  test('authorizations that expired long enough ago are deleted, at most `limit`', async ({
    store,
    second,
  }) => {
    for (const n of [1, 2, 3]) await devicesOf(store).insert(start(n, { lifetimeMs: 1 }), ROOM)
    await devicesOf(store).insert(start(4), ROOM)
    await sleep(50)
    equal(await devicesOf(store).prune(MINUTE, 2), 0, 'not a minute ago')
    deepEqual(
      [
        await devicesOf(store).prune(20, 2),
        await devicesOf(second).prune(20, 2),
        await devicesOf(store).prune(20, 2),
      ],
      [2, 1, 0],
    )
    hasFields(await devicesOf(store).find(['user-4']), { status: 'pending' })
  })

  test('each client has its own limit of pending authorizations', async ({ store, second }) => {
    const two = { maxPending: 2 }
    const begin = (n: number, fields: Partial<NewDeviceAuthorization> = {}) =>
      devicesOf(n % 2 ? store : second).insert(start(n, fields), two)
    deepEqual(
      [await begin(1), await begin(2), await begin(3), await begin(4, { clientId: 'CLI' })],
      ['inserted', 'inserted', 'limit_reached', 'inserted'],
    )
    equal(await devicesOf(store).find(['user-3']), null, 'nothing of it is stored')
    await devicesOf(store).decide('device-1', approval('ada'))
    deepEqual([await begin(3), await begin(5)], ['inserted', 'limit_reached'], 'a decided one does not count')
    const short = { clientId: 'third', lifetimeMs: 1 }
    deepEqual([await begin(6, short), await begin(7, short)], ['inserted', 'inserted'])
    await sleep(20)
    equal(await begin(8, { clientId: 'third' }), 'inserted', 'nor does an expired one')
  })

  test('concurrent starts of a client do not exceed its limit', async ({ store, second }) => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        devicesOf(n % 2 ? store : second).insert(start(n), { maxPending: 7 }),
      ),
    )
    equal(outcomes.filter((outcome) => outcome === 'inserted').length, 7)
    equal(outcomes.filter((outcome) => outcome === 'limit_reached').length, 13)
  })
}
