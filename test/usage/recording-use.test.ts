/** Uses are recorded in memory by the request and written in batches. None is lost. */

import { join } from 'node:path'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, START, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { manualTimers } from '../support/manual-timers.ts'
import { pausedStore } from '../support/paused-store.ts'

// The plugin's timers do not keep the process alive, so a test that waits for one must do it.
const alive = setInterval(() => undefined, 1_000)
t.teardown(() => clearInterval(alive))

t.test('promise 7: last use and count are visible before they are written', async (t) => {
  const { app, clock, store, token, id } = await startWithToken(t)
  clock.advance('10m')
  for (let n = 0; n < 3; n += 1) await app.inject(withToken(token))
  const seen = (await app.inject(as('ada', { url: `/tokens/${id}` }))).json()
  t.match(seen, { use_count: 3, last_used_at: new Date(clock.now()).toISOString() })
  t.match((await app.inject(as('ada', { url: '/tokens' }))).json().data[0], { use_count: 3 })
  t.match((await findToken(store, id))?.token, { useCount: 0, lastUsedAt: null })
})

t.test('promise 7: a use changes the last use, not the last change', async (t) => {
  const { app, clock, store, token, id } = await startWithToken(t)
  clock.advance('10m')
  await app.inject(withToken(token))
  await app.apiTokens.flush()
  t.match((await findToken(store, id))?.token, { lastUsedAt: START + 600_000, updatedAt: START, useCount: 1 })
})

t.test('promise 7: a timer writes uses, and nothing without uses', async (t) => {
  const real = countingStore(memoryTokenStore())
  const store = pausedStore(real)
  const { app } = await startHost(t, { store, usage: { flushInterval: 5 } })
  const { token, id } = await issue(app, 'ada')
  const write = store.hold('recordUses', 'after')
  await app.inject(withToken(token))
  await write.held
  write.release()
  t.equal((await findToken(real, id))?.token.useCount, 1)
  await app.apiTokens.flush()
  t.equal(real.calls.get('recordUses'), 1)
})

t.test('promise 7: closing the host writes the rest', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const options = { keys: [hs256Key()], usage: { flushInterval: '1d' } }
  const { app } = await startHost(t, { ...options, store: sqliteTokenStore({ filename }) })
  const { token, id } = await issue(app, 'ada')
  for (let n = 0; n < 7; n += 1) await app.inject(withToken(token))
  await app.close()
  const again = await startHost(t, { ...options, store: sqliteTokenStore({ filename }) })
  t.match(await again.app.apiTokens.get(id), { useCount: 7, lastUsedAt: new Date(START) })
  t.equal((await again.app.inject(withToken(token))).statusCode, 200)
})

t.test('promise 7: a close waits for the current flush and writes later uses', async (t) => {
  const real = memoryTokenStore()
  const store = pausedStore(real)
  const { app } = await startHost(t, { store, usage: { flushInterval: '1d' } })
  const { token, id } = await issue(app, 'ada')
  await app.inject(withToken(token))
  const write = store.hold('recordUses', 'before')
  const flush = app.apiTokens.flush()
  await write.held
  await app.inject(withToken(token))
  let closed = false
  const closing = app.close().then(() => {
    closed = true
  })
  for (let n = 0; n < 20; n += 1) await setImmediate()
  t.equal(closed, false, 'the store is not closed under the flush')
  write.release()
  await Promise.all([flush, closing])
  t.equal((await findToken(real, id))?.token.useCount, 2)
})

t.test('a close that cannot write still closes', async (t) => {
  const { app, store, token } = await startWithToken(t)
  await app.inject(withToken(token))
  store.outage = new Error('the disk is gone')
  await t.resolves(app.close())
  t.same(app.apiTokens.stats().usage, { pending: 1, flushed: 0 })
})

t.test(
  'promise 7: uses are written in batches of 2,500, ordered by id, and requests run in between',
  async (t) => {
    const batches: string[][] = []
    const recorder = recorderOn(async (uses) => {
      batches.push(uses.map(({ tokenId }) => tokenId))
    })
    const ids = Array.from({ length: 6_200 }, (_, n) => `t${String((n * 7) % 6_200).padStart(4, '0')}`)
    for (const id of ids) recorder.countUse(recorder.hold(id, START), START)
    let turns = 0
    const flush = recorder.flush()
    const counting = (async () => {
      while (recorder.stats().flushed < 6_200) {
        await setImmediate()
        turns += 1
      }
    })()
    await Promise.all([flush, counting])
    t.same(
      batches.map((batch) => batch.length),
      [2_500, 2_500, 1_200],
    )
    t.same(batches.flat().sort(), [...ids].sort())
    for (const batch of batches) t.same(batch, [...batch].sort())
    t.ok(turns >= 2, 'the event loop turned between the batches')
  },
)

t.test(
  'promise 7: when a flush fails after some batches, these are counted once and the rest is written later',
  async (t) => {
    const written = new Map<string, number>()
    let writable = 1
    const recorder = recorderOn(async (uses) => {
      writable -= 1
      if (writable < 0) throw new Error('the disk is full')
      for (const { tokenId, count } of uses) written.set(tokenId, (written.get(tokenId) ?? 0) + count)
      if (recorder.stats().flushed === 0) for (const use of held) recorder.countUse(use, START + 1)
    })
    const held = Array.from({ length: 2_700 }, (_, n) =>
      recorder.hold(`t${String(n).padStart(4, '0')}`, START),
    )
    for (const use of held) recorder.countUse(use, START)
    await t.rejects(recorder.flush(), { message: 'the disk is full' })
    t.same(recorder.stats(), { pending: 2_700, flushed: 2_500 }, 'each token counts once')
    for (const use of held) recorder.release(use)
    writable = 10
    await recorder.flush()
    t.same(recorder.stats(), { pending: 0, flushed: 5_400 })
    t.same(new Set(written.values()), new Set([2]))
  },
)

t.test('pending uses outlive their cache entry, and are dropped when written and released', async (t) => {
  const recorder = recorderOn(async () => undefined)
  const use = recorder.hold('a', START)
  recorder.countUse(use, START + 5)
  recorder.release(use)
  t.equal(recorder.pendingCount('a'), 1)
  t.equal(recorder.lastUsedAt('a'), START + 5)
  t.equal(recorder.hold('a', START), use, 'loaded again it goes on counting')
  recorder.release(use)
  await recorder.flush()
  t.equal(recorder.pendingCount('a'), 0)
  t.equal(recorder.lastUsedAt('a'), 0)
})

t.test('with ten thousand pending tokens a flush begins before its timer', async (t) => {
  const done = Promise.withResolvers<void>()
  const recorder = recorderOn(async () => {
    if (recorder.stats().flushed >= 7_500) done.resolve()
  })
  for (let n = 0; n < 10_000; n += 1) recorder.countUse(recorder.hold(`t${n}`, START), START)
  t.match(recorder.stats(), { pending: 10_000, flushed: 0 })
  await done.promise
  await recorder.flush()
  t.same(recorder.stats(), { pending: 0, flushed: 10_000 })
})

t.test('a failed background flush is reported once, and its uses are written later', async (t) => {
  const errors: unknown[] = []
  const failure = new Error('the disk is full')
  const recorder = recorderOn(
    async () => Promise.reject(failure),
    (error) => errors.push(error),
  )
  recorder.flushInBackground()
  const use = recorder.hold('a', START)
  recorder.countUse(use, START + 2 * 3_600_000)
  recorder.countUse(use, START + 4 * 3_600_000)
  for (let n = 0; n < 5; n += 1) await setImmediate()
  t.same(errors, [failure])
  t.match(recorder.stats(), { pending: 1, flushed: 0 })
  t.equal(recorder.pendingCount('a'), 2)
})

t.test('while flushes fail, one runs, one waits, and the pauses grow', async (t) => {
  let now = 0
  const clock = mock.method(performance, 'now', () => now)
  t.teardown(() => clock.mock.restore())
  const attempts: PromiseWithResolvers<void>[] = []
  const events: string[] = []
  const recorder = recorderOn(
    () => {
      const attempt = Promise.withResolvers<void>()
      attempts.push(attempt)
      return attempt.promise
    },
    () => events.push('failed'),
    () => events.push('recovered'),
  )
  const fail = async () => {
    attempts.at(-1)?.reject(new Error('the disk is full'))
    for (let n = 0; n < 5; n += 1) await setImmediate()
  }
  recorder.countUse(recorder.hold('a', START), START)
  for (let n = 0; n < 50; n += 1) recorder.flushInBackground()
  t.equal(attempts.length, 1)
  await fail()
  t.equal(attempts.length, 2, 'the one that waited')
  await fail()
  for (const pause of [1_000, 2_000, 4_000, 4_000]) {
    now += pause - 1
    recorder.flushInBackground()
    await setImmediate()
    const before = attempts.length
    now += 1
    for (let n = 0; n < 50; n += 1) recorder.flushInBackground()
    t.equal(attempts.length, before + 1, `one attempt after ${pause} ms`)
    await fail()
    t.equal(attempts.length, before + 1, 'and none waits')
  }
  const flushes = Array.from({ length: 100 }, () => recorder.flush())
  attempts.at(-1)?.resolve()
  await Promise.all(flushes)
  t.same(events, ['failed', 'recovered'])
  t.same(recorder.stats(), { pending: 0, flushed: 1 })
  recorder.countUse(recorder.hold('a', START), START)
  recorder.flushInBackground()
  await fail()
  t.same(events, ['failed', 'recovered', 'failed'], 'the next outage is reported again')
})

t.test('above ten thousand pending tokens a new one starts no flush while flushes fail', async (t) => {
  let attempts = 0
  const recorder = recorderOn(async () => {
    attempts += 1
    throw new Error('the disk is full')
  })
  for (let n = 0; n < 10_000; n += 1) recorder.countUse(recorder.hold(`t${n}`, START), START)
  for (let n = 0; n < 5; n += 1) await setImmediate()
  t.equal(attempts, 1)
  for (let n = 0; n < 1_000; n += 1) {
    recorder.countUse(recorder.hold(`u${n}`, START), START)
    await setImmediate()
  }
  t.ok(attempts <= 2, `${attempts} attempts`)
  t.same(recorder.stats(), { pending: 11_000, flushed: 0 })
})

t.test('a close waits at most ten seconds for the last flush', async (t) => {
  const timers = manualTimers(t)
  const recorder = recorderOn(() => new Promise(() => undefined))
  recorder.countUse(recorder.hold('a', START), START)
  recorder.flush().catch(() => undefined)
  const closing = t.rejects(recorder.close(), { message: 'the store gave no answer within 10 s' })
  timers.tick(10_000)
  await closing
  t.same(recorder.stats(), { pending: 1, flushed: 0 })
})

t.test('promise 7: the last use never moves back, also when the clock is set back', async (t) => {
  const recorder = recorderOn(async () => undefined)
  const use = recorder.hold('a', START)
  recorder.countUse(use, START + 10)
  recorder.countUse(use, START + 3)
  t.equal(recorder.lastUsedAt('a'), START + 10)
  t.equal(recorder.pendingCount('a'), 2)
})

type RecordUses = ConstructorParameters<typeof UsageRecorder>[0]['store']['recordUses']

function recorderOn(
  recordUses: RecordUses,
  onFlushFailed: (error: unknown) => void = () => undefined,
  onFlushRecovered: () => void = () => undefined,
) {
  return new UsageRecorder({
    store: { recordUses },
    clock: manualClock(START),
    idleTimeoutMs: null,
    storesClients: false,
    onFlushFailed,
    onFlushRecovered,
  })
}

async function startWithToken(t: Test, options: ApiTokensOptions = {}) {
  const store = countingStore(memoryTokenStore())
  const host = await startHost(t, { store, usage: { flushInterval: '1d' }, ...options })
  return { ...host, store, ...(await issue(host.app, 'ada')) }
}
