/** A flush writes the rows of tokens only when they may have to change: at the first use of a day, near midnight, when idle. */

import t from 'tap'
import type { RecordUseRules, TokenUse } from '../../src/store/token-use.ts'
import { manualClock } from '../../src/testing/index.ts'
import { DAY, id, NOW } from '../../src/testing/store-contract/records.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'

const NOON = NOW + DAY / 2
const HOUR = 3_600_000

interface Batch {
  readonly uses: readonly TokenUse[]
  readonly rules: RecordUseRules
}

function recording(idleTimeoutMs: number | null, start = NOON) {
  const clock = manualClock(start)
  const batches: Batch[] = []
  let failure: Error | null = null
  const recorder = new UsageRecorder({
    ...{ clock, idleTimeoutMs, storesClients: false, onFlushFailed: t.error },
    store: {
      recordUses: async (uses, rules) => {
        batches.push({ uses, rules })
        if (failure !== null) throw failure
      },
    },
  })
  const touched = async () => {
    batches.splice(0)
    await recorder.flush()
    return batches.flatMap(({ uses }) => uses.map(({ touchesToken }) => touchesToken))
  }
  const fail = (error: Error | null) => {
    failure = error
  }
  return { clock, recorder, batches, touched, fail }
}

t.test('promise 7: the first flush of a day touches the token, later ones do not', async (t) => {
  const { clock, recorder, touched } = recording(30 * DAY)
  const use = recorder.hold(id(1), NOON - 3 * DAY)
  for (const expected of [true, false, false]) {
    recorder.countUse(use, clock.now())
    t.same(await touched(), [expected])
    clock.advance(HOUR)
  }
  clock.advance(DAY)
  recorder.countUse(use, clock.now())
  t.same(await touched(), [true])
})

t.test('a row that was read with a use of this day need not be touched', async (t) => {
  const { clock, recorder, touched } = recording(30 * DAY)
  recorder.countUse(recorder.hold(id(1), NOON - HOUR), clock.now())
  recorder.countUse(recorder.hold(id(2), NOW - 1), clock.now())
  t.same(await touched(), [false, true])
})

t.test('a time that may be that of an unwritten use proves nothing', async (t) => {
  const { clock, recorder, touched } = recording(30 * DAY)
  const use = recorder.hold(id(1), NOW - DAY)
  recorder.countUse(use, clock.now())
  recorder.hold(id(1), clock.now())
  t.same(await touched(), [true])
})

t.test('promise 6: after half of the idle timeout without a stored use the token is touched', async (t) => {
  const { clock, recorder, touched } = recording(HOUR)
  const use = recorder.hold(id(1), NOON)
  for (const [minutes, expected] of [
    [30, false],
    [30, false],
    [31, true],
  ] as const) {
    clock.advance(minutes * 60_000)
    recorder.countUse(use, clock.now())
    t.same(await touched(), [expected])
  }
})

t.test('promise 7: in the last minute of a day, and after it, the token is touched', async (t) => {
  const { clock, recorder, touched } = recording(null, NOW + DAY - 120_000)
  const use = recorder.hold(id(1), NOW + 1)
  recorder.countUse(use, clock.now())
  t.same(await touched(), [false])
  clock.advance(60_000)
  recorder.countUse(use, clock.now())
  t.same(await touched(), [true])
})

t.test('a batch that is repeated on the next day touches the token', async (t) => {
  const { clock, recorder, batches, touched, fail } = recording(null)
  const use = recorder.hold(id(1), NOW + 1)
  recorder.countUse(use, clock.now())
  fail(new Error('no response'))
  await t.rejects(recorder.flush())
  t.equal(batches[0]?.uses[0]?.touchesToken, false)
  fail(null)
  clock.advance(DAY)
  t.same(await touched(), [true])
})

t.test('promise 7: a use before midnight is not stored as one of the next day', async (t) => {
  const { clock, recorder, batches } = recording(null, NOW + DAY - 5)
  const use = recorder.hold(id(1), NOW)
  recorder.countUse(use, clock.now())
  clock.advance(10)
  recorder.countUse(use, clock.now())
  await recorder.flush()
  t.same(
    batches.map(({ uses, rules }) => [rules.dayStart, uses[0]?.lastUsedAt]),
    [
      [NOW, NOW + DAY - 1],
      [NOW + DAY, NOW + DAY + 5],
    ],
  )
})

t.test('the first uses of a day are spread over several background flushes', async (t) => {
  const { clock, recorder, batches } = recording(30 * DAY)
  for (let n = 0; n < 2_500; n += 1) recorder.countUse(recorder.hold(id(n), NOW - 1), clock.now())
  // One that may be marked idle, and one with a use of this day.
  recorder.countUse(recorder.hold(id(3_000), NOON - 29 * DAY), clock.now())
  recorder.countUse(recorder.hold(id(3_001), NOW + 1), clock.now())
  const sizes: number[] = []
  for (let flush = 0; flush < 4; flush += 1) {
    batches.splice(0)
    await recorder.flushDue()
    sizes.push(batches.reduce((sum, { uses }) => sum + uses.length, 0))
  }
  t.same(sizes, [1_002, 1_000, 500, 0])
  t.equal(recorder.stats().pending, 0)
})

t.test('a flush that somebody waits for writes everything', async (t) => {
  const { clock, recorder, batches } = recording(30 * DAY)
  for (let n = 0; n < 2_500; n += 1) recorder.countUse(recorder.hold(id(n), NOW - 1), clock.now())
  await recorder.flushDue()
  t.equal(recorder.stats().pending, 1_500)
  t.equal(recorder.pendingCount(id(2_000)), 1, 'a postponed use is known here')
  batches.splice(0)
  const running = recorder.flushDue()
  await Promise.all([running, recorder.flush()])
  t.equal(recorder.stats().pending, 0)
  recorder.countUse(recorder.hold(id(1), 0), clock.now())
  await recorder.close()
  t.equal(recorder.stats().pending, 0)
})
