/** Races of rotations, revocations and first uses. */

import t, { type Test } from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, type Host, issue, startHost, withToken } from '../support/host.ts'
import { type PausedStore, pausedStore } from '../support/paused-store.ts'

interface Race extends Host {
  readonly store: PausedStore
  readonly real: TokenStore
  readonly id: string
  readonly token: string
}

t.test('two concurrent rotations give one successor and one 409', async (t) => {
  const race = await startRace(t)
  const write = race.store.hold('rotateToken', 'before')
  const first = rotate(race)
  await write.held
  const second = await rotate(race)
  write.release()
  t.same([(await first).statusCode, second.statusCode], [409, 201])
  t.match((await first).json(), { code: 'FST_API_TOKENS_CONFLICT' })
  const living = await race.app.apiTokens.list({ userId: 'ada', status: 'active' })
  t.same(new Set(living.data.map(({ id }) => id)), new Set([race.id, second.json().id]))
})

t.test('two rotations that both replace the same lost successor: one 201 and one 409', async (t) => {
  const race = await startRace(t)
  const lost = (await rotate(race)).json()
  const write = race.store.hold('rotateToken', 'before')
  const first = rotate(race)
  await write.held
  const second = await rotate(race)
  write.release()
  t.same([(await first).statusCode, second.statusCode], [409, 201])
  t.match((await first).json(), { code: 'FST_API_TOKENS_CONFLICT' })
  t.equal((await race.app.apiTokens.get(lost.id)).status, 'revoked')
  t.equal((await race.app.apiTokens.list({ userId: 'ada', status: 'active' })).total, 2)
})

t.test('a revocation before the write of a rotation gives 409 and no successor', async (t) => {
  const race = await startRace(t)
  const write = race.store.hold('rotateToken', 'before')
  const rotating = rotate(race)
  await write.held
  await race.app.apiTokens.revoke(race.id)
  write.release()
  t.equal((await rotating).statusCode, 409)
  t.equal((await race.app.apiTokens.list({ userId: 'ada' })).total, 1)
})

t.test(
  'promise 4: a revocation of the successor overrides its first use that was paused before the write',
  async (t) => {
    const race = await startRace(t)
    const successor = (await rotate(race)).json()
    const ending = race.store.hold('endPredecessor', 'before')
    const use = race.app.inject(withToken(successor.token))
    await ending.held
    await race.app.inject(as('ada', { method: 'DELETE', url: `/tokens/${successor.id}` }))
    ending.release()
    t.equal((await use).statusCode, 401)
    t.equal((await race.app.inject(withToken(race.token))).statusCode, 200, 'and the old one lives on')
  },
)

t.test(
  'promise 4: a revocation of the successor overrides its first use that was paused after the write',
  async (t) => {
    const race = await startRace(t)
    const successor = (await rotate(race)).json()
    const ending = race.store.hold('endPredecessor', 'after')
    const use = race.app.inject(withToken(successor.token))
    await ending.held
    await race.app.apiTokens.revoke(successor.id)
    ending.release()
    t.equal((await use).statusCode, 401)
    t.match(await race.app.apiTokens.get(race.id), { status: 'revoked', statusReason: 'rotated' })
  },
)

t.test(
  'promise 4: a load of the old token that began before the first use of the new one is refused',
  async (t) => {
    const race = await startRace(t)
    const successor = (await rotate(race)).json()
    const load = race.store.hold('findTokens', 'after')
    const overtaken = race.app.inject(withToken(race.token))
    await load.held
    t.equal((await race.app.inject(withToken(successor.token))).statusCode, 200)
    load.release()
    t.equal((await overtaken).statusCode, 401)
    t.equal((await race.app.inject(withToken(race.token))).statusCode, 401)
  },
)

t.test('ten concurrent first uses end the old token once', async (t) => {
  const real = memoryTokenStore()
  const counting = countingStore(real)
  const { app } = await startHost(t, { store: counting })
  const old = await issue(app, 'ada')
  const revoked: string[] = []
  app.apiTokens.events.on('revoked', ({ token }) => revoked.push(token.id))
  const { credential } = await app.apiTokens.rotate(old.id)
  const uses = await Promise.all(Array.from({ length: 10 }, () => app.inject(withToken(credential))))
  t.same(new Set(uses.map(({ statusCode }) => statusCode)), new Set([200]))
  t.equal(counting.calls.get('endPredecessor'), 1)
  t.same(revoked, [old.id])
})

t.test(
  'promise 4: the signal of a request that holds the old token fires at the first use of the new one',
  async (t) => {
    const { app } = await startHost(t)
    const old = await issue(app, 'ada')
    const { signal } = await app.apiTokens.verify(old.token)
    const { credential } = await app.apiTokens.rotate(old.id)
    t.equal(signal.aborted, false)
    await app.apiTokens.verify(credential)
    t.equal(signal.aborted, true)
  },
)

t.test('promise 4: without a grace period the signal fires before the rotation returns', async (t) => {
  const { app } = await startHost(t)
  const old = await issue(app, 'ada')
  const { signal } = await app.apiTokens.verify(old.token)
  await app.apiTokens.rotate(old.id, { gracePeriod: 0 })
  t.equal(signal.aborted, true)
})

t.test('promise 5: on another instance the old token ends with its cache entry', async (t) => {
  const real = memoryTokenStore()
  const keys = [
    { kty: 'oct', kid: 'one', alg: 'HS256', k: Buffer.alloc(32, 7).toString('base64url') },
  ] as const
  const here = await startHost(t, { store: real, keys: [...keys] })
  const there = await startHost(t, { store: real, keys: [...keys], clock: here.clock })
  const old = await issue(here.app, 'ada')
  t.equal((await there.app.inject(withToken(old.token))).statusCode, 200)
  const { credential } = await here.app.apiTokens.rotate(old.id)
  t.equal((await there.app.inject(withToken(credential))).statusCode, 200)
  t.equal(
    (await there.app.inject(withToken(old.token))).statusCode,
    401,
    'the instance that received the new one ends the old one at once',
  )
  here.clock.advance('60s')
  t.equal((await here.app.inject(withToken(old.token))).statusCode, 401)
})

async function startRace(t: Test): Promise<Race> {
  const real = memoryTokenStore()
  const store = pausedStore(real)
  const host = await startHost(t, { store, usage: { flushInterval: '1d' } })
  return { ...host, store, real, ...(await issue(host.app, 'ada', { name: 'old' })) }
}

function rotate({ app, id }: Race) {
  return app.inject(as('ada', { method: 'POST', url: `/tokens/${id}/rotate` }))
}
