/** The contract of `setOwnerStatus` and `findOwner`: one row decides on all tokens of a user. */

import type { Test } from 'tap'
import { id, type MakeStore, NOW, put, rowOf } from './records.ts'

/** User ids that some databases take for each other: by case, accent, a space at the end, or its Unicode form. */
const LIKENESSES = ['Ann', 'ann', 'ANN', 'ánn', 'a\u0301nn', 'ann ', ' ann', 'ann%', 'a_n', '𝒶nn', "ann'--"]

export function owningTokens(t: Test, makeStore: MakeStore): void {
  t.test('a user without a row is null, with the first token there is a row', async (t) => {
    const { store } = await makeStore(t)
    t.equal(await store.findOwner('ada'), null)
    await put(store, 1)
    t.same(await store.findOwner('ada'), { userId: 'ada', status: 'active', generation: 1 })
  })

  t.test('promise 9: the owner of a user who has no token yet can be deactivated and removed', async (t) => {
    const { store } = await makeStore(t)
    t.same(await store.setOwnerStatus('a', 'inactive', NOW), {
      userId: 'a',
      status: 'inactive',
      generation: 1,
    })
    t.same(await store.setOwnerStatus('b', 'removed', NOW), { userId: 'b', status: 'removed', generation: 2 })
    t.same(await store.findOwner('b'), { userId: 'b', status: 'removed', generation: 2 })
  })

  t.test('promise 9: deactivation and return keep the generation, each removal raises it', async (t) => {
    const { store } = await makeStore(t)
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
      t.same(await store.setOwnerStatus('ada', status, NOW), { userId: 'ada', status, generation })
      t.same((await store.findToken(id(1)))?.owner, { userId: 'ada', status, generation })
    }
    t.same(await rowOf(store, 1), token, 'the rows of tokens are not written')
  })

  t.test('two removals at once raise the generation twice', async (t) => {
    const { store, second } = await makeStore(t)
    await put(store, 1)
    await Promise.all([
      store.setOwnerStatus('ada', 'removed', NOW),
      second.setOwnerStatus('ada', 'removed', NOW),
    ])
    t.equal((await store.findOwner('ada'))?.generation, 3)
  })

  t.test('promise 8: users whose ids look alike share nothing', async (t) => {
    const { store } = await makeStore(t)
    for (const [n, userId] of LIKENESSES.entries()) await put(store, n, { userId })
    await store.setOwnerStatus('ann', 'removed', NOW)
    for (const [n, userId] of LIKENESSES.entries()) {
      const status = userId === 'ann' ? 'removed' : 'active'
      t.match(await store.findOwner(userId), { userId, status }, JSON.stringify(userId))
      t.match((await store.findToken(id(n)))?.owner, { userId, status }, JSON.stringify(userId))
    }
  })
}
