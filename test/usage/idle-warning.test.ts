/** The event `idle-warning` is emitted once per idle period, and not for tokens in use. */

import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { ApiToken, ApiTokensOptions } from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, START, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { pausedStore } from '../support/paused-store.ts'

const DAY = 86_400_000

t.test('the idle warning is emitted five days before the idle timeout, once per idle period', async (t) => {
  const { app, clock, warned } = await startListening(t)
  const { id, token } = await issue(app, 'ada', { name: 'backup' })
  clock.advance('25d')
  t.match(await app.apiTokens.sweep(), { idle: 0, idleWarning: 0 })
  clock.advance('11s')
  t.match(await app.apiTokens.sweep(), { idle: 0, idleWarning: 1 })
  t.match(warned, [
    { id, userId: 'ada', name: 'backup', status: 'active', idleExpiresAt: new Date(START + 30 * DAY) },
  ])
  clock.advance('1d')
  t.match(await app.apiTokens.sweep(), { idleWarning: 0 })
  await app.inject(withToken(token))
  clock.advance('25d')
  t.match(await app.apiTokens.sweep(), { idleWarning: 0 })
  clock.advance('1d')
  t.match(await app.apiTokens.sweep(), { idleWarning: 1 }, 'its use began another idle period')
  clock.advance('5d')
  t.match(await app.apiTokens.sweep(), { idle: 1, idleWarning: 0 })
  await app.apiTokens.update(id, { status: 'active' })
  clock.advance('26d')
  t.match(await app.apiTokens.sweep(), { idleWarning: 1 }, 'and so does switching it on')
  t.equal(warned.length, 3)
})

t.test('promise 6: no idle warning is emitted for a token with uses that are not written yet', async (t) => {
  const store = pausedStore(memoryTokenStore())
  const { app, clock, warned } = await startListening(t, { store, usage: { flushInterval: '1h' } })
  const { token } = await issue(app, 'ada')
  await app.inject(withToken(token))
  clock.advance('26d')
  const search = store.hold('listIdleWarnings', 'after')
  const sweep = app.apiTokens.sweep()
  await search.held
  await app.inject(withToken(token))
  search.release()
  t.match(await sweep, { idleWarning: 0 })
  t.same(warned, [])
  clock.advance('26d')
  t.match(await app.apiTokens.sweep(), { idleWarning: 1 })
})

t.test('another instance has two flush intervals to write its uses', async (t) => {
  const { app, clock } = await startListening(t, { usage: { flushInterval: '6h' } })
  await issue(app, 'ada')
  clock.advance('25d')
  clock.advance('12h')
  t.match(await app.apiTokens.sweep(), { idleWarning: 0 })
  clock.advance(1)
  t.match(await app.apiTokens.sweep(), { idleWarning: 1 })
})

t.test('neither a restart nor another instance repeats a warning', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const key = hs256Key()
  const open = () => startListening(t, { keys: [key], store: sqliteTokenStore({ filename }) })
  const first = await open()
  const second = await open()
  for (let n = 0; n < 10; n += 1) await issue(first.app, 'ada')
  for (const { clock } of [first, second]) clock.advance('26d')
  const swept = await Promise.all([first, second].map(({ app }) => app.apiTokens.sweep()))
  t.equal(
    swept.reduce((sum, { idleWarning }) => sum + idleWarning, 0),
    10,
  )
  t.equal(new Set([...first.warned, ...second.warned].map(({ id }) => id)).size, 10)
  await first.app.close()
  const again = await open()
  again.clock.advance('27d')
  t.match(await again.app.apiTokens.sweep(), { idleWarning: 0 })
})

t.test('an instance without a listener does not use up the warning of another', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store })
  await issue(app, 'ada')
  clock.advance('26d')
  await app.apiTokens.sweep()
  t.equal(store.calls.get('listIdleWarnings'), undefined)
  const warned = listen(app)
  t.match(await app.apiTokens.sweep(), { idleWarning: 1 })
  t.equal(warned.length, 1)
})

t.test('no idle warning is emitted for a token that is idle already', async (t) => {
  const { app, clock, warned } = await startListening(t, { usage: { flushInterval: '12h' } })
  await issue(app, 'ada')
  clock.advance('30d')
  clock.advance(1)
  t.match(await app.apiTokens.sweep(), { idle: 0, idleWarning: 0 })
  t.same(warned, [])
})

t.test('idleWarning sets the time before, and false disables it', async (t) => {
  const day = await startListening(t, { idleTimeout: '7d', idleWarning: '1d' })
  await issue(day.app, 'ada')
  day.clock.advance('6d')
  t.match(await day.app.apiTokens.sweep(), { idleWarning: 0 })
  day.clock.advance('1h')
  t.match(await day.app.apiTokens.sweep(), { idleWarning: 1 })
  const never: ApiTokensOptions[] = [{ idleWarning: false }, { idleTimeout: false }, { idleTimeout: '5d' }]
  for (const options of never) {
    const { app, clock, warned } = await startListening(t, options)
    await issue(app, 'ada')
    for (let days = 0; days < 40; days += 1) {
      clock.advance('1d')
      await app.apiTokens.sweep()
    }
    t.same(warned, [], JSON.stringify(options))
  }
})

t.test('idle_warning_at is idleWarning before idle_expires_at, and moves with each use', async (t) => {
  const { app, clock } = await startHost(t, { idleTimeout: '7d', idleWarning: '1d' })
  const { id, token, idle_warning_at: first } = await issue(app, 'ada')
  t.equal(first, new Date(START + 6 * DAY).toISOString())
  const read = async () => (await app.inject(as('ada', { url: `/tokens/${id}` }))).json()
  clock.advance('2d')
  await app.inject(withToken(token))
  t.equal((await read()).idle_warning_at, new Date(START + 8 * DAY).toISOString())
  t.match(await app.apiTokens.get(id), { idleWarningAt: new Date(START + 8 * DAY) })
  await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${id}` }))
  t.equal((await read()).idle_warning_at, null, 'an ended token')
})

t.test('idle_warning_at is null without an idle warning', async (t) => {
  const never: ApiTokensOptions[] = [{ idleWarning: false }, { idleTimeout: false }, { idleTimeout: '5d' }]
  for (const options of never) {
    const { app } = await startHost(t, options)
    t.equal((await issue(app, 'ada')).idle_warning_at, null, JSON.stringify(options))
  }
})

t.test('a sweep handles 500 warnings a statement and continues until nothing is left', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock, warned } = await startListening(t, { store, maxTokensPerUser: 2_000 })
  for (let n = 0; n < 1_001; n += 1) await app.apiTokens.issue({ userId: `user ${n}` })
  clock.advance('26d')
  t.match(await app.apiTokens.sweep(), { idleWarning: 1_001 })
  t.equal(store.calls.get('listIdleWarnings'), 3)
  t.equal(warned.length, 1_001)
})

async function startListening(t: Test, options: ApiTokensOptions = {}) {
  const host = await startHost(t, options)
  return { ...host, warned: listen(host.app) }
}

function listen(app: FastifyInstance): ApiToken[] {
  const warned: ApiToken[] = []
  app.apiTokens.events.on('idle-warning', ({ token }) => warned.push(token))
  return warned
}
