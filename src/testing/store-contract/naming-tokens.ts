/** The contract of ids: a text that is no UUID in lower case is the id of no token, and no error. */

import { deepEqual, equal } from 'node:assert/strict'
import { daysFrom, draft, hasFields, id, MANY_ENDED, NOW, put, rowOf, type StoreTest } from './records.ts'

/** Spellings that PostgreSQL would read as the same UUID, and texts that are not UUIDs. */
function spellingsOf(tokenId: string): readonly string[] {
  return [
    tokenId.toUpperCase(),
    `{${tokenId}}`,
    tokenId.replaceAll('-', ''),
    ` ${tokenId}`,
    `${tokenId} `,
    tokenId.slice(1),
    `${tokenId}0`,
    '',
    'no id',
    "'",
    '\u0000',
    '%',
  ]
}

export function namingTokens(test: StoreTest): void {
  test('another spelling of an id is the id of no token, and changes nothing', async ({ store }) => {
    const token = await put(store, 0xabc)
    const scope = { now: NOW, idleBefore: null }
    for (const other of spellingsOf(token.id)) {
      equal((await store.findTokens([other])).size, 0, other)
      equal((await store.updateToken(other, { name: 'x' }, scope)).outcome, 'not_found')
      equal((await store.updateToken(other, { status: 'active' }, scope)).outcome, 'not_found')
      equal((await store.updateToken(other, {}, scope)).outcome, 'not_found')
      equal((await store.revokeToken(other, { now: NOW })).outcome, 'not_found')
      const rotation = { ...MANY_ENDED, now: NOW, graceEndsAt: NOW, replaces: null }
      equal((await store.rotateToken(other, draft(2), rotation)).outcome, 'not_found')
      equal(await store.endPredecessor({ successorId: other, predecessorId: token.id }, NOW), null)
      const rules = { now: NOW, dayStart: NOW, idleTimeoutMs: null }
      await store.recordUses([{ tokenId: other, count: 1, lastUsedAt: NOW }], rules)
      deepEqual(await store.dailyUses(other, daysFrom(NOW)), [])
    }
    deepEqual(await rowOf(store, 0xabc), token)
  })

  test('many ids are read at once: known, unknown and wrong ones', async ({ store }) => {
    for (let n = 0; n < 256; n += 1) if (n % 3 === 0) await put(store, n)
    for (const count of [1, 2, 3, 7, 64, 65, 200, 256]) {
      const ids = Array.from({ length: count }, (_, n) => (n % 5 === 4 ? id(n).toUpperCase() : id(n)))
      const found = await store.findTokens(ids)
      const known = Array.from({ length: count }, (_, n) => n).filter((n) => n % 3 === 0)
      const readable = known.filter((n) => id(n) === ids[n])
      deepEqual([...found.keys()].sort(), readable.map(id), `${count} ids`)
      for (const n of readable) {
        hasFields(found.get(id(n))?.token, { id: id(n), name: `token ${n}` })
        equal(found.get(id(n))?.owner?.userId, 'ada')
      }
    }
    equal((await store.findTokens([])).size, 0)
  })
}
