/** No statement of the SQLite store scans a whole table, by SQLite's query plans. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { SORT_FIELDS, type TokenStore } from '../../src/store/token-store.ts'
import {
  DAY,
  daysFrom,
  draft,
  id,
  MANY_ENDED,
  NOW,
  put,
  query,
} from '../../src/testing/store-contract/records.ts'
import { TOKEN_STATUSES } from '../../src/token/status.ts'
import { watchedSqlite } from '../support/watched-stores.ts'
import { watchStatements } from './prepared-statements.ts'

t.test('tokens and their owners are found by primary key', async (t) => {
  for (const count of [1, 2, 64, 200]) {
    const ids = Array.from({ length: count }, (_, n) => id(n))
    const [plan = ''] = await plansOf(t, (store) => store.findTokens(ids))
    t.match(plan, /SEARCH api_tokens USING PRIMARY KEY \(id=\?\)/, `${count} at once`)
    t.match(plan, /SEARCH api_token_owners USING PRIMARY KEY \(user_id=\?\)/)
    t.match(plan, /SEARCH api_token_usage USING PRIMARY KEY \(day=\? AND token_id=\?\)/)
  }
})

t.test('the query of a cold verification is not planned again for other ids', async (t) => {
  const { store, statements } = await watchedSqlite(t)
  await store.findTokens([id(1)])
  t.match(statements.at(-1)?.sql, /"id" = \+\?$/, 'the planner does not look at the value')
  await store.findTokens([id(1), id(2)])
  t.match(statements.at(-1)?.sql, /"id" in \(\+\?, \+\?\)$/)
})

t.test('an owner’s page is read from an index of its order', async (t) => {
  for (const descending of [true, false]) {
    const after = { value: null, id: id(5) }
    const plans = await plansOf(t, (store) => store.listTokens(query({ descending, after, limit: 10 })))
    const page = plans.find((plan) => plan.includes('id<?') || plan.includes('id>?')) ?? ''
    t.match(page, /SEARCH api_tokens USING (COVERING )?INDEX api_tokens_of_owner \(user_id=\? AND id[<>]\?\)/)
    t.notMatch(page, /TEMP B-TREE/, 'nothing is sorted')
  }
})

t.test('no page reads tokens of other owners, with any order and filters', async (t) => {
  for (const sort of SORT_FIELDS) {
    for (const status of [undefined, ...TOKEN_STATUSES]) {
      const after = { value: sort === 'created_at' ? null : 0, id: id(5) }
      const statuses = status && [status]
      const plans = await plansOf(t, (store) => store.listTokens(query({ sort, statuses, after })))
      t.ok(plans.length >= 3, 'the owner, the page, the total')
      for (const plan of plans) t.notOk(walks(plan), `${sort} ${status}`)
    }
  }
})

t.test('promise 15: an insert reads the tokens that ended since the last one from an index', async (t) => {
  const plans = await plansOf(t, (store) =>
    store.insertToken(draft(99), { ...MANY_ENDED, maxTokens: 5, now: NOW }),
  )
  t.equal(plans.filter((plan) => plan.includes('SEARCH api_tokens')).length, 1)
  t.match(
    plans.join('\n'),
    /SEARCH api_tokens USING INDEX api_tokens_ends \(user_id=\? AND generation=\? AND ends_at>\? AND ends_at<\?\)/,
  )
  for (const plan of plans) t.notOk(walks(plan), plan)
})

t.test('promise 15: a list by name is read from an index, between two keys', async (t) => {
  for (const descending of [true, false]) {
    const after = { value: 'x', id: id(5) }
    const plain = await plansOf(t, (store) => store.listTokens(query({ sort: 'name', descending, after })))
    t.match(
      plain.join('\n'),
      /SEARCH api_tokens USING INDEX api_tokens_names \(user_id=\? AND name_and_id[<>]\?\)/,
    )
    const filtered = await plansOf(
      t,
      (store) =>
        store.listTokens(
          query({
            sort: 'name',
            descending,
            text: 'x',
            after: descending ? after : { ...after, value: '' },
            maxRows: 1,
          }),
        ),
      5,
    )
    t.match(filtered.join('\n'), /api_tokens_names \(user_id=\? AND name_and_id>\? AND name_and_id<\?\)/)
    for (const plan of [...plain, ...filtered]) t.notMatch(plan, /TEMP B-TREE/, 'nothing is sorted')
  }
})

t.test('promise 15: by last use only the tokens of a stretch are sorted', async (t) => {
  const plans = await plansOf(
    t,
    (store) => store.listTokens(query({ sort: 'last_used_at', statuses: ['expired'], maxRows: 2 })),
    5,
  )
  t.match(
    plans.join('\n'),
    /SEARCH api_tokens USING INDEX api_tokens_of_owner \(user_id=\? AND id>\? AND id<\?\)/,
  )
  for (const plan of plans) t.notOk(walks(plan), plan)
})

t.test('the newest time is read from the ends of indexes', async (t) => {
  const plans = await plansOf(t, async (store) => {
    await store.recordUses([use(1)], { now: NOW, dayStart: NOW, idleTimeoutMs: DAY })
    await store.newestStamp?.()
  })
  for (const plan of plans.slice(-6)) t.notMatch(plan, /TEMP B-TREE/)
  const all = plans.join('\n')
  t.match(all, /SCAN api_tokens USING COVERING INDEX api_tokens_changed|USING .*INDEX api_tokens_changed/)
  t.match(all, /SEARCH api_tokens USING INDEX api_tokens_idle \(status=\?\)/)
  t.match(all, /SEARCH api_token_usage USING PRIMARY KEY \(day=\?\)/)
})

t.test('the sweep reads only idle tokens, and those of one day, from an index', async (t) => {
  const plans = await plansOf(t, (store) => store.markIdle(NOW + 1, 500), 50)
  const all = plans.join('\n')
  t.match(all, /SEARCH api_tokens USING COVERING INDEX api_tokens_idle \(status=\? AND idle_day<\?\)/)
  t.match(
    all,
    /SEARCH api_tokens USING COVERING INDEX api_tokens_idle \(status=\? AND idle_day=\? AND idle_warning_from=\?\)/,
  )
  t.match(all, /SEARCH api_token_usage USING PRIMARY KEY \(day=\? AND token_id=\?\)/)
  t.match(all, /SEARCH api_tokens USING PRIMARY KEY \(id=\?\)/)
  t.notMatch(all, /api_tokens_idle \(status=\?\)/, 'not all active tokens')
  t.notMatch(all, /TEMP B-TREE/)
  for (const plan of plans) t.notOk(walks(plan), plan)
})

t.test('due idle warnings are found in an index, without those already emitted', async (t) => {
  const now = NOW + 20 * DAY
  const plans = await plansOf(t, (store) => store.listIdleWarnings({ since: NOW, before: NOW + 1, now }, 10))
  const all = plans.join('\n')
  t.match(
    all,
    /SEARCH api_tokens USING COVERING INDEX api_tokens_idle \(status=\? AND idle_day=\? AND idle_warning_from=\?\)/,
  )
  t.match(
    all,
    /SEARCH api_tokens USING COVERING INDEX api_tokens_idle \(status=\? AND idle_day=\? AND idle_warning_from>\? AND idle_warning_from<\?\)/,
  )
  for (const plan of plans) t.notOk(walks(plan), plan)
  t.notMatch(all, /TEMP B-TREE/)
})

t.test('a flush reads a token only at its first use of a day', async (t) => {
  const rules = { now: NOW, dayStart: NOW, idleTimeoutMs: DAY }
  const first = await plansOf(t, (store) => store.recordUses([use(1)], rules))
  t.match(first.join('\n'), /SEARCH api_tokens USING PRIMARY KEY \(id=\?\)/)
  const second = await plansOf(t, (store) => store.recordUses([{ ...use(1), touchesToken: false }], rules))
  t.notMatch(second.join('\n'), /api_tokens/)
  for (const plan of [...first, ...second]) t.notOk(walks(plan), plan)
})

t.test('pruning reads only ended tokens, from an index for each kind of end', async (t) => {
  const plans = await plansOf(t, (store) => store.prune({ rows: 'tokens', endedBefore: NOW }, 10))
  t.equal(plans.length, 5, 'one for each way, and the owners')
  for (const plan of plans) t.notOk(walks(plan), plan)
  t.match(plans[0], /api_tokens_revoked \(revoked_at<\?\)/)
  t.match(plans[1], /api_tokens_by_expiry \(expires_at<\?\)/)
  t.match(plans[2], /api_tokens_grace \(grace_ends_at<\?\)/)
  t.match(plans[3], /api_token_owners_raised \(raised_at<\?\)/)
})

t.test('tokens of the maximum age are found by ranges of ids', async (t) => {
  const pruning = await plansOf(t, (store) =>
    store.prune({ rows: 'tokens', endedBefore: NOW, maxAgeMs: DAY }, 10),
  )
  t.match(pruning[4], /SEARCH api_tokens USING PRIMARY KEY \(id<\?\)/)
  const rules = { maxTokens: 5, maxEnded: 1, deletableBefore: NOW, now: NOW, maxAgeMs: DAY }
  const inserting = await plansOf(t, async (store) => {
    await store.revokeToken(id(1), { now: NOW })
    await store.insertToken(draft(99), rules)
  })
  t.match(
    inserting.join('\n'),
    /SEARCH api_tokens USING .*INDEX api_tokens_of_owner \(user_id=\? AND id<\?\)/,
  )
  for (const plan of [...pruning, ...inserting]) {
    t.notOk(walks(plan), plan)
    t.notMatch(plan, /TEMP B-TREE/)
  }
})

t.test('a token is pruned by primary key, and its counts with it', async (t) => {
  const plans = await plansOf(t, async (store) => {
    await store.revokeToken(id(1), { now: NOW })
    await store.prune({ rows: 'tokens', endedBefore: NOW + 1 }, 10)
  })
  for (const plan of plans) t.notOk(walks(plan), plan)
})

t.test('the usage by day is read and pruned by primary key', async (t) => {
  const reading = await plansOf(t, (store) => store.dailyUses(id(1), daysFrom(NOW)))
  t.match(reading.join('\n'), /SEARCH api_token_usage USING PRIMARY KEY \(day=\? AND token_id=\?\)/)
  const pruning = await plansOf(t, async (store) => {
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW }], {
      now: NOW,
      dayStart: NOW,
      idleTimeoutMs: DAY,
    })
    await store.prune({ rows: 'usage', before: NOW + DAY }, 10)
  })
  t.match(pruning.join('\n'), /SEARCH api_token_usage USING PRIMARY KEY \(day<\?\)/)
  for (const plan of [...reading, ...pruning]) {
    t.notOk(walks(plan), plan)
    t.notMatch(plan, /TEMP B-TREE/)
  }
})

t.test('changes, owners and uses are found by primary key', async (t) => {
  const plans = await plansOf(t, async (store) => {
    await store.updateToken(id(1), { status: 'active' }, { now: NOW, idleBefore: NOW - DAY, userId: 'ada' })
    await store.updateToken(id(1), { name: 'x' }, { now: NOW, idleBefore: null })
    await store.revokeToken(id(1), { now: NOW, userId: 'ada' })
    await store.rotateToken(id(1), draft(2), {
      ...{ ...MANY_ENDED, now: NOW, graceEndsAt: NOW, replaces: null, userId: 'ada' },
    })
    await store.endPredecessor({ successorId: id(2), predecessorId: id(1) }, NOW)
    await store.findOwner('ada')
    await store.setOwnerStatus('ada', 'removed', NOW)
    await store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW }], {
      now: NOW,
      dayStart: NOW,
      idleTimeoutMs: DAY,
    })
  })
  t.ok(plans.length >= 6)
  for (const plan of plans) t.notOk(walks(plan), plan)
})

t.test('administration reads each order from its index, and sorts nothing', async (t) => {
  const after = { id: id(1), value: null }
  const ranges = [
    [{ by: 'id' }, after, /SEARCH api_tokens USING PRIMARY KEY \(id>\?\)/],
    [{ by: 'owner', userId: 'ada' }, after, /api_tokens_of_owner \(user_id=\? AND id>\?\)/],
    [{ by: 'creator', creatorId: 'ada' }, after, /api_tokens_by_creator \(created_by_id=\? AND id>\?\)/],
    [{ by: 'creator', creatorId: 'ada' }, after, /api_tokens_of_owner \(user_id=\? AND id>\?\)/],
    [{ by: 'name', prefix: 'x' }, null, /api_tokens_by_name \(name_and_id>\? AND name_and_id<\?\)/],
    [{ by: 'name', prefix: 'x' }, after, /api_tokens_by_name \(name_and_id>\? AND name_and_id<\?\)/],
    [{ by: 'last_use', before: NOW }, null, /api_tokens_by_last_use \(idle_day<\?\)/],
    [{ by: 'last_use', before: NOW }, { ...after, value: 1 }, /by_last_use \(idle_day=\? AND id>\?\)/],
    [{ by: 'last_use', before: NOW }, { ...after, value: 1 }, /by_last_use \(idle_day>\? AND idle_day<\?\)/],
    [{ by: 'expiry', before: NOW }, null, /api_tokens_by_expiry \(expires_at<\?\)/],
    [{ by: 'expiry', before: null }, null, /api_tokens_by_expiry \(expires_at>\?\)/],
    [{ by: 'expiry', before: null }, { ...after, value: 1 }, /by_expiry \(expires_at=\? AND id>\?\)/],
    [{ by: 'expiry', before: null }, after, /by_expiry \(expires_at=\? AND id>\?\)/],
  ] as const
  for (const [range, position, index] of ranges) {
    const place = { after: position, descending: false, limit: 10 }
    const plans = await plansOf(t, async (store) => store.administration?.readTokens(range, place))
    t.match(plans.join('\n'), index, JSON.stringify([range, position]))
    for (const plan of plans) {
      t.notOk(walks(plan), plan)
      t.notMatch(plan, /TEMP B-TREE/, 'nothing is sorted')
    }
  }
})

t.test('administration reads and ends by keys', async (t) => {
  const plans = await plansOf(t, async (store) => {
    await store.administration?.readOwners({ prefix: 'a', after: 'aa', limit: 10 })
    await store.administration?.revokeTokens([id(1)], { now: NOW, reason: null })
    await store.administration?.revokeAllTokens('ada', { now: NOW, reason: null })
  })
  t.ok(plans.length >= 4)
  for (const plan of plans) t.notOk(walks(plan), plan)
})

function use(n: number) {
  return { tokenId: id(n), count: 1, lastUsedAt: NOW }
}

/** Whether a whole table is read. A subquery of a part of it may have its name. */
function walks(plan: string): boolean {
  return /SCAN api_token/.test(plan) && !/(CO-ROUTINE|MATERIALIZE) api_token/.test(plan)
}

/** The plans of all statements that the store prepares for some work, each as its lines. */
async function plansOf(
  t: Test,
  work: (store: TokenStore) => Promise<unknown>,
  tokens = 1,
): Promise<string[]> {
  const statements = watchStatements(t)
  const filename = join(t.testdir(), 'tokens.db')
  const store = sqliteTokenStore({ filename })
  await store.open()
  for (let n = 1; n <= tokens; n += 1) await put(store, n)
  await store.close()
  const fresh = sqliteTokenStore({ filename, migrate: false })
  await fresh.open()
  statements.clear()
  await work(fresh)
  const prepared = [...statements.keys()].filter((sql) => !/^(begin|commit)/.test(sql))
  await fresh.close()
  const database = new Database(filename)
  const plans = prepared.map((sql) => planOf(database, sql))
  database.close()
  return plans
}

function planOf(database: Database.Database, sql: string): string {
  const parameters = Array<null>(sql.split('?').length - 1).fill(null)
  const rows = database.prepare(`explain query plan ${sql}`).all(parameters) as { detail: string }[]
  return rows.map(({ detail }) => detail).join('\n')
}
