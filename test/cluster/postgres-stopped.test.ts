/** A host under load whose PostgreSQL is stopped for ten seconds: a server of the test's own. */

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { startHost } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { ownPostgres } from '../support/own-postgres.ts'
import { within } from '../support/within.ts'

const OUTAGE_MS = 10_000
const TIMEOUT_MS = 1_000
/** A statement waits for a connection and then for its answer; the rest is for a machine that does other things. */
const LONGEST_MS = 2 * TIMEOUT_MS + 1_000

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly ms: number
}

t.test(
  'while PostgreSQL is stopped, no valid token is refused, no request hangs and no use is lost',
  async (t) => {
    const server = await ownPostgres(t)
    if (server === null) return
    const { app } = await startHost(t, {
      store: postgresTokenStore({
        connectionString: server.connectionString,
        migrate: true,
        timeout: TIMEOUT_MS,
      }),
      keys: [hs256Key()],
      clock: { now: () => Date.now() },
      usage: { flushInterval: '1s' },
    })
    const { apiTokens } = app
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    const ask = async (credential: string): Promise<Answer> => {
      const startedAt = performance.now()
      const headers = { authorization: `Bearer ${credential}` }
      const response = await fetch(`${address}/protected`, { headers, signal: AbortSignal.timeout(15_000) })
      await response.text()
      const retryAfter = response.headers.get('retry-after')
      return { status: response.status, retryAfter, ms: performance.now() - startedAt }
    }
    const issued: Awaited<ReturnType<typeof apiTokens.issue>>[] = []
    // One after another: of sixty at once, some would wait for a connection for longer than the timeout.
    for (let n = 0; n < 60; n += 1) issued.push(await apiTokens.issue({ userId: `user-${n}` }))
    const [warm, cold] = [issued.slice(0, 8), issued.slice(8)]

    const served = new Map<string, Answer[]>()
    let stopped = false
    const load = warm.map(async ({ token, credential }) => {
      const answers: Answer[] = []
      served.set(token.id, answers)
      while (!stopped) {
        answers.push(await ask(credential))
        await sleep(10)
      }
    })
    await sleep(1_500)
    // The stop falls between two flushes: for a flush in progress it is unknown whether it was committed.
    await apiTokens.flush()
    await server.stop()
    const stoppedAt = performance.now()
    const refused: Answer[] = []
    for (const { credential } of cold) {
      if (performance.now() - stoppedAt > OUTAGE_MS - 500) break
      refused.push(await ask(credential))
      await sleep(200)
    }
    await sleep(Math.max(0, OUTAGE_MS - (performance.now() - stoppedAt)))
    const { usage, invalidation } = apiTokens.stats()
    t.ok(usage.pending > 0, 'uses stay pending')
    t.equal(invalidation.feed, 'unavailable')
    t.equal(invalidation.pubsub, 'unavailable')

    await server.start()
    const coldAgain = cold[0]?.credential ?? ''
    const recovery = await within(15_000, async () => (await ask(coldAgain)).status === 200)
    t.ok(recovery <= 5_000, `cold tokens were let in again after ${Math.round(recovery)} ms`)
    await within(15_000, () => {
      const { feed, pubsub } = apiTokens.stats().invalidation
      return feed === 'available' && pubsub === 'available'
    })
    stopped = true
    await Promise.all(load)
    // By itself: the next flush in the background writes what has waited.
    await within(5_000, () => apiTokens.stats().usage.pending === 0)
    // Nothing waits any more, and what is being written is waited for.
    await apiTokens.flush()

    const answers = [...served.values()].flat()
    t.ok(answers.length > 1_000, `${answers.length} requests with warm tokens`)
    t.same([...new Set(answers.map(({ status }) => status))], [200], 'cached tokens are accepted')
    t.ok(refused.length >= 5, `${refused.length} requests with cold tokens`)
    t.same([...new Set(refused.map(({ status }) => status))], [503], 'an outage is a 503, not a 401')
    t.ok(refused.every(({ retryAfter }) => Number(retryAfter) > 0))
    const longest = Math.max(...[...answers, ...refused].map(({ ms }) => ms))
    t.ok(longest <= LONGEST_MS, `no request took longer than ${Math.round(longest)} ms`)
    for (const [id, { length }] of served)
      t.equal((await apiTokens.get(id)).useCount, length, 'no use is lost')

    const [gone] = warm
    await apiTokens.revoke(gone?.token.id ?? '')
    t.equal((await ask(gone?.credential ?? '')).status, 401, 'a revoked token is refused after the outage')
  },
)
