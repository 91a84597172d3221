/** The contract of `setOwnerStatus` and `findOwner`: one row decides on all tokens of a user. */

import { deepEqual, equal } from 'node:assert/strict'
import { findToken, hasFields, id, NOW, put, rowOf, type StoreTest } from './records.ts'

/** User ids that some databases take for each other: by case, accent, a space at the end, or its Unicode form. */
const LIKENESSES = ['Ann', 'ann', 'ANN', 'ánn', 'a\u0301nn', 'ann ', ' ann', 'ann%', 'a_n', '𝒶nn', "ann'--"]

export function owningTokens(test: StoreTest): void {
  test('a user without a row is null, with the first token there is a row', async ({ store }) => {
    equal(await store.findOwner('ada'), null)
    await put(store, 1)
    deepEqual(await store.findOwner('ada'), {
      userId: 'ada',
      status: 'active',
      generation: 1,
      endedReason: null,
    })
  })

  test('promise 9: the owner of a user who has no token yet can be deactivated and removed', async ({
    store,
  }) => {
    deepEqual(await store.setOwnerStatus('a', 'inactive', NOW), {
      userId: 'a',
      status: 'inactive',
      generation: 1,
      endedReason: null,
    })
    deepEqual(await store.setOwnerStatus('b', 'removed', NOW), {
      userId: 'b',
      status: 'removed',
      generation: 2,
      endedReason: 'user_removed',
    })
    deepEqual(await store.findOwner('b'), {
      ...{ userId: 'b', status: 'removed', generation: 2, endedReason: 'user_removed' },
    })
  })

  test('promise 9: deactivation and return keep the generation, each removal raises it', async ({
    store,
  }) => {
    const token = await put(store, 1)
    const steps = [
      ['inactive', 1],
      ['active', 1],
      ['removed', 2],
      ['inactive', 2],
      ['active', 2],
      ['removed', 3],
      ['removed', 4],
    ] as const
    for (const [status, generation] of steps) {
      const endedReason = generation === 1 ? null : 'user_removed'
      const owner = { userId: 'ada', status, generation, endedReason }
      deepEqual(await store.setOwnerStatus('ada', status, NOW), owner)
      deepEqual((await findToken(store, id(1)))?.owner, owner)
    }
    deepEqual(await rowOf(store, 1), token, 'the rows of tokens are not written')
  })

  test('two removals at once raise the generation twice', async ({ store, second }) => {
    await put(store, 1)
    await Promise.all([
      store.setOwnerStatus('ada', 'removed', NOW),
      second.setOwnerStatus('ada', 'removed', NOW),
    ])
    equal((await store.findOwner('ada'))?.generation, 3)
  })

  test('promise 8: users whose ids look alike share nothing', async ({ store }) => {
    for (const [n, userId] of LIKENESSES.entries()) await put(store, n, { userId })
    await store.setOwnerStatus('ann', 'removed', NOW)
    for (const [n, userId] of LIKENESSES.entries()) {
      const status = userId === 'ann' ? 'removed' : 'active'
      hasFields(await store.findOwner(userId), { userId, status }, JSON.stringify(userId))
      hasFields((await findToken(store, id(n)))?.owner, { userId, status }, JSON.stringify(userId))
    }
  })
}
