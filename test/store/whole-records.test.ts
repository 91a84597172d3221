/** The functions for stores that write whole records, as far as the contract of stores does not cover them. */

import t from 'tap'
import * as store from '../../src/store/index.ts'
import { DAY, draft, NOW } from '../../src/testing/store-contract/records.ts'

const RULES = { maxTokens: 2, maxEnded: 2, deletableBefore: NOW, now: NOW + DAY }
const ROTATION = { ...RULES, graceEndsAt: NOW + DAY, replaces: null }
const OWNER = store.newOwner('ada')

const token = (n: number, fields: Partial<store.TokenRecord> = {}) => ({
  ...{ ...draft(n), generation: 1 },
  ...fields,
})

t.test('roomFor refuses an owner who is not active', async (t) => {
  for (const status of ['inactive', 'removed'] as const) {
    const owner = store.withOwnerStatus(OWNER, status, NOW)
    t.same(store.roomFor([], owner, RULES), { outcome: 'owner_inactive' })
  }
})

t.test('roomFor limits an insert to maxTokens, but not a rotation', async (t) => {
  const two = [token(1), token(2)]
  t.same(store.roomFor([token(1)], OWNER, RULES), { outcome: 'room', deletes: [] })
  t.same(store.roomFor(two, OWNER, RULES), { outcome: 'limit_reached' })
  const { maxTokens: _, ...rotation } = ROTATION
  t.same(store.roomFor(two, OWNER, rotation), { outcome: 'room', deletes: [] })
})

t.test('roomFor returns at most ten ended tokens to delete, the oldest first', async (t) => {
  const ended = Array.from({ length: 12 }, (_, n) => token(n, { status: 'revoked', revokedAt: NOW - 1 - n }))
  const room = store.roomFor(ended, OWNER, RULES)
  t.match(room, { outcome: 'room', deletes: ended.toReversed().slice(0, 10) })
  t.same(store.roomFor(ended, OWNER, { ...RULES, deletableBefore: 0 }), { outcome: 'ended_limit_reached' })
  t.same(store.roomFor(ended, OWNER, { ...RULES, maxEnded: 13 }), { outcome: 'room', deletes: [] })
})

t.test('the end of a token is the earliest of its ends', async (t) => {
  t.equal(store.endOf(token(1), null, null), Infinity)
  t.equal(store.endOf(token(1, { expiresAt: NOW + 5, graceEndsAt: NOW + 3 }), OWNER, null), NOW + 3)
  t.equal(store.endOf(token(1, { expiresAt: NOW + 5 }), OWNER, 4), NOW + 4)
  const removed = store.withOwnerStatus(OWNER, 'removed', NOW + 2)
  t.equal(store.endOf(token(1, { expiresAt: NOW + 5 }), removed, undefined), NOW + 2)
  t.equal(store.endOf(token(1, { generation: 2 }), removed, undefined), Infinity)
})

t.test('an owner is returned without the time when the generation was raised', async (t) => {
  const removed = store.withOwnerStatus(OWNER, 'removed', NOW)
  const endedReason = 'user_removed'
  t.same(store.ownerRecord(removed), { userId: 'ada', status: 'removed', generation: 2, endedReason })
  t.same(store.withOwnerStatus(removed, 'active', NOW + 1), { ...removed, status: 'active' })
  t.equal(store.ownerRecord(undefined), null)
  t.equal(store.ownerRecord(null), null)
})

t.test('a revocation of all tokens raises the generation of the owner, whose status stays', async (t) => {
  const owner = store.withOwnerStatus(OWNER, 'inactive', NOW)
  const raised = { generation: 2, endedReason: 'leaked', raisedAt: NOW + 1 }
  t.same(store.withRaisedGeneration(owner, 'leaked', NOW + 1), { ...owner, ...raised })
})

t.test('an update without a field, or of limits over another seal, is no change', async (t) => {
  const scope = { now: NOW, idleBefore: null }
  const limits = { metadata: null, allowedIps: null, rateLimit: null, seal: 'new', previousSeal: 'other' }
  t.equal(store.withPatch(token(1), {}, scope), null)
  t.equal(store.withPatch(token(1), { name: 'new', limits }, scope), null)
})

t.test('a record keeps members that these functions do not know', async (t) => {
  const later = { ...token(1), ofALaterVersion: true }
  const scope = { now: NOW, idleBefore: null }
  const use = { tokenId: later.id, count: 1, lastUsedAt: NOW }
  for (const record of [
    store.withPatch(later, { name: 'new' }, scope),
    store.withUse(later, use, { now: NOW, dayStart: NOW, idleTimeoutMs: null }),
    store.withRevocation(later, { now: NOW }),
    store.withSuccessor(later, token(2), ROTATION),
  ]) {
    t.match(record, { ofALaterVersion: true })
  }
})
