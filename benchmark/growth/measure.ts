/** Measures operations of the plugin on a large table. */

import Fastify, { type FastifyInstance } from 'fastify'
import apiTokens from '../../src/index.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { DAY_MS } from '../../src/utc-day.ts'
import { median } from '../../test/support/median.ts'
import { type MeasuredAdministration, markTokens, measureAdministration } from './administration.ts'
import type { GrownDatabase } from './databases.ts'
import { idOf, MADE_AT } from './rows.ts'
import { credentialOf, GROWTH_KEY, USED, usedNumbers } from './used-tokens.ts'

/** Times in milliseconds. They are medians, except for flush and sweep. */
export interface Measured extends MeasuredAdministration {
  readonly coldVerification: number
  readonly firstPage: number
  readonly hundredthPage: number
  /** Flushes later on a day: the rows of the day exist. */
  readonly flush: number
  /** The bytes of the write-ahead log of one such flush. After a checkpoint, PostgreSQL writes whole pages: the median is without. */
  readonly flushWal: number
  /** The first flush of a day. */
  readonly firstFlush: number
  readonly sweep: number
  /** In bytes. */
  readonly databaseSize: number
}

const PAGES_READ = 200
const FLUSHES = 7
/** As the plugin divides a flush. */
const BATCH = 2_500
/** As the plugin divides a sweep. */
const SWEEP_BATCH = 500
const FIFTY_FIVE_MINUTES = 3_300_000

export async function measure(grown: GrownDatabase, size: number): Promise<Measured> {
  const databaseSize = await grown.size()
  const clock = manualClock(MADE_AT + FIFTY_FIVE_MINUTES)
  const app = Fastify()
  await app.register(apiTokens, {
    ...{ routes: false, store: grown.makeStore(), keys: [GROWTH_KEY], clock },
    // No token is evicted, so each is verified cold exactly once.
    cache: { max: 2 * USED },
    usage: { flushInterval: '1h' },
  })
  try {
    const firstPage = await medianOf(PAGES_READ, () => page(app))
    const behind99 = await cursorBehind(app, 99)
    const hundredthPage = await medianOf(PAGES_READ, () => page(app, behind99))
    const credentials = usedNumbers(size).map((n) => credentialOf(n, size))
    const useAll = async () => {
      for (const credential of credentials) await app.apiTokens.verify(credential)
      const { pending } = app.apiTokens.stats().usage
      if (pending !== USED) throw new Error(`only ${pending} tokens were used`)
    }
    const coldVerification = await medianOf(USED, (n) => app.apiTokens.verify(credentials[n] ?? ''))
    const flushOf = async () => {
      await useAll()
      return timed(() => app.apiTokens.flush())
    }
    await flushOf()
    const flushes: number[] = []
    for (let flush = 0; flush < FLUSHES; flush += 1) flushes.push(await flushOf())
    const wals: number[] = []
    for (let flush = 0; flush < FLUSHES; flush += 1) {
      await useAll()
      wals.push(await grown.walOf(() => app.apiTokens.flush()))
    }
    const firstFlush = await timed(() => useOnNextDay(grown, size))
    const sweep = await timed(() => markIdle(grown))
    await markTokens(grown.name, size, grown)
    const administration = await measureAdministration(grown, size)
    return {
      ...{ coldVerification, firstPage, hundredthPage, databaseSize },
      ...{ flush: median(flushes), flushWal: median(wals), firstFlush, sweep },
      ...administration,
    }
  } finally {
    await app.close()
  }
}

/** As the sweep does it, which goes on until nothing is left. */
async function markIdle(grown: GrownDatabase): Promise<void> {
  const store = grown.makeStore()
  await store.open()
  for (let marked = 0; marked < USED; ) {
    const idle = await store.markIdle(MADE_AT + 2 * DAY_MS, SWEEP_BATCH)
    if (idle.length === 0) throw new Error(`only ${marked} idle tokens were found`)
    marked += idle.length
  }
  await store.close()
}

/** Without the plugin, which would write the first use after an hour at once. */
async function useOnNextDay(grown: GrownDatabase, size: number): Promise<void> {
  const store = grown.makeStore()
  await store.open()
  const dayStart = MADE_AT + DAY_MS
  const rules = { now: dayStart + 1, dayStart, idleTimeoutMs: 30 * DAY_MS }
  const ids = usedNumbers(size).map(idOf).sort()
  for (let from = 0; from < ids.length; from += BATCH) {
    const some = ids.slice(from, from + BATCH)
    await store.recordUses(
      some.map((tokenId) => ({ tokenId, count: 1, lastUsedAt: dayStart + 1 })),
      rules,
    )
  }
  await store.close()
}

function page(app: FastifyInstance, cursor?: string) {
  return app.apiTokens.list({ userId: 'ada', limit: 30, ...(cursor === undefined ? {} : { cursor }) })
}

async function cursorBehind(app: FastifyInstance, pages: number): Promise<string> {
  let cursor: string | undefined
  for (let read = 0; read < pages; read += 1) {
    const { nextCursor } = await page(app, cursor)
    if (nextCursor === null) throw new Error(`there are only ${read} pages`)
    cursor = nextCursor
  }
  return cursor ?? ''
}

async function medianOf(times: number, work: (time: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let time = 0; time < times; time += 1) taken.push(await timed(() => work(time)))
  return median(taken)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
