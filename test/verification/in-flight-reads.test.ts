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

t.test(
  'promise 9: an invalidation of a user reaches their reads, also before the owner is known',
  async (t) => {
    const reads = new InFlightReads()
    const [ofAda, ofBob] = [join(reads, 'a'), join(reads, 'b', 'bob')]
    const [laterAda, laterBob] = [join(reads, 'c', null), join(reads, 'd', null)]
    reads.invalidateUserReads('ada')
    reads.learnOwner(laterAda, 'ada')
    reads.learnOwner(laterBob, 'bob')
    const all = [ofAda, ofBob, laterAda, laterBob]
    t.same(
      all.map(({ isInvalidated }) => isInvalidated),
      [true, false, true, false],
    )
    reads.invalidateUserReads('bob')
    t.ok(laterBob.isInvalidated, 'the owner is known now')
  },
)

t.test('promise 15: a read of an unknown owner stores at most 1,000 changed users', async (t) => {
  const reads = new InFlightReads()
  const read = join(reads, 'a', null)
  for (let n = 0; n <= 1_000; n += 1) reads.invalidateUserReads(`user-${n}`)
  t.ok(read.isInvalidated)
})
