/** A compact credential does not name its owner: a change of its owner before the row arrives invalidates its read. */

import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { issue, startHost, statusOf, withToken } from '../support/host.ts'
import { pausedStore } from '../support/paused-store.ts'

const COMPACT = { credentials: 'compact', tokenPrefix: 'acme_' } as const

for (const when of ['before', 'after'] as const) {
  for (const how of ['deactivateUser', 'removeUser'] as const) {
    t.test(
      `promise 4: ${how} overrides a read of a compact credential, paused ${when} the store`,
      async (t) => {
        const store = pausedStore(memoryTokenStore())
        const { app } = await startHost(t, { ...COMPACT, store })
        const { token } = await issue(app, 'ada')
        const load = store.hold('findTokens', when)
        const overtaken = app.inject(withToken(token))
        await load.held
        await app.apiTokens[how]('ada')
        load.release()
        t.equal((await overtaken).statusCode, 401)
        t.equal(await statusOf(app, token), 401, 'and nothing stale was cached')
      },
    )
  }
}

t.test(
  'promise 15: a change of another user while the owner is unknown does not repeat the read',
  async (t) => {
    const store = pausedStore(memoryTokenStore())
    const { app } = await startHost(t, { ...COMPACT, store })
    const { token } = await issue(app, 'ada')
    const load = store.hold('findTokens', 'after')
    const response = app.inject(withToken(token))
    await load.held
    app.apiTokens.invalidateUser('eve')
    load.release()
    t.equal((await response).statusCode, 200)
    t.equal(app.apiTokens.stats().verification.loads, 1)
  },
)

t.test('a change of another user does not invalidate a read whose row has arrived', async (t) => {
  const answer = Promise.withResolvers<{ active: boolean }>()
  const asked: string[] = []
  const findUser = (userId: string) => {
    asked.push(userId)
    return asked.length === 1 ? { active: true } : answer.promise
  }
  const { app } = await startHost(t, { ...COMPACT, findUser })
  const { token } = await issue(app, 'ada')
  const response = app.inject(withToken(token))
  while (asked.length < 2) await setImmediate()
  app.apiTokens.invalidateUser('eve')
  answer.resolve({ active: true })
  t.equal((await response).statusCode, 200)
  t.equal(app.apiTokens.stats().verification.loads, 1)
})

t.test('promise 11: concurrent cold requests with one compact credential share one read', async (t) => {
  const { app } = await startHost(t, COMPACT)
  const { token } = await issue(app, 'ada')
  await Promise.all(Array.from({ length: 10 }, () => app.inject(withToken(token))))
  t.same(app.apiTokens.stats().verification, { hits: 0, misses: 10, loads: 1 })
  await app.inject(withToken(token))
  t.same(app.apiTokens.stats().verification, { hits: 1, misses: 10, loads: 1 })
})
