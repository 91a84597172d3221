/** The change feed on PostgreSQL, with one instance behind a proxy that stops to forward packets. */

import t from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { within } from '../support/within.ts'

const FEED_BOUND = 1_500
const BOUND = 3_000

t.test(
  'promise 5: while packets to PostgreSQL are dropped, maxStaleness applies, and after it the feed',
  async (t) => {
    const database = await ownDatabase(t, 'PostgreSQL')
    if (database === null) return
    const proxy = await tcpProxy(t, 5432)
    const direct = new URL(database.connectionString)
    const proxied = new URL(direct)
    proxied.port = String(proxy.port)
    const keys = [hs256Key()]
    const start = async ({ href }: URL) => {
      const store = postgresTokenStore({ connectionString: href, migrate: true, timeout: 1_000 })
      const clock = { now: () => Date.now() }
      return (
        await startHost(t, { store, keys, clock, invalidation: { pubsub: false, maxStaleness: BOUND } })
      ).app
    }
    const here = await start(direct)
    const there = await start(proxied)
    const issueKnownThere = async (userId: string) => {
      const issued = await here.apiTokens.issue({ userId })
      if ((await statusOf(there, issued.credential)) !== 200) throw new Error('it was not let in')
      return issued
    }

    const first = await issueKnownThere('ada')
    await here.apiTokens.revoke(first.token.id)
    await within(FEED_BOUND, async () => (await statusOf(there, first.credential)) === 401)

    const second = await issueKnownThere('eve')
    const third = await issueKnownThere('bob')
    proxy.state = 'silent'
    await here.apiTokens.revoke(second.token.id)
    // A request that has to read waits for the store's own timeout; what counts is that it is let in no longer.
    const silentFor = await within(
      BOUND + 1_500,
      async () => (await statusOf(there, second.credential)) !== 200,
    )
    t.ok(silentFor <= BOUND + 1_200, `let in no longer after ${Math.round(silentFor)} ms`)
    t.equal(await statusOf(there, third.credential), 503, 'an outage is no refusal')
    t.equal(there.apiTokens.stats().invalidation.feed, 'unavailable')

    proxy.state = 'open'
    await within(10_000, () => there.apiTokens.stats().invalidation.feed === 'available')
    t.equal(await statusOf(there, second.credential), 401)
    t.equal(await statusOf(there, third.credential), 200)
    await here.apiTokens.deactivateUser('bob')
    await within(FEED_BOUND, async () => (await statusOf(there, third.credential)) === 401)
  },
)
