/** The status of a token at a moment: boundaries to the millisecond, and the order of reasons. */

import t from 'tap'
import { DAY, draft, IDLE, NOW } from '../../src/testing/store-contract/records.ts'
import { idleExpiresAt, judge } from '../../src/token/status.ts'
import type { OwnerRecord, TokenRecord } from '../../src/token/token.ts'

const MOMENT = { now: NOW, idleTimeoutMs: IDLE, maxAgeMs: null }

t.test('an untouched token is active', async (t) => {
  t.same(judge(token({}), owner({}), MOMENT), { status: 'active', reason: null })
  t.same(judge(token({}), null, MOMENT), { status: 'active', reason: null }, 'its owner not known')
})

t.test('RFC 7519 §4.1.4: at its expiry a token is expired, a millisecond before it is not', async (t) => {
  t.equal(judge(token({ expiresAt: NOW + 1 }), null, MOMENT).status, 'active')
  t.same(judge(token({ expiresAt: NOW }), null, MOMENT), { status: 'expired', reason: null })
  t.equal(judge(token({ expiresAt: NOW - 1 }), null, MOMENT).status, 'expired')
})

t.test('promise 6: at 30 days it is active, a millisecond later idle', async (t) => {
  t.equal(judge(token({ idleFrom: NOW - IDLE }), null, MOMENT).status, 'active')
  t.same(judge(token({ idleFrom: NOW - IDLE - 1 }), null, MOMENT), { status: 'inactive', reason: 'idle' })
  const never = { ...MOMENT, idleTimeoutMs: null }
  t.equal(judge(token({ idleFrom: 0 }), null, never).status, 'active', 'without a timeout never')
})

t.test('the end of the idle timeout is returned, if there is one', async (t) => {
  t.equal(idleExpiresAt(token({ idleFrom: NOW }), DAY), NOW + DAY)
  t.equal(idleExpiresAt(token({ idleFrom: NOW }), null), null)
})

t.test('the reason in the row is returned', async (t) => {
  for (const reason of ['disabled', 'idle'] as const) {
    const state = { status: 'inactive', reason }
    t.same(judge(token({ status: 'inactive', statusReason: reason }), null, MOMENT), state)
  }
  t.same(judge(token({ status: 'revoked' }), null, MOMENT), { status: 'revoked', reason: null })
})

t.test('promise 9: removing the owner revokes older tokens only', async (t) => {
  const removed = { status: 'revoked', reason: 'user_removed' }
  const after = owner({ generation: 2, endedReason: 'user_removed' })
  t.same(judge(token({ generation: 1 }), after, MOMENT), removed)
  t.equal(judge(token({ generation: 2 }), owner({ generation: 2 }), MOMENT).status, 'active')
})

t.test('deactivating the owner does not change the token’s status', async (t) => {
  t.equal(judge(token({}), owner({ status: 'inactive' }), MOMENT).status, 'active')
})

t.test('a permanent end decides before what can be undone', async (t) => {
  const everything = { expiresAt: NOW - 1, idleFrom: 0, generation: 1 }
  const off = { status: 'inactive', statusReason: 'disabled' } as const
  const gone = owner({ generation: 2, endedReason: 'user_removed' })
  t.same(judge(token({ ...everything, status: 'revoked' }), gone, MOMENT), {
    status: 'revoked',
    reason: null,
  })
  t.equal(judge(token({ ...everything, ...off }), gone, MOMENT).reason, 'user_removed')
  t.equal(judge(token({ ...everything, ...off }), null, MOMENT).status, 'expired')
  t.equal(judge(token({ ...off, idleFrom: 0 }), null, MOMENT).reason, 'disabled')
})

function token(fields: Partial<TokenRecord>): TokenRecord {
  return { ...draft(1), generation: 1, ...fields }
}

function owner(fields: Partial<OwnerRecord>): OwnerRecord {
  return { userId: 'ada', status: 'active', generation: 1, endedReason: null, ...fields }
}
