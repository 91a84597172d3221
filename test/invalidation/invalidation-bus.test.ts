/** Invalidations within an instance: all listeners are called, in order, before `publish` returns. */

import t from 'tap'
import { type Invalidation, InvalidationBus } from '../../src/invalidation/invalidation-bus.ts'

t.test(
  'promise 4: publish calls every listener before it returns, in the order of subscription',
  async (t) => {
    const invalidations = new InvalidationBus()
    const received: [string, Invalidation][] = []
    invalidations.subscribe((change) => received.push(['first', change]))
    invalidations.subscribe((change) => received.push(['second', change]))
    const ofToken: Invalidation = { target: { tokenId: 'a' }, ended: true }
    const ofUser: Invalidation = { target: { userId: 'ada' }, ended: false }
    invalidations.publish(ofToken)
    t.same(received, [
      ['first', ofToken],
      ['second', ofToken],
    ])
    invalidations.publish(ofUser)
    t.same(received.slice(2), [
      ['first', ofUser],
      ['second', ofUser],
    ])
  },
)

t.test('publish without a listener does nothing', async (t) => {
  t.doesNotThrow(() => new InvalidationBus().publish({ target: { tokenId: 'a' }, ended: true }))
})
