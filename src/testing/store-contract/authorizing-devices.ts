/** The contract of `devices`: one decision, one token, and polls that count, whoever else does the same at once. */

import { deepEqual, equal, rejects } from 'node:assert/strict'
import type { NewDeviceAuthorization } from '../../store/device-authorization-store.ts'
import { DAY, hasFields, NOW, type StoreTest } from './records.ts'

const MINUTE = 60_000
const ONCE = { now: NOW, slowDownMs: 5_000 }

function start(n: number, fields: Partial<NewDeviceAuthorization> = {}): NewDeviceAuthorization {
  return {
    deviceDigest: `device-${n}`,
    userDigest: `user-${n}`,
    clientId: 'cli',
    name: null,
    scopes: ['a', 'b'],
    expiresAt: NOW + 10 * MINUTE,
    intervalMs: 5_000,
    ...fields,
  }
}

const approval = (userId: string) => ({ status: 'approved', userId, name: 'laptop', scopes: ['a'] }) as const

export function authorizingDevices(test: StoreTest): void {
  test('a device authorization is found by its user code, among several, while it lasts', async ({
    store,
  }) => {
    await store.devices.insert(start(1, { name: 'ünïcode 🙂' }))
    await store.devices.insert(start(2, { scopes: [] }))
    const pending = { status: 'pending', userId: null, polledAt: null } as const
    deepEqual(await store.devices.find(['other', 'user-1'], NOW), {
      ...start(1, { name: 'ünïcode 🙂' }),
      ...pending,
    })
    deepEqual(await store.devices.find(['user-2'], NOW), { ...start(2, { scopes: [] }), ...pending })
    equal(await store.devices.find(['USER-1'], NOW), null, 'byte by byte')
    equal(await store.devices.find(['device-1'], NOW), null)
    equal(await store.devices.find(['user-1'], NOW + 10 * MINUTE), null)
  })

  test('a code that is kept is not kept twice', async ({ store, second }) => {
    await store.devices.insert(start(1))
    await rejects(second.devices.insert(start(1, { userDigest: 'another' })))
    await rejects(second.devices.insert(start(1, { deviceDigest: 'another' })))
  })

  test('of many decisions at once one is taken, and it stays', async ({ store, second }) => {
    await store.devices.insert(start(1))
    const users = Array.from({ length: 10 }, (_, n) => `user ${n}`)
    const taken = await Promise.all(
      users.map((userId, n) => (n % 2 ? store : second).devices.decide('device-1', approval(userId), NOW)),
    )
    equal(taken.filter(Boolean).length, 1)
    hasFields(await store.devices.find(['user-1'], NOW), {
      ...{ status: 'approved', userId: users[taken.indexOf(true)], name: 'laptop', scopes: ['a'] },
    })
    equal(await second.devices.decide('device-1', { status: 'denied', userId: 'x' }, NOW), false)
    equal(await store.devices.decide('nothing', approval('x'), NOW), false)
  })

  test('what has expired is neither decided nor redeemed', async ({ store }) => {
    const late = NOW + 10 * MINUTE
    await store.devices.insert(start(1))
    await store.devices.insert(start(2))
    equal(await store.devices.decide('device-1', approval('ada'), late), false)
    equal(await store.devices.decide('device-2', approval('ada'), late - 1), true)
    equal(await store.devices.redeem('device-2', late), false)
    equal(await store.devices.redeem('device-2', late - 1), true)
  })

  test('RFC 8628 §3.5: a poll before the interval is over makes the interval longer, and that lasts', async ({
    store,
    second,
  }) => {
    await store.devices.insert(start(1))
    const poll = async (seconds: number) => {
      const polled = await second.devices.poll('device-1', 'cli', {
        now: NOW + seconds * 1000,
        slowDownMs: 5_000,
      })
      return [polled?.tooFast, polled?.device.intervalMs]
    }
    deepEqual(await poll(0), [false, 5_000], 'the first poll never comes too fast')
    deepEqual(await poll(5), [false, 5_000])
    deepEqual(await poll(9), [true, 10_000])
    deepEqual(await poll(18), [true, 15_000])
    deepEqual(await poll(33), [false, 15_000])
    hasFields(await store.devices.find(['user-1'], NOW), { polledAt: NOW + 33_000, intervalMs: 15_000 })
  })

  test('of many polls at once the first comes in time', async ({ store, second }) => {
    await store.devices.insert(start(1))
    const polls = await Promise.all(
      Array.from({ length: 8 }, (_, n) => (n % 2 ? store : second).devices.poll('device-1', 'cli', ONCE)),
    )
    equal(polls.filter((poll) => poll?.tooFast === false).length, 1)
    hasFields(await store.devices.find(['user-1'], NOW), { intervalMs: 5_000 + 7 * 5_000 })
  })

  test('a client learns of its own authorizations alone', async ({ store }) => {
    await store.devices.insert(start(1))
    equal(await store.devices.poll('device-1', 'another', ONCE), null)
    equal(await store.devices.poll('device-2', 'cli', ONCE), null)
    hasFields(await store.devices.find(['user-1'], NOW), { polledAt: null })
  })

  test('once it is decided no poll comes too fast', async ({ store }) => {
    await store.devices.insert(start(1))
    await store.devices.poll('device-1', 'cli', ONCE)
    await store.devices.decide('device-1', { status: 'denied', userId: 'ada' }, NOW)
    const polled = await store.devices.poll('device-1', 'cli', ONCE)
    equal(polled?.tooFast, false)
    hasFields(polled?.device, { status: 'denied', userId: 'ada', scopes: ['a', 'b'], intervalMs: 5_000 })
  })

  test('of many who redeem at once one does, and only what was approved', async ({ store, second }) => {
    await store.devices.insert(start(1))
    await store.devices.insert(start(2))
    equal(await store.devices.redeem('device-1', NOW), false, 'nobody has approved it')
    await store.devices.decide('device-2', { status: 'denied', userId: 'ada' }, NOW)
    equal(await store.devices.redeem('device-2', NOW), false)
    await store.devices.decide('device-1', approval('ada'), NOW)
    const redeemed = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 ? store : second).devices.redeem('device-1', NOW)),
    )
    equal(redeemed.filter(Boolean).length, 1)
    hasFields((await store.devices.poll('device-1', 'cli', ONCE))?.device, { status: 'redeemed' })
  })

  test('what has expired is deleted, at most so much at once', async ({ store, second }) => {
    for (const n of [1, 2, 3]) await store.devices.insert(start(n))
    await store.devices.insert(start(4, { expiresAt: NOW + DAY }))
    const before = NOW + 11 * MINUTE
    deepEqual(
      [
        await store.devices.prune(NOW + 10 * MINUTE, 2),
        await store.devices.prune(before, 2),
        await second.devices.prune(before, 2),
        await store.devices.prune(before, 2),
      ],
      [0, 2, 1, 0],
    )
    hasFields(await store.devices.find(['user-4'], NOW), { status: 'pending' })
  })
}
