/** The contract of `acquireLease` and `releaseLease`: one instance has the lease, and after a crash it runs out. */

import { deepEqual, equal } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreTest } from './records.ts'

const MINUTE = 60_000

export function takingLeases(test: StoreTest): void {
  test('one of two instances has the lease until it releases it', async ({ store, second }) => {
    const take = { name: 'sweep', ms: MINUTE }
    equal(await store.acquireLease({ ...take, holder: 'a' }), true)
    equal(await second.acquireLease({ ...take, holder: 'b' }), false)
    equal(await store.acquireLease({ ...take, holder: 'a' }), true, 'who has it may have it longer')
    equal(await second.acquireLease({ ...take, name: 'other', holder: 'b' }), true, 'each work has its own')
    await second.releaseLease({ ...take, holder: 'b' })
    equal(await second.acquireLease({ ...take, holder: 'b' }), false, 'only its holder releases a lease')
    await store.releaseLease({ ...take, holder: 'a' })
    equal(await second.acquireLease({ ...take, holder: 'b' }), true)
  })

  test('a lease that is not released runs out', async ({ store, second }) => {
    equal(await store.acquireLease({ name: 'sweep', holder: 'crashed', ms: 200 }), true)
    equal(await second.acquireLease({ name: 'sweep', holder: 'b', ms: MINUTE }), false)
    await sleep(250)
    equal(await second.acquireLease({ name: 'sweep', holder: 'b', ms: MINUTE }), true)
    equal(await store.acquireLease({ name: 'sweep', holder: 'crashed', ms: 200 }), false)
  })

  test('leases that have run out are deleted, at most so many at once, others stay', async ({
    store,
    second,
  }) => {
    for (const name of ['a', 'b', 'c']) await store.acquireLease({ name, holder: 'me', ms: 1 })
    await store.acquireLease({ name: 'lasting', holder: 'me', ms: MINUTE })
    await sleep(50)
    deepEqual(
      [
        await store.prune({ rows: 'leases' }, 2),
        await second.prune({ rows: 'leases' }, 2),
        await store.prune({ rows: 'leases' }, 2),
      ],
      [2, 1, 0],
    )
    equal(await second.acquireLease({ name: 'lasting', holder: 'another', ms: MINUTE }), false)
    equal(await second.acquireLease({ name: 'a', holder: 'another', ms: MINUTE }), true)
  })

  test('of concurrent calls one gets the lease', async ({ store, second }) => {
    const wanted = Array.from({ length: 12 }, (_, n) =>
      (n % 2 === 0 ? store : second).acquireLease({ name: 'sweep', holder: `${n}`, ms: MINUTE }),
    )
    const got = (await Promise.all(wanted)).filter(Boolean)
    deepEqual(got, [true])
  })
}
