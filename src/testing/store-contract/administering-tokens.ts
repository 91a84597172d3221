/** The contract of the optional `administration`: reads over all owners in the order of an index, and ends of many tokens. */

import { deepEqual, equal, ok } from 'node:assert/strict'
import type { AdministrationStore, PlacedToken, RangePlace, TokenRange } from '../../store/token-store.ts'
import {
  DAY,
  findToken,
  hasFields,
  id,
  MANY_ENDED,
  NOW,
  numbers,
  put,
  rowOf,
  type StoreTest,
  type StoreUnderTest,
} from './records.ts'

type AdministrationTest = (stores: StoreUnderTest & { readonly admin: AdministrationStore }) => Promise<void>

export function administeringTokens(test: StoreTest): void {
  const onAdministration = (title: string, run: AdministrationTest) =>
    test(title, async (stores) => {
      const { administration } = stores.store
      if (administration !== undefined) await run({ ...stores, admin: administration })
    })

  onAdministration(
    'tokens of all owners are read by the time of issue, in both directions',
    async (stores) => {
      const { store, admin } = stores
      for (const n of [3, 1, 2]) await put(store, n, { userId: `owner ${n}` })
      await store.setOwnerStatus('owner 2', 'removed', NOW)
      deepEqual(await pages(admin, { by: 'id' }), [[1], [2], [3]])
      deepEqual(await pages(admin, { by: 'id' }, { descending: true }), [[3], [2], [1]])
      const [, second] = await admin.readTokens({ by: 'id' }, place({ limit: 1_000 }))
      deepEqual(second, { ...(await findToken(store, id(2))), position: { id: id(2), value: null } })
      equal(second?.owner?.endedReason, 'user_removed')
    },
  )

  onAdministration('the tokens of one owner are read, and of no other', async ({ store, admin }) => {
    for (const [n, userId] of ['ada', 'Ada', 'ada ', 'bob', 'ada'].entries()) await put(store, n, { userId })
    deepEqual(await pages(admin, { by: 'owner', userId: 'ada' }), [[0], [4]])
    deepEqual(await pages(admin, { by: 'owner', userId: 'ada' }, { descending: true }), [[4], [0]])
    deepEqual(await pages(admin, { by: 'owner', userId: 'nobody' }), [])
  })

  onAdministration('tokens are found by who issued them, own and others in one order', async (stores) => {
    const { store, admin } = stores
    await put(store, 1)
    await put(store, 2, { userId: 'org:1', createdBy: { kind: 'user', id: 'ada' } })
    await put(store, 3, { userId: 'org:1', createdBy: { kind: 'user', id: 'bob' } })
    await put(store, 4, { createdBy: { kind: 'code', id: null } })
    await put(store, 5, { userId: 'org:2', createdBy: { kind: 'admin', id: 'ada' } })
    await put(store, 6)
    deepEqual(await pages(admin, { by: 'creator', creatorId: 'ada' }), [[1], [2], [5], [6]])
    const descending = { descending: true, limit: 3 }
    deepEqual(await pages(admin, { by: 'creator', creatorId: 'ada' }, descending), [[6, 5, 2], [1]])
    deepEqual(await pages(admin, { by: 'creator', creatorId: 'bob' }), [[3]])
    deepEqual(await pages(admin, { by: 'creator', creatorId: 'org:1' }), [])
  })

  onAdministration('tokens are found by the beginning of their name, in its order', async (stores) => {
    const { store, admin } = stores
    const names = ['ci', 'CI', 'ci-2', 'cj', null, 'ci', 'ci\u{10FFFD}x', 'c%', 'ci_1', 'çi']
    for (const [n, name] of names.entries()) await put(store, n, { name, userId: `owner ${n}` })
    deepEqual(await pages(admin, { by: 'name', prefix: 'ci' }), [[0], [5], [2], [8], [6]])
    deepEqual(await pages(admin, { by: 'name', prefix: 'ci' }, { limit: 2 }), [[0, 5], [2, 8], [6]])
    deepEqual(await pages(admin, { by: 'name', prefix: 'c%' }), [[7]])
    deepEqual(await pages(admin, { by: 'name', prefix: '' }, { limit: 100 }), [
      [4, 1, 7, 0, 5, 2, 8, 6, 3, 9],
    ])
    const [first] = await admin.readTokens({ by: 'name', prefix: '' }, place())
    deepEqual(first?.position, { id: id(4), value: '' })
  })

  onAdministration(
    'tokens are found by their last use, to the day, the longest unused first',
    async (stores) => {
      const { store, admin } = stores
      for (const [n, days] of [3, 1, 2, 2, 0, 2].entries())
        await put(store, n, { idleFrom: NOW + days * DAY })
      const use = { tokenId: id(1), count: 1, lastUsedAt: NOW + 4 * DAY, scopesUsed: 0, lastClient: null }
      await store.recordUses([use], {
        ...{ now: use.lastUsedAt, idleTimeoutMs: null, storesClients: false, dayStart: use.lastUsedAt },
      })
      deepEqual(await pages(admin, { by: 'last_use', before: NOW + 3 * DAY }), [[4], [2], [3], [5]])
      deepEqual(await pages(admin, { by: 'last_use', before: NOW + 3 * DAY }, { limit: 3 }), [[4, 2, 3], [5]])
      const sameDay = await pages(admin, { by: 'last_use', before: NOW + 4 * DAY + 5 }, { limit: 100 })
      deepEqual(sameDay, [[4, 2, 3, 5, 0]])
      deepEqual(await pages(admin, { by: 'last_use', before: NOW + 5 * DAY }, { limit: 100 }), [
        [4, 2, 3, 5, 0, 1],
      ])
    },
  )

  onAdministration('tokens are found by their expiry, the next to expire first', async ({ store, admin }) => {
    const expiries = [NOW + 5, null, NOW + 3, NOW + 5, NOW + 9, null]
    for (const [n, expiresAt] of expiries.entries()) await put(store, n, { expiresAt })
    deepEqual(await pages(admin, { by: 'expiry', before: NOW + 9 }), [[2], [0], [3]])
    deepEqual(await pages(admin, { by: 'expiry', before: NOW + 9 }, { limit: 2 }), [[2, 0], [3]])
    deepEqual(await pages(admin, { by: 'expiry', before: NOW }), [])
    deepEqual(await pages(admin, { by: 'expiry', before: null }), [[2], [0], [3], [4], [1], [5]])
    deepEqual(await pages(admin, { by: 'expiry', before: null }, { limit: 4 }), [
      [2, 0, 3, 4],
      [1, 5],
    ])
  })

  onAdministration('a token that comes between two pages does not repeat or hide another', async (stores) => {
    const { store, admin } = stores
    for (const n of [1, 3, 5]) await put(store, n, { name: 'same' })
    const range: TokenRange = { by: 'name', prefix: 'same' }
    const first = await admin.readTokens(range, place({ limit: 2 }))
    for (const n of [2, 4]) await put(store, n, { name: 'same' })
    const after = first.at(-1)?.position ?? null
    deepEqual(numbersOf(await admin.readTokens(range, place({ after, limit: 9 }))), [4, 5])
  })

  onAdministration('owners are read in the order of their ids, also those without tokens', async (stores) => {
    const { store, admin } = stores
    await put(store, 1, { userId: 'bob' })
    await put(store, 2, { userId: 'org:b' })
    await store.setOwnerStatus('org:a', 'inactive', NOW)
    await store.setOwnerStatus('Zoe', 'removed', NOW)
    const ids = async (prefix: string, after: string | null, limit = 9) =>
      (await admin.readOwners({ prefix, after, limit })).map(({ userId }) => userId)
    deepEqual(await ids('', null), ['Zoe', 'bob', 'org:a', 'org:b'])
    deepEqual(await ids('', null, 2), ['Zoe', 'bob'])
    deepEqual(await ids('', 'bob'), ['org:a', 'org:b'])
    deepEqual(await ids('org:', null), ['org:a', 'org:b'])
    deepEqual(await ids('org:', 'org:a'), ['org:b'])
    deepEqual(await ids('org:c', null), [])
    const [owner] = await admin.readOwners({ prefix: 'org:a', after: null, limit: 1 })
    deepEqual(owner, { userId: 'org:a', status: 'inactive', generation: 1, endedReason: null })
  })

  onAdministration(
    'many tokens are revoked at once, those of several owners too',
    async ({ store, admin }) => {
      for (const n of [1, 2, 3, 4]) await put(store, n, { userId: `owner ${n % 2}` })
      await store.revokeToken(id(2), { now: NOW, reason: 'other' })
      const ids = [id(3), id(1), id(2), id(9), id(1), 'no id']
      const revoked = await admin.revokeTokens(ids, { now: NOW + 1, reason: 'leaked' })
      deepEqual(numbers(revoked).sort(), [1, 3])
      for (const n of [1, 3]) {
        hasFields(await rowOf(store, n), { status: 'revoked', statusReason: 'leaked', revokedAt: NOW + 1 })
      }
      hasFields(await rowOf(store, 2), { statusReason: 'other', revokedAt: NOW })
      hasFields(await rowOf(store, 4), { status: 'active' })
      const { changes } = await store.feed.changesSince(0)
      for (const n of [1, 3])
        ok(changes.some(({ target }) => 'tokenId' in target && target.tokenId === id(n)))
    },
  )

  onAdministration('five hundred tokens are revoked in one call', async ({ store, admin }) => {
    for (let n = 0; n < 500; n += 1) await put(store, n)
    const ids = Array.from({ length: 500 }, (_, n) => id(n))
    equal((await admin.revokeTokens(ids, { now: NOW, reason: null })).length, 500)
  })

  onAdministration(
    'an unused successor that is revoked with others restores its predecessor',
    async (stores) => {
      const { store, admin } = stores
      const { generation: _, ...successor } = { ...(await put(store, 1)), id: id(2), predecessorId: id(1) }
      const scope = { ...MANY_ENDED, now: NOW, graceEndsAt: NOW + 1_000, replaces: null }
      await store.rotateToken(id(1), successor, scope)
      await admin.revokeTokens([id(2)], { now: NOW + 1, reason: null })
      hasFields(await rowOf(store, 1), { status: 'active', successorId: null, graceEndsAt: null })
    },
  )

  onAdministration(
    'promise 9: all tokens of an owner end by one row, later ones are valid',
    async (stores) => {
      const { store, admin } = stores
      const token = await put(store, 1)
      const owner = { userId: 'ada', status: 'active', generation: 2, endedReason: 'leaked' } as const
      deepEqual(await admin.revokeAllTokens('ada', { now: NOW, reason: 'leaked' }), owner)
      deepEqual(await findToken(store, id(1)), { token, owner })
      equal((await put(store, 2)).generation, 2)
      const { changes } = await store.feed.changesSince(0)
      ok(changes.some(({ target }) => 'userId' in target && target.userId === 'ada'))
      const next = await admin.revokeAllTokens('ada', { now: NOW, reason: null })
      deepEqual(next, { ...owner, generation: 3, endedReason: null })
    },
  )

  onAdministration(
    'tokens that ended with all of their owner are counted and pruned as ended',
    async (stores) => {
      const { store, admin } = stores
      for (const n of [1, 2]) await put(store, n)
      await admin.revokeAllTokens('ada', { now: NOW + DAY, reason: null })
      await put(store, 3)
      const revoked = await store.listTokens({
        ...{ userId: 'ada', limit: 9, sort: 'created_at', descending: false, maxRows: 1_000, now: NOW },
        ...{ idleBefore: null, statuses: ['revoked'] },
      })
      deepEqual(numbers(revoked.tokens), [1, 2])
      equal(await store.prune({ rows: 'tokens', endedBefore: NOW + DAY }, 10), 0)
      equal(await store.prune({ rows: 'tokens', endedBefore: NOW + DAY + 1 }, 10), 2)
      hasFields(await rowOf(store, 3), { status: 'active' })
    },
  )

  onAdministration(
    'a removed or deactivated owner keeps the status when all tokens are revoked',
    async (stores) => {
      const { store, admin } = stores
      for (const status of ['inactive', 'removed'] as const) {
        await store.setOwnerStatus('ada', status, NOW)
        hasFields(await admin.revokeAllTokens('ada', { now: NOW, reason: null }), { status })
      }
      hasFields(await admin.revokeAllTokens('unknown', { now: NOW, reason: null }), {
        status: 'active',
        generation: 2,
      })
    },
  )

  onAdministration('two revocations of all tokens at once raise the generation twice', async (stores) => {
    const { store, second, admin } = stores
    await put(store, 1)
    await Promise.all([
      admin.revokeAllTokens('ada', { now: NOW, reason: null }),
      (second.administration ?? admin).revokeAllTokens('ada', { now: NOW, reason: null }),
    ])
    equal((await store.findOwner('ada'))?.generation, 3)
  })
}

function place(fields: Partial<RangePlace> = {}): RangePlace {
  return { after: null, descending: false, limit: 1, ...fields }
}

function numbersOf(placed: readonly PlacedToken[]): number[] {
  return numbers(placed.map(({ token }) => token))
}

/** Every page of a range, as the numbers of its tokens. */
async function pages(
  admin: AdministrationStore,
  range: TokenRange,
  fields: Partial<RangePlace> = {},
): Promise<number[][]> {
  const all: number[][] = []
  let after: RangePlace['after'] = null
  for (;;) {
    const page = await admin.readTokens(range, place({ ...fields, after }))
    const last = page.at(-1)
    if (last === undefined) return all
    all.push(numbersOf(page))
    after = last.position
  }
}
