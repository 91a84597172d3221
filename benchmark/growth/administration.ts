/** Measures the searches of administration over all tokens of a large table. */

import Fastify, { type FastifyInstance } from 'fastify'
import apiTokens from '../../src/index.ts'
import { dayNumberOf } from '../../src/utc-day.ts'
import { median } from '../../test/support/median.ts'
import type { GROWTH_STORES, GrownDatabase } from './databases.ts'
import { MADE_AT, ownerOf } from './rows.ts'
import { GROWTH_KEY } from './used-tokens.ts'

/** Medians in milliseconds of a page of 30 tokens. */
export interface MeasuredAdministration {
  readonly adminFirstPage: number
  readonly adminByName: number
  readonly adminByOwner: number
  readonly adminUnusedSince: number
  readonly adminExpiresBefore: number
  readonly adminByCreator: number
  /** A filter that no token matches: 1,000 tokens are read. */
  readonly fullSearch: number
}

const SEARCHES = 50
/** How many tokens have an expiry, a name and a creator of their own. They are spread over the table. */
const MARKED = 10_000
const DAY_MS = 86_400_000

const IDS: Readonly<Record<(typeof GROWTH_STORES)[number], (step: number) => string>> = {
  SQLite: (
    step,
  ) => `with recursive numbers(k) as (select 0 union all select k + 1 from numbers where k < ${MARKED - 1})
    select unhex('019b7500000070008000' || printf('%012x', k * ${step})) from numbers`,
  PostgreSQL: (step) => `select ('019b7500-0000-7000-8000-' || lpad(to_hex(k * ${step}), 12, '0'))::uuid
    from generate_series(0::bigint, ${MARKED - 1}) as k`,
}

const EXPIRY: typeof IDS = {
  SQLite: () => String(MADE_AT + 30 * DAY_MS),
  PostgreSQL: () => "timestamptz '2026-01-31 00:00:00Z'",
}

const LONG_AGO: Readonly<Record<keyof typeof IDS, string>> = {
  SQLite: String(MADE_AT - 60 * DAY_MS),
  PostgreSQL: "timestamptz '2025-11-02 00:00:00Z'",
}

/** Changes some rows, so that each search finds some tokens and not most of them. */
export async function markTokens(
  store: (typeof GROWTH_STORES)[number],
  size: number,
  { run }: Pick<GrownDatabase, 'run'>,
): Promise<void> {
  const step = Math.max(1, Math.floor(size / MARKED))
  await run(
    `update api_tokens set expires_at = ${EXPIRY[store](step)}, name = 'nightly build', created_by_id = 'former-member',
      last_used_at = null, idle_from = ${LONG_AGO[store]}, idle_day = ${dayNumberOf(MADE_AT) - 60} where id in (${IDS[store](step)})`,
  )
  await run(store === 'SQLite' ? 'pragma optimize' : 'vacuum analyze api_tokens')
}

export async function measureAdministration(
  grown: GrownDatabase,
  size: number,
): Promise<MeasuredAdministration> {
  const app = Fastify()
  await app.register(apiTokens, { routes: false, store: grown.makeStore(), keys: [GROWTH_KEY] })
  try {
    return await searches(app, size)
  } finally {
    await app.close()
  }
}

async function searches(app: FastifyInstance, size: number): Promise<MeasuredAdministration> {
  const search = (request: Parameters<typeof app.apiTokens.search>[0], expected = 30) =>
    medianOf(async () => {
      const { data } = await app.apiTokens.search({ limit: 30, ...request })
      if (data.length !== expected) throw new Error(`${JSON.stringify(request)} found ${data.length} tokens`)
    })
  return {
    adminFirstPage: await search({}),
    adminByName: await search({ name: 'nightly' }),
    adminByOwner: await search({ userId: ownerOf(Math.floor(size / 2), size) }),
    adminUnusedSince: await search({ unusedSince: new Date(MADE_AT) }),
    adminExpiresBefore: await search({ expiresBefore: new Date(MADE_AT + 60 * DAY_MS) }),
    adminByCreator: await search({ createdBy: 'former-member' }),
    fullSearch: await search({ scope: 'no:such', createdBefore: new Date(MADE_AT + DAY_MS) }, 0),
  }
}

async function medianOf(search: () => Promise<void>): Promise<number> {
  const taken: number[] = []
  for (let time = 0; time < SEARCHES; time += 1) {
    const start = performance.now()
    await search()
    taken.push(performance.now() - start)
  }
  return median(taken)
}
