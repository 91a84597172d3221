/** News within an instance: heard by all, in order, before it counts as told. */

import t from 'tap'
import { type Invalidation, TokenChanges } from '../../src/invalidation/invalidation-bus.ts'

t.test(
  'promise 4: every listener has heard before announce returns, in the order in which they came',
  async (t) => {
    const changes = new TokenChanges()
    const heard: [string, Invalidation][] = []
    changes.listen((change) => heard.push(['first', change]))
    changes.listen((change) => heard.push(['second', change]))
    const ofToken: Invalidation = { subject: { tokenId: 'a' }, ended: true }
    const ofUser: Invalidation = { subject: { userId: 'ada' }, ended: false }
    changes.announce(ofToken)
    t.same(heard, [
      ['first', ofToken],
      ['second', ofToken],
    ])
    changes.announce(ofUser)
    t.same(heard.slice(2), [
      ['first', ofUser],
      ['second', ofUser],
    ])
  },
)

t.test('news that nobody listens to harms nothing', async (t) => {
  t.doesNotThrow(() => new TokenChanges().announce({ subject: { tokenId: 'a' }, ended: true }))
})
