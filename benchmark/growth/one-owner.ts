/**
 * `node benchmark/growth/one-owner.ts`: measures how an owner with many tokens affects other owners. One client uses a
 * cached token while the owner's client lists and changes tokens. The table compares owners with 100 and 200,000 tokens.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import apiTokens, { verifyApiToken } from '../../src/index.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { hs256Key } from '../../test/support/keys.ts'
import { sqlDatabases } from '../../test/support/sql-databases.ts'
import { storeAt } from '../../test/support/store-at.ts'
import { oneOwnerRows } from './one-owner-rows.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '8' }, stores: { type: 'string', default: '' } },
})

const SIZES = [100, 200_000] as const
const MAX_TOKENS = 110_000

interface Measured {
  /** The p99 of the event loop delay, less the resolution of the timer, in milliseconds. */
  readonly delay: number
  /** The longest event loop delay, in milliseconds. */
  readonly longest: number
  /** The p99 of the other client's requests with a cached token, in milliseconds. */
  readonly other: number
  readonly requests: number
}

const OPERATIONS: readonly ((app: FastifyInstance, n: number) => Promise<unknown>)[] = [
  ...['created_at', '-created_at', 'name', '-name', 'last_used_at', '-last_used_at'].flatMap((sort) =>
    ['', 'q=nothing', 'status=expired', 'status=inactive&status=revoked'].map(
      (filter) => (app: FastifyInstance) => app.inject(ada(`/tokens?sort=${sort}&${filter}`)),
    ),
  ),
  async (app) => {
    const issued = await app.inject({ ...ada('/tokens'), method: 'POST', payload: { name: 'new' } })
    if (issued.statusCode !== 201) throw new Error(issued.body)
    const { id } = issued.json()
    await app.inject({ ...ada(`/tokens/${id}/rotate`), method: 'POST', payload: { grace_period: 0 } })
    await app.inject(ada(`/tokens/${id}/usage`))
    await app.inject({ ...ada(`/tokens/${id}`), method: 'DELETE' })
  },
]

// A measurement takes minutes.
t.setTimeout(0)

for (const database of await sqlDatabases(t)) {
  if (values.stores !== '' && !values.stores.split(',').includes(database.name)) continue
  for (const size of SIZES) {
    await database.empty()
    const store = storeAt(database)
    await store.open()
    await store.close()
    for (const sql of oneOwnerRows(database.name, size)) await database.run(sql)
    const { delay, longest, other, requests } = await measured(storeAt(database))
    const ms = (value: number) => `${value.toFixed(1)} ms`
    console.log(
      `| ${database.name} | ${size.toLocaleString('en')} | ${ms(delay)} | ${ms(longest)} | ${ms(other)} | ${requests} |`,
    )
  }
}
// Closes the databases.
t.end()

async function measured(store: TokenStore): Promise<Measured> {
  const app = Fastify()
  await app.register(apiTokens, {
    ...{ store, keys: [hs256Key()], maxTokensPerUser: MAX_TOKENS, idleTimeout: false },
    authenticateUser: () => ({ id: 'ada' }),
  })
  app.get('/', { onRequest: verifyApiToken }, () => 'ok')
  const { credential } = await app.apiTokens.issue({ userId: 'bob' })
  const headers = { authorization: `Bearer ${credential}` }
  // The first issue counts the rows that were inserted by SQL.
  await app.apiTokens.issue({ userId: 'ada' })
  const end = performance.now() + Number(values.seconds) * 1000
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  let requests = 0
  const load = async (start: number) => {
    for (let n = start; performance.now() < end; n += 1) {
      await OPERATIONS[n % OPERATIONS.length]?.(app, n)
      requests += 1
      // Over a socket, the next request would also come in a later turn of the event loop.
      await pause(0)
    }
  }
  const waits: number[] = []
  const other = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      await app.inject({ url: '/', headers })
      waits.push(performance.now() - start)
      await pause(2)
    }
  }
  await Promise.all([load(0), load(12), other()])
  histogram.disable()
  await app.close()
  waits.sort((a, b) => a - b)
  return {
    delay: histogram.percentile(99) / 1e6 - 1,
    longest: histogram.max / 1e6 - 1,
    other: waits[Math.floor(waits.length * 0.99)] ?? 0,
    requests,
  }
}

function ada(url: string) {
  return { url }
}
