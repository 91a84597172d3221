/** Uses are counted by the day (UTC) on which they happened, and none is missing. */

import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { daysFrom } from '../../src/testing/store-contract/records.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, START, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const DAY = 86_400_000
const HELD_BACK = { usage: { flushInterval: '1d' } }

t.test('every day (UTC) is returned, including days without use, today last', async (t) => {
  const { app, clock } = await startHost(t, HELD_BACK)
  const { id, token } = await issue(app, 'ada')
  await send(app, token, 3)
  clock.advance('2d')
  await send(app, token, 4)
  t.strictSame(await usageOf(app, id, '?days=4'), [
    { date: '2025-12-31', requests: 0 },
    { date: '2026-01-01', requests: 3 },
    { date: '2026-01-02', requests: 0 },
    { date: '2026-01-03', requests: 4 },
  ])
  t.strictSame(await usageOf(app, id, '?days=1'), [{ date: '2026-01-03', requests: 4 }])
  const month = await usageOf(app, id)
  t.equal(month.length, 30)
  t.equal(month[0]?.date, '2025-12-05')
})

t.test('a use before midnight counts for its own day, also when written later', async (t) => {
  const { app, clock, store } = await startCounting(t)
  const { id, token } = await issue(app, 'ada')
  clock.advance(DAY - 1)
  await send(app, token, 5)
  clock.advance(1)
  const beforeUse = [
    { date: '2026-01-01', requests: 5 },
    { date: '2026-01-02', requests: 0 },
  ]
  t.strictSame(await usageOf(app, id, '?days=2'), beforeUse)
  await send(app, token, 2)
  const expected = [
    { date: '2026-01-01', requests: 5 },
    { date: '2026-01-02', requests: 2 },
  ]
  t.strictSame(await usageOf(app, id, '?days=2'), expected, 'unwritten')
  t.match((await app.apiTokens.get(id)).useCount, 7)
  clock.advance('10s')
  await app.apiTokens.flush()
  t.strictSame(await usageOf(app, id, '?days=2'), expected, 'written')
  t.equal(store.calls.get('recordUses'), 2, 'a batch a day')
  t.match((await findToken(store, id))?.token, { useCount: 7, lastUsedAt: START + DAY })
})

t.test('when the store is unavailable over midnights, each day gets its uses', async (t) => {
  const { app, clock, store } = await startCounting(t)
  const { id, token } = await issue(app, 'ada')
  await send(app, token, 1)
  store.outage = new Error('the disk is full')
  for (const times of [2, 3, 4]) {
    await t.rejects(app.apiTokens.flush(), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
    clock.advance('1d')
    // The entry in the cache ended with its ttl: the row is read again.
    store.outage = undefined
    await send(app, token, times)
    store.outage = new Error('the disk is full')
  }
  await t.rejects(app.apiTokens.flush(), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
  store.outage = undefined
  t.same(requestsOf(await usageOf(app, id, '?days=4')), [1, 2, 3, 4])
  await app.apiTokens.flush()
  t.same(requestsOf(await usageOf(app, id, '?days=4')), [1, 2, 3, 4])
  t.equal((await findToken(store, id))?.token.useCount, 10)
  t.same(app.apiTokens.stats().usage, { pending: 0, flushed: 10 })
})

t.test('days stay separate when the clock is set back over midnight while a flush fails', async (t) => {
  const written = new Map<string, number>()
  let down = true
  const clock = manualClock(START)
  const recorder = new UsageRecorder({
    store: {
      recordUses: async (uses, { dayStart }) => {
        if (down) {
          for (const time of [START, START + DAY]) recorder.countUse(use, time)
          throw new Error('the disk is full')
        }
        t.equal(new Set(uses.map(({ tokenId }) => tokenId)).size, uses.length, 'a token once in a batch')
        for (const { tokenId, count } of uses) {
          written.set(`${tokenId} ${dayStart}`, (written.get(`${tokenId} ${dayStart}`) ?? 0) + count)
        }
      },
    },
    clock,
    idleTimeoutMs: null,
    storesClients: false,
    onFlushFailed: () => undefined,
  })
  const use = recorder.hold('a', START)
  for (const time of [START + DAY, START, START + DAY, START]) recorder.countUse(use, time)
  await t.rejects(recorder.flush())
  t.equal(recorder.pendingCount('a'), 6)
  down = false
  await recorder.flush()
  t.same(Object.fromEntries(written), { [`a ${START}`]: 3, [`a ${START + DAY}`]: 3 })
  t.equal(recorder.pendingCount('a'), 0)
})

t.test('counts add up over flushes, restarts and several instances on one store', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const options = { keys: [hs256Key()], ...HELD_BACK }
  const open = () => startHost(t, { ...options, store: sqliteTokenStore({ filename }) })
  const first = await open()
  const { id, token } = await issue(first.app, 'ada')
  const second = await open()
  const sent = new Map<string, number>()
  for (let day = 0; day < 3; day += 1) {
    for (const [n, { app }] of [first, second, await open()].entries()) {
      const date = new Date(first.clock.now()).toISOString().slice(0, 10)
      await send(app, token, day + n + 1)
      sent.set(date, (sent.get(date) ?? 0) + day + n + 1)
      if (n === 1) await Promise.all([first.app.apiTokens.flush(), second.app.apiTokens.flush()])
      if (n === 2) await app.close()
    }
    first.clock.advance('1d')
    second.clock.advance('1d')
    if (day === 0) t.equal(sent.get('2026-01-01'), 6)
  }
  await first.app.close()
  await second.app.close()
  const { app, clock } = await open()
  clock.advance('2d')
  const days = await usageOf(app, id, '?days=3')
  t.equal(
    requestsOf(days).reduce((sum, requests) => sum + requests, 0),
    [...sent.values()].reduce((sum, requests) => sum + requests, 0),
  )
  t.equal((await app.apiTokens.get(id)).useCount, 27)
  t.same(
    days.map(({ requests }) => requests > 0),
    [true, true, true],
  )
})

t.test('promise 8: only the owner can read the usage of a token', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  await issue(app, 'bob')
  for (const url of [`/tokens/${id}/usage`, '/tokens/nonsense/usage', '/tokens/current/usage']) {
    const answer = await app.inject(as('bob', { url }))
    t.match([answer.statusCode, answer.json().code], [404, 'FST_API_TOKENS_NOT_FOUND'], url)
  }
  t.equal((await app.inject({ url: `/tokens/${id}/usage` })).statusCode, 401)
  await app.apiTokens.deactivateUser('ada')
  t.match((await app.inject(as('ada', { url: `/tokens/${id}/usage` }))).json(), {
    code: 'FST_API_TOKENS_USER_INACTIVE',
  })
})

t.test('promise 14: invalid values of days are refused, by the route and in code', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  for (const query of ['days=0', 'days=91', 'days=-1', 'days=1.5', 'days=x', 'days=', 'day=1']) {
    const answer = await app.inject(as('ada', { url: `/tokens/${id}/usage?${query}` }))
    t.match([answer.statusCode, answer.json().code], [400, 'FST_ERR_VALIDATION'], query)
  }
  for (const days of [0, 91, 1.5, NaN, '3' as unknown as number]) {
    await t.rejects(app.apiTokens.usage(id, { days }), { code: 'FST_ERR_VALIDATION', message: /^days / })
  }
  t.equal((await usageOf(app, id, '?days=90')).length, 90)
})

t.test('code reads the usage of any token, or with a userId of that user’s tokens', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada')
  await send(app, token, 2)
  t.strictSame(await app.apiTokens.usage(id, { days: 1 }), {
    data: [{ date: '2026-01-01', requests: 2 }],
    scopes: [],
  })
  t.equal((await app.apiTokens.usage(id)).data.length, 30)
  t.equal((await app.apiTokens.usage(id, {}, { userId: 'ada' })).data.length, 30)
  await t.rejects(app.apiTokens.usage(id, {}, { userId: 'bob' }), { code: 'FST_API_TOKENS_NOT_FOUND' })
  await t.rejects(app.apiTokens.usage(id, {}, { userId: undefined }), { code: 'FST_ERR_VALIDATION' })
})

t.test('counts are pruned after their retention, and the token stays', async (t) => {
  const store = memoryTokenStore()
  const usage = { flushInterval: '1d', dailyRetention: '7d' }
  const { app, clock } = await startHost(t, { store, usage, idleTimeout: false })
  const { id, token } = await issue(app, 'ada')
  await send(app, token, 3)
  t.equal((await usageOf(app, id)).length, 7, 'the default number of days')
  t.equal((await app.inject(as('ada', { url: `/tokens/${id}/usage?days=8` }))).statusCode, 400)
  clock.advance(8 * DAY - 1)
  await app.apiTokens.sweep()
  t.same(await store.dailyUses(id, daysFrom(START)), [{ dayStart: START, requests: 3 }])
  clock.advance(1)
  await app.apiTokens.sweep()
  t.same(await store.dailyUses(id, daysFrom(START)), [])
  t.equal((await app.apiTokens.get(id)).useCount, 3)
})

t.test('a sweep prunes 500 counts a statement, at most 20 statements', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store, ...HELD_BACK })
  const { id, token } = await issue(app, 'ada')
  await send(app, token, 1)
  for (let day = 1; day < 600; day += 1) {
    const use = { tokenId: id, count: 1, lastUsedAt: START }
    await store.recordUses([use], { now: START, dayStart: START - day * DAY, idleTimeoutMs: null })
  }
  clock.advance('91d')
  store.calls.clear()
  await app.apiTokens.sweep()
  t.equal(store.calls.get('prune'), 4, 'two of days, one of tokens and one of leases')
  t.same(await store.dailyUses(id, daysFrom(START)), [])
})

async function startCounting(t: Test, options: ApiTokensOptions = {}) {
  const store = countingStore(memoryTokenStore())
  return { ...(await startHost(t, { store, ...HELD_BACK, ...options })), store }
}

async function send(app: FastifyInstance, token: string, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const { statusCode } = await app.inject(withToken(token))
    if (statusCode !== 200) throw new Error(`refused: ${statusCode}`)
  }
}

interface Day {
  readonly date: string
  readonly requests: number
}

async function usageOf(app: FastifyInstance, id: string, query = ''): Promise<Day[]> {
  const answer = await app.inject(as('ada', { url: `/tokens/${id}/usage${query}` }))
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json().data
}

function requestsOf(days: readonly Day[]): number[] {
  return days.map(({ requests }) => requests)
}
