/** Races. A store pauses the named call before or after it is made. */

import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { as, type Host, issue, startHost, withToken } from '../support/host.ts'
import { type PausedStore, pausedStore } from '../support/paused-store.ts'

interface Race extends Host {
  readonly store: PausedStore
  readonly real: TokenStore
  readonly id: string
  readonly token: string
}

/** Operations that end or suspend a token. Each gets its response before the read that it overtakes. */
const ENDS: Record<string, (race: Race) => Promise<unknown>> = {
  'a revoke': ({ app, id }) => app.inject(as('ada', { method: 'DELETE', url: `/tokens/${id}` })),
  'a switch-off': ({ app, id }) =>
    app.inject(as('ada', { method: 'PATCH', url: `/tokens/${id}`, payload: { status: 'inactive' } })),
  'a deactivated user': ({ app }) => app.apiTokens.deactivateUser('ada'),
  'a removed user': ({ app }) => app.apiTokens.removeUser('ada'),
}

for (const [what, end] of Object.entries(ENDS)) {
  for (const when of ['before', 'after'] as const) {
    t.test(
      `promise 4: ${what} overrides a load that began earlier and was paused ${when} its read`,
      async (t) => {
        const race = await startRace(t)
        const load = race.store.hold('findTokens', when)
        const overtaken = [1, 2, 3].map(() => race.app.inject(withToken(race.token)))
        await load.held
        await end(race)
        const next = race.app.inject(withToken(race.token))
        t.equal((await next).statusCode, 401, 'the next request does not wait for the old load')
        load.release()
        for (const response of await Promise.all(overtaken)) t.equal(response.statusCode, 401)
        t.equal(
          (await race.app.inject(withToken(race.token))).statusCode,
          401,
          'and nothing stale was cached',
        )
      },
    )
  }

  t.test(
    `promise 4: after ${what} a warm cache refuses at once, and other users are not affected`,
    async (t) => {
      const race = await startRace(t)
      const bob = await issue(race.app, 'bob')
      for (const token of [race.token, bob.token]) {
        t.equal((await race.app.inject(withToken(token))).statusCode, 200)
      }
      await end(race)
      t.equal((await race.app.inject(withToken(race.token))).statusCode, 401)
      t.equal((await race.app.inject(withToken(bob.token))).statusCode, 200)
    },
  )
}

t.test('promise 11: an invalidation between requests that share a read reaches each of them', async (t) => {
  const store = pausedStore(memoryTokenStore())
  let active = true
  const { app } = await startHost(t, { store, findUser: () => ({ active }) }, (app) => {
    // The first one has finished its step before the next one continues.
    app.get('/leave', { onRequest: app.verifyApiToken }, (_, reply) => {
      active = false
      app.apiTokens.invalidateUser('ada')
      return reply.send('gone')
    })
  })
  const { token } = await issue(app, 'ada')
  const load = store.hold('findTokens', 'after')
  const first = app.inject(withToken(token, '/leave'))
  await load.held
  const others = [1, 2, 3].map(() => app.inject(withToken(token)))
  while (app.apiTokens.stats().verification.misses < 4) await setImmediate()
  load.release()
  t.equal((await first).statusCode, 200)
  for (const response of await Promise.all(others)) t.equal(response.statusCode, 401)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('promise 11: an invalidation does not affect reads of other tokens and users', async (t) => {
  const { app, store, token, id } = await startRace(t)
  const bob = await issue(app, 'bob')
  const load = store.hold('findTokens', 'after')
  const undisturbed = app.inject(withToken(bob.token))
  await load.held
  await app.apiTokens.revoke(id)
  await app.apiTokens.deactivateUser('ada')
  load.release()
  t.equal((await undisturbed).statusCode, 200)
  t.match(app.apiTokens.stats().verification, { loads: 1 })
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('promise 11: a load that began before a rename does not cache the old name', async (t) => {
  const names: unknown[] = []
  const { app, store, token, id } = await startRace(t, (app) => {
    app.get('/name', { onRequest: app.verifyApiToken }, async ({ apiToken }) => {
      names.push(apiToken?.name)
      return 'ok'
    })
  })
  const load = store.hold('findTokens', 'after')
  const overtaken = app.inject(withToken(token, '/name'))
  await load.held
  await app.apiTokens.update(id, { name: 'new' })
  load.release()
  await overtaken
  await app.inject(withToken(token, '/name'))
  t.same(names, ['new', 'new'])
})

t.test('promise 9: a user who is removed during an issue gets no token, or a revoked one', async (t) => {
  const { app, store } = await startRace(t)
  const early = store.hold('insertToken', 'before')
  const refused = app.inject(as('ada', { method: 'POST', url: '/tokens' }))
  await early.held
  await app.apiTokens.removeUser('ada')
  early.release()
  t.match((await refused).json(), { statusCode: 403, code: 'FST_API_TOKENS_USER_INACTIVE' })

  await app.apiTokens.reactivateUser('ada')
  const late = store.hold('insertToken', 'after')
  const answered = app.inject(as('ada', { method: 'POST', url: '/tokens' }))
  await late.held
  await app.apiTokens.removeUser('ada')
  late.release()
  const { token, id } = (await answered).json()
  t.equal((await app.inject(withToken(token))).statusCode, 401)
  await app.apiTokens.reactivateUser('ada')
  t.equal((await app.inject(withToken(token))).statusCode, 401, 'permanently')
  t.match(await app.apiTokens.get(id), { status: 'revoked', statusReason: 'user_removed' })
})

for (const when of ['before', 'after'] as const) {
  t.test(`promise 7: a revocation during a flush that was paused ${when} its write stays`, async (t) => {
    const { app, store, real, token, id } = await startRace(t)
    await app.inject(withToken(token))
    await app.inject(withToken(token))
    const write = store.hold('recordUses', when)
    const flush = app.apiTokens.flush()
    await write.held
    await app.apiTokens.revoke(id)
    write.release()
    await flush
    t.match((await findToken(real, id))?.token, { status: 'revoked', useCount: 2 })
    t.equal((await app.inject(withToken(token))).statusCode, 401)
  })
}

t.test('promise 7: uses during a flush are written once by the next flush', async (t) => {
  const { app, store, real, token, id } = await startRace(t)
  await app.inject(withToken(token))
  const write = store.hold('recordUses', 'after')
  const flush = app.apiTokens.flush()
  await write.held
  for (let n = 0; n < 3; n += 1) await app.inject(withToken(token))
  const second = app.apiTokens.flush()
  write.release()
  await Promise.all([flush, second])
  t.equal((await findToken(real, id))?.token.useCount, 4)
  t.same(app.apiTokens.stats().usage, { pending: 0, flushed: 4 })
})

t.test('promise 6: a sweep writes recorded uses before it marks tokens idle', async (t) => {
  const { app, clock, store, real, token, id } = await startRace(t)
  clock.advance('29d')
  const quiet = store.hold('recordUses', 'before')
  await app.inject(withToken(token))
  await quiet.held
  clock.advance('4d')
  const sweep = app.apiTokens.sweep()
  quiet.release()
  t.same(await sweep, { idle: 0, idleWarning: 0, pruned: 0 })
  t.match((await findToken(real, id))?.token, { status: 'active', useCount: 1 })
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test(
  'promise 6: a late flush of an earlier use undoes the idle status that another instance stored',
  async (t) => {
    const { app, clock, store, real, token, id } = await startRace(t)
    const other = await startHost(t, { store: real, clock })
    clock.advance('29d')
    const late = store.hold('recordUses', 'before')
    await app.inject(withToken(token))
    await late.held
    clock.advance('2d')
    t.same(await other.app.apiTokens.sweep(), { idle: 1, idleWarning: 0, pruned: 0 })
    t.match((await findToken(real, id))?.token, { status: 'inactive', statusReason: 'idle' })
    late.release()
    await app.apiTokens.flush()
    t.match((await findToken(real, id))?.token, { status: 'active', statusReason: null })
    t.equal((await app.inject(withToken(token))).statusCode, 200)
  },
)

t.test('promise 11: an invalidated user whose findUser call is in flight is looked up again', async (t) => {
  let answer = Promise.withResolvers<{ active: boolean }>()
  let asked = Promise.withResolvers<void>()
  const { app } = await startHost(t, {
    findUser: () => {
      asked.resolve()
      return answer.promise
    },
  })
  answer.resolve({ active: true })
  const { token } = await issue(app, 'ada')
  const old = Promise.withResolvers<{ active: boolean }>()
  answer = old
  asked = Promise.withResolvers()
  const overtaken = app.inject(withToken(token))
  await asked.promise
  answer = Promise.withResolvers()
  answer.resolve({ active: false })
  app.apiTokens.invalidateUser('ada')
  old.resolve({ active: true })
  t.equal((await overtaken).statusCode, 401)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

async function startRace(t: Test, addRoutes?: (app: Host['app']) => void): Promise<Race> {
  const real = memoryTokenStore()
  const store = pausedStore(real)
  const host = await startHost(t, { store, usage: { flushInterval: '1d' } }, addRoutes)
  return { ...host, store, real, ...(await issue(host.app, 'ada', { name: 'old' })) }
}
