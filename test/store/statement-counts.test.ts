/** The statements that requests and flushes send to the driver, counted on every database. */

import Fastify from 'fastify'
import t from 'tap'
import apiTokens, { verifyApiToken } from '../../src/index.ts'
import { findToken } from '../../src/store/find-token.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { id, put } from '../../src/testing/store-contract/records.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'
import { hs256Key } from '../support/keys.ts'
import {
  type Statement,
  type WatchedStore,
  watchedOnServer,
  watchedPGlite,
  watchedSqlite,
} from '../support/watched-stores.ts'

const USED = 10_000
const stores: WatchedStore[] = [
  await watchedSqlite(t),
  await watchedPGlite(t),
  await watchedOnServer(t, 'PostgreSQL'),
  await watchedOnServer(t, 'MariaDB'),
].filter((watched) => watched !== null)

for (const { name, store, statements } of stores) {
  t.test(
    `promise 12, ${name}: a warm request sends the database nothing, a cold one a single read`,
    async (t) => {
      const { app, credential } = await hostOn(store)
      const get = () => app.inject({ url: '/', headers: { authorization: `Bearer ${credential}` } })
      statements.splice(0)
      t.equal((await get()).statusCode, 200)
      t.match(ofRequests(statements), [/^select .*where .?api_tokens.?\..?id.? = /])
      t.equal(ofRequests(statements).length, 1)
      statements.splice(0)
      for (let time = 0; time < 100; time += 1) t.equal((await get()).statusCode, 200)
      t.same(ofRequests(statements), [])
      await app.apiTokens.flush()
      t.ok(ofRequests(statements).length > 0, 'the count sees what is sent')
      await app.close()
    },
  )

  t.test(`promise 7, ${name}: the use of ${USED} tokens is written by 24 statements`, async (t) => {
    const token = await put(store, 1)
    const clock = manualClock(token.createdAt + 1000)
    const recorder = new UsageRecorder({
      store,
      clock,
      idleTimeoutMs: 86_400_000,
      storesClients: false,
      onFlushFailed: t.error,
    })
    const useAll = () => {
      for (let n = 0; n < USED; n += 1) {
        const tokenId = n === 0 ? token.id : id(n + 2)
        recorder.countUse(recorder.hold(tokenId, clock.now()), clock.now())
      }
    }
    useAll()
    // Its first batch makes the row of this recorder.
    await recorder.flush()
    useAll()
    statements.splice(0)
    await recorder.flush()
    const written = ofRequests(statements)
    t.ok(written.length > 4 && written.length <= 24, `${written.length} statements`)
    t.equal(recorder.stats().flushed, 2 * USED)
    t.equal((await findToken(store, token.id))?.token.useCount, 2)
  })
}

/**
 * All but the poll of the store's feed, which runs once a second however many requests there are, and the ROLLBACK
 * with which a connection of a host's pool of MariaDB begins: it reads and writes nothing.
 */
function ofRequests(statements: readonly Statement[]): string[] {
  return statements.map(({ sql }) => sql).filter((sql) => !sql.includes('union all') && sql !== 'rollback')
}

async function hostOn(store: TokenStore) {
  const app = Fastify()
  // The plugin closes the store that it was given; this one has to go on.
  const kept = new Proxy(store, {
    get(target, name) {
      if (name === 'close') return async () => undefined
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  await app.register(apiTokens, { routes: false, store: kept, keys: [hs256Key()] })
  app.get('/', { onRequest: verifyApiToken }, () => 'ok')
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  return { app, credential }
}
