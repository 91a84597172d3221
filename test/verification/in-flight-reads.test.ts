/** Which reads an invalidation reaches, whatever else was read in between. */

import t from 'tap'
import { type InFlightRead, InFlightReads } from '../../src/verification/in-flight-reads.ts'

const LISTENER = { onFound: () => undefined, onFailed: () => undefined }

function join(reads: InFlightReads, tokenId: string, userId: string | null = 'ada'): InFlightRead {
  return reads.join({ tokenId, userId }, LISTENER).read
}

/** The result is there: no further request joins. */
function find(read: InFlightRead): InFlightRead {
  read.listeners = null
  return read
}

t.test('promise 4: an invalidation reaches a read until the last request has used it', async (t) => {
  const reads = new InFlightReads()
  const read = join(reads, 'a')
  t.equal(join(reads, 'a'), read, 'the second request joins')
  find(read)
  reads.leave(read)
  reads.invalidateToken('a')
  t.ok(read.isInvalidated)
})

t.test('promise 4: an open read stays known, however many other reads come and go', async (t) => {
  const reads = new InFlightReads()
  const open = join(reads, 'open')
  for (let time = 0; time < 3; time += 1) {
    const again = find(join(reads, 'again'))
    reads.leave(again)
  }
  for (let n = 0; n < 2_000; n += 1) reads.leave(find(join(reads, `other ${n}`)))
  reads.invalidateToken('open')
  t.ok(open.isInvalidated)
  t.not(join(reads, 'open'), open, 'no request joins an invalidated read')
  t.equal(reads.count, 2_005)
})

t.test('promise 4: a read that another replaces is repeated', async (t) => {
  const reads = new InFlightReads()
  const waiting = find(join(reads, 'a'))
  const next = join(reads, 'a')
  t.not(next, waiting)
  t.ok(waiting.isInvalidated, 'no invalidation would reach it')
  reads.leave(waiting)
  reads.invalidateToken('a')
  t.ok(next.isInvalidated)
})

t.test('promise 9: an invalidation of a user reaches their reads, and reads of unknown owners', async (t) => {
  const reads = new InFlightReads()
  const [ofAda, ofBob, ofUnknown] = [join(reads, 'a'), join(reads, 'b', 'bob'), join(reads, 'c', null)]
  reads.invalidateUserReads('ada')
  t.same(
    [ofAda, ofBob, ofUnknown].map(({ isInvalidated }) => isInvalidated),
    [true, false, true],
  )
})
