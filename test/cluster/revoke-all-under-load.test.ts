/**
 * Four processes under load: how soon the revocation of all tokens of an owner with 100,000 takes effect on the others. It
 * runs alone: package.json, `test:timed`.
 */

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { oneOwnerRows } from '../../benchmark/growth/one-owner-rows.ts'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { startCluster } from './cluster.ts'

/** The stated maximum delay without pub/sub, in milliseconds. */
const FEED_BOUND = 1_500
const TOKENS = 100_000
/** Tokens of the owner with an open stream on each of the other instances. */
const WATCHED = 25

t.setTimeout(240_000)
const database = await ownDatabase(t, 'PostgreSQL')
if (database !== null) {
  const { connectionString, run } = database
  const store = postgresTokenStore({ connectionString, migrate: true })
  await store.open()
  await store.close()

  t.test(`promises 5 and 9: ${TOKENS} tokens end on four instances`, { timeout: 240_000 }, async (t) => {
    const [, ...rows] = oneOwnerRows('PostgreSQL', TOKENS)
    for (const pubsub of ['postgres', false] as const) {
      await run('delete from api_tokens')
      await run('delete from api_token_owners')
      const setting = {
        connectionString,
        channel: `cluster-${randomUUID()}`,
        pubsub,
        redisUrl: connectionString,
      }
      const { first, others, all } = await startCluster(t, setting)
      const tokens = await first.ask('make', Array(WATCHED).fill('ada'))
      // The owner has a row since the first issue.
      for (const sql of rows) await run(sql)
      await Promise.all(others.map((other) => other.ask('watch', tokens)))
      const [written] = await run<{ n: string }>(
        "select count(*) as n from api_tokens where status = 'revoked'",
      )
      const time = await first.ask('revokeAll', 'ada')
      const heard = await Promise.all(others.map((other) => other.ask('ended', tokens)))
      const delays = heard.flat().map((at) => at - time)
      t.ok(Math.max(...delays) <= FEED_BOUND, `${pubsub}: at most ${Math.round(Math.max(...delays))} ms`)
      const [after] = await run<{ n: string }>(
        "select count(*) as n from api_tokens where status = 'revoked'",
      )
      t.same(after, written, 'no row of a token is written')
      t.match(await run("select generation from api_token_owners where user_id = 'ada'"), [
        { generation: /^2$/ },
      ])
      for (const instance of all) {
        const { served, refused } = await instance.ask('served', null)
        t.ok(served > 10, `${served} requests served`)
        t.equal(refused, 0, 'no request of another owner is refused')
        await instance.kill()
      }
    }
  })
}
