/** Measures operations of the plugin on a large table. */

import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import apiTokens from '../../src/index.ts'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { type ManualClock, manualClock } from '../../src/testing/manual-clock.ts'
import { hmac } from '../../test/support/forge.ts'
import { median } from '../../test/support/median.ts'
import type { GrownDatabase } from './databases.ts'
import { idOf, MADE_AT, ownerOf } from './rows.ts'

/** Times in milliseconds. They are medians, except for flush and sweep. */
export interface Measured {
  readonly coldVerification: number
  readonly firstPage: number
  readonly hundredthPage: number
  readonly flush: number
  readonly sweep: number
  /** In bytes. */
  readonly databaseSize: number
}

const USED = 10_000
const PAGES_READ = 200
const FIFTY_FIVE_MINUTES = 3_300_000

export async function measure(grown: GrownDatabase, size: number): Promise<Measured> {
  const databaseSize = await grown.size()
  const clock = manualClock(MADE_AT + FIFTY_FIVE_MINUTES)
  const key = { kty: 'oct', kid: 'growth', alg: 'HS256', k: randomBytes(32).toString('base64url') } as const
  const app = Fastify()
  await app.register(apiTokens, {
    ...{ routes: false, store: grown.makeStore(), keys: [key], clock },
    // No token is evicted, so each is verified cold exactly once.
    cache: { max: 2 * USED },
    usage: { flushInterval: '1h' },
  })
  try {
    const firstPage = await medianOf(PAGES_READ, () => page(app))
    const behind99 = await cursorBehind(app, 99)
    const hundredthPage = await medianOf(PAGES_READ, () => page(app, behind99))
    const credentials = Array.from({ length: USED }, (_, n) =>
      credentialOf(scattered(n, size), size, key, clock),
    )
    const coldVerification = await medianOf(USED, (n) => app.apiTokens.verify(credentials[n] ?? ''))
    const { pending } = app.apiTokens.stats().usage
    if (pending !== USED) throw new Error(`only ${pending} tokens were used`)
    const flush = await timed(() => app.apiTokens.flush())
    clock.advance('31d')
    const sweep = await timed(async () => {
      const { idle } = await app.apiTokens.sweep()
      if (idle !== USED) throw new Error(`the sweep found ${idle} idle tokens`)
    })
    return { coldVerification, firstPage, hundredthPage, flush, sweep, databaseSize }
  } finally {
    await app.close()
  }
}

/** Token numbers spread over the whole table in mixed order. The prime stride repeats none. */
function scattered(n: number, size: number): number {
  return (Math.floor((n * size) / USED) * 104_729) % size
}

function credentialOf(n: number, size: number, key: SigningJwk, clock: ManualClock): string {
  const claims = {
    ...{ iss: 'fastify-api-tokens', aud: 'fastify-api-tokens', sub: ownerOf(n, size), jti: idOf(n) },
    ...{ iat: Math.floor(clock.now() / 1000), scope: 'chat:read chat:write' },
  }
  const secret = Buffer.from(String(key.k), 'base64url')
  return hmac(secret, { alg: 'HS256', typ: 'api-token+jwt', kid: key.kid }, claims)
}

function page(app: FastifyInstance, cursor?: string) {
  return app.apiTokens.list({ userId: 'ada', limit: 30, ...(cursor === undefined ? {} : { cursor }) })
}

async function cursorBehind(app: FastifyInstance, pages: number): Promise<string> {
  let cursor: string | undefined
  for (let read = 0; read < pages; read += 1) {
    const { nextCursor } = await page(app, cursor)
    if (nextCursor === null) throw new Error(`there are only ${read} pages`)
    cursor = nextCursor
  }
  return cursor ?? ''
}

async function medianOf(times: number, work: (time: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let time = 0; time < times; time += 1) taken.push(await timed(() => work(time)))
  return median(taken)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
