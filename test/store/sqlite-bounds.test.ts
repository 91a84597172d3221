/** The bounds of the SQL stores on an SQLite file, where they are quickly tested: reads, ended tokens, and the counts. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { oneOwnerRows } from '../../benchmark/growth/one-owner-rows.ts'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { boundingEnded } from '../../src/testing/store-contract/bounding-ended.ts'
import { boundingReads } from '../../src/testing/store-contract/bounding-reads.ts'
import { DAY, draft, id, MANY_ENDED, NOW, put, query } from '../../src/testing/store-contract/records.ts'

for (const part of [boundingReads, boundingEnded]) {
  part((title, run) => {
    t.test(title, async (t) => {
      const { store, second } = await opened(t)
      await run({ store, second })
      t.pass('it keeps the contract')
    })
  })
}

t.test('promise 15: tokens that were inserted by SQL are counted at the first issue', async (t) => {
  const { store, run } = await opened(t)
  for (const sql of oneOwnerRows('SQLite', 3_000)) run(sql)
  const rules = { ...MANY_ENDED, now: NOW + DAY }
  t.equal(await outcomeOf(store, 9_001, { ...rules, maxTokens: 1_500 }), 'limit_reached')
  t.equal(await outcomeOf(store, 9_001, { ...rules, maxTokens: 1_501 }), 'inserted')
  t.equal(
    await outcomeOf(store, 9_002, { ...rules, maxEnded: 1_500, maxTokens: 9_000 }),
    'ended_limit_reached',
  )
  t.equal(await outcomeOf(store, 9_002, { ...rules, maxEnded: 1_501, maxTokens: 9_000 }), 'inserted')
})

t.test('promise 15: a thousand tokens that end at once make room at once', async (t) => {
  const { store, run } = await opened(t)
  for (const sql of oneOwnerRows('SQLite', 3_000)) run(sql)
  const rules = { ...MANY_ENDED, now: NOW + DAY }
  t.equal(await outcomeOf(store, 9_001, { ...rules, maxTokens: 1_501 }), 'inserted')
  run(`update api_tokens set expires_at = ${NOW + 2 * DAY} where revoked_at is null`)
  const later = { ...rules, now: NOW + 3 * DAY, maxTokens: 2 }
  t.equal(await outcomeOf(store, 9_002, later), 'inserted')
  t.equal(await outcomeOf(store, 9_003, later), 'inserted')
  t.equal(await outcomeOf(store, 9_004, later), 'limit_reached')
})

t.test('promise 15: what is slow is done in slices, between which requests come', async (t) => {
  const { store, run } = await opened(t)
  for (const sql of oneOwnerRows('SQLite', 20_000)) run(sql)
  const turns = async (work: Promise<unknown>) => {
    let [count, done] = [0, false]
    const turn = () => {
      count += 1
      if (!done) setImmediate(turn)
    }
    setImmediate(turn)
    await work
    done = true
    return count
  }
  const rules = { ...MANY_ENDED, now: NOW + DAY, maxTokens: 100_000 }
  t.ok((await turns(store.insertToken(draft(90_001), rules))) >= 20, 'a count of 20,000 tokens')
  t.ok((await turns(store.insertToken(draft(90_002), rules))) < 20, 'which the next issue does not need')
  t.ok((await turns(store.prune({ rows: 'tokens', endedBefore: NOW + DAY }, 500))) >= 50, 'a deletion of 500')
  t.ok((await turns(store.markIdle(NOW + DAY, 500))) >= 5, 'marking 500')
  const soonIdle = { since: NOW - DAY, before: NOW + DAY, now: NOW + DAY }
  t.ok((await turns(store.listIdleWarnings(soonIdle, 500))) >= 5, 'warning of 500')
  const list = query({ sort: 'name', statuses: ['expired'] })
  t.ok((await turns(store.listTokens(list))) >= 2, 'a key, a page, a total')
})

async function outcomeOf(store: TokenStore, n: number, rules: Parameters<TokenStore['insertToken']>[1]) {
  return (await store.insertToken(draft(n, { id: id(n + 0x1_0000) }), rules)).outcome
}

async function opened(t: Test) {
  const filename = join(t.testdir(), 'tokens.db')
  const [store, second] = [sqliteTokenStore({ filename }), sqliteTokenStore({ filename })]
  for (const one of [store, second]) {
    await one.open()
    t.teardown(() => one.close())
  }
  const database = new Database(filename)
  t.teardown(() => database.close())
  return { store, second, run: (sql: string) => void database.exec(sql) }
}

t.test('the contract of this file sees what is stored', async (t) => {
  const { store, second } = await opened(t)
  await put(store, 1)
  t.equal((await findToken(second, id(1)))?.token.id, id(1))
})
