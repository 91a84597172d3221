/**
 * No statement of the store walks through a table on PostgreSQL or MariaDB: the servers' own plans for what the store
 * really sends, on full tables with fresh statistics, say so. That `isEmpty` reads any one row is no walk.
 */

import t from 'tap'
import { idOf, MADE_AT, mariaDbRows, ownerOf, postgresRows } from '../../benchmark/growth/rows.ts'
import { KyselyTokenStore } from '../../src/store/kysely/kysely-token-store.ts'
import {
  type RangePosition,
  SORT_FIELDS,
  type TokenRange,
  type TokenStore,
} from '../../src/store/token-store.ts'
import { DAY, daysFrom, draft, id, MANY_ENDED, query } from '../../src/testing/store-contract/records.ts'
import { TOKEN_STATUSES } from '../../src/token/status.ts'
import { type Statement, type WatchedStore, watchedOnServer } from '../support/watched-stores.ts'

const TOKENS = 100_000
const NOW = MADE_AT + DAY
const RULES = { now: NOW, dayStart: MADE_AT, idleTimeoutMs: 30 * DAY }
const TOKEN = idOf(4_711)
const OWNER = ownerOf(4_711, TOKENS)

type Work = (store: TokenStore) => Promise<unknown>

const page = (fields: Parameters<typeof query>[0] = {}): Work => {
  return (store) =>
    store.listTokens(query({ userId: 'ada', limit: 30, now: NOW, idleBefore: MADE_AT, ...fields }))
}

/** A first page over all owners, and one after a position. */
function ranges(): Readonly<Record<string, Work>> {
  const places: readonly (readonly [TokenRange, RangePosition['value']])[] = [
    [{ by: 'id' }, null],
    [{ by: 'owner', userId: OWNER }, null],
    [{ by: 'creator', creatorId: OWNER }, null],
    [{ by: 'name', prefix: 'a token' }, 'a token of the growth'],
    [{ by: 'last_use', before: MADE_AT - 50 * DAY }, Math.floor(MADE_AT / DAY) - 60],
    [{ by: 'expiry', before: NOW + 30 * DAY }, MADE_AT],
    [{ by: 'expiry', before: null }, null],
  ]
  return Object.fromEntries(
    places.flatMap(([range, value]) =>
      [true, false].flatMap((descending) => {
        if (descending && !['id', 'owner', 'creator'].includes(range.by)) return []
        const title = `${JSON.stringify(range)} over all owners${descending ? ', newest first' : ''}`
        const read = (after: RangePosition | null): Work => {
          return async (store) => store.administration?.readTokens(range, { after, descending, limit: 100 })
        }
        return [
          [`a first page of ${title}`, read(null)],
          [`a late page of ${title}`, read({ id: idOf(50_000), value })],
        ]
      }),
    ),
  )
}

/** Everything that a store does, as it is done all day. */
const WORKS: Readonly<Record<string, Work>> = {
  'a cold verification': (store) => store.findTokens([TOKEN]),
  'the cold verifications of a turn': (store) =>
    store.findTokens(Array.from({ length: 200 }, (_, n) => idOf(n * 401))),
  'an owner': (store) => store.findOwner(OWNER),
  'an issue': (store) =>
    store.insertToken(draft(0, { id: id(0xffff_ffff), userId: OWNER }), {
      ...MANY_ENDED,
      maxTokens: 1e6,
      now: NOW,
    }),
  'a first page': page({ descending: true }),
  'a late page': page({ descending: true, after: { value: null, id: idOf(50_000) } }),
  'a late page upwards': page({ after: { value: null, id: idOf(50_000) } }),
  ...Object.fromEntries(
    SORT_FIELDS.flatMap((sort) =>
      [undefined, ...TOKEN_STATUSES].map((status) => [
        `a page by ${sort} of ${status ?? 'every status'}`,
        page({
          sort,
          statuses: status && [status],
          text: 'x',
          after: { value: sort === 'created_at' ? null : 0, id: idOf(50_000) },
        }),
      ]),
    ),
  ),
  'a rename': (store) =>
    store.updateToken(TOKEN, { name: 'x' }, { now: NOW, idleBefore: MADE_AT, userId: OWNER }),
  'a switch': (store) => store.updateToken(TOKEN, { status: 'active' }, { now: NOW, idleBefore: null }),
  'a rotation': (store) =>
    store.rotateToken(TOKEN, draft(0, { id: id(0xffff_fff0), userId: OWNER, predecessorId: TOKEN }), {
      ...{ ...MANY_ENDED, now: NOW, graceEndsAt: NOW + DAY, replaces: null, userId: OWNER },
    }),
  'the first use of a successor': (store) =>
    store.endPredecessor({ successorId: id(0xffff_fff0), predecessorId: TOKEN }, NOW),
  'a revoke': (store) => store.revokeToken(idOf(4_712), { now: NOW, userId: ownerOf(4_712, TOKENS) }),
  'the removal of an owner': (store) => store.setOwnerStatus('user-17', 'removed', NOW),
  'a flush of a few': (store) => store.recordUses(usesOf(3), RULES),
  'a flush of thousands': (store) => store.recordUses(usesOf(2_500), RULES),
  'days of use': (store) => store.dailyUses(TOKEN, daysFrom(MADE_AT - 29 * DAY)),
  'an idle sweep': (store) => store.markIdle(MADE_AT + 500, 500),
  'an idle sweep when everything is idle': (store) => store.markIdle(NOW, 500),
  'a warning of idleness': (store) =>
    store.listIdleWarnings({ since: MADE_AT + 600, before: MADE_AT + 900, now: NOW }, 500),
  'a pruning': (store) => store.prune({ rows: 'tokens', endedBefore: MADE_AT + 1 }, 500),
  'a pruning by the maximum age': (store) =>
    store.prune({ rows: 'tokens', endedBefore: MADE_AT + 1, maxAgeMs: 30 * DAY }, 500),
  'an issue where tokens of the maximum age go': (store) =>
    store.insertToken(draft(0, { id: id(0xffff_fff1), userId: OWNER }), {
      ...{ maxTokens: 1_000_000, maxEnded: 1, deletableBefore: NOW, now: NOW, maxAgeMs: 1 },
    }),
  'a pruning of days': (store) => store.prune({ rows: 'usage', before: MADE_AT - 95 * DAY }, 500),
  'a pruning of leases': (store) => store.prune({ rows: 'leases' }, 500),
  'a lease': (store) => store.acquireLease({ name: 'sweep', holder: 'me', ms: 1 }),
  'the end of a lease': (store) => store.releaseLease({ name: 'sweep', holder: 'me' }),
  'what has changed': (store) => store.feed.changesSince(Date.now() - 10_000),
  'a stamp of an owner': (store) => store.feed.touchOwner('user-18'),
  ...ranges(),
  'the owners': async (store) => store.administration?.readOwners({ prefix: '', after: null, limit: 100 }),
  'the owners of a type': async (store) =>
    store.administration?.readOwners({ prefix: 'user-', after: 'user-4', limit: 100 }),
  'the revocation of many tokens': async (store) =>
    store.administration?.revokeTokens([idOf(7), idOf(70_000)], { now: NOW, reason: 'leaked' }),
  'the revocation of all tokens of an owner': async (store) =>
    store.administration?.revokeAllTokens('user-19', { now: NOW, reason: null }),
}

const SERVERS = [
  { watched: await watchedOnServer(t, 'PostgreSQL'), rows: postgresRows, scansOf: scansOnPostgres },
  { watched: await watchedOnServer(t, 'MariaDB'), rows: mariaDbRows, scansOf: scansOnMariaDb },
] as const

for (const { watched, rows, scansOf } of SERVERS) {
  if (watched === null) continue
  const { name, store, statements, run } = watched

  t.test(`${name}: a table of ${TOKENS} tokens, some of them ended, is made`, async (t) => {
    for (const sql of [...rows(TOKENS), ...endings(name)]) await run(sql)
    t.ok((await store.listTokens(query({ userId: 'ada', maxRows: 10_000 }))).total === 3_030)
  })

  t.test(`${name}: the test would see a walk`, async (t) => {
    t.not(
      (await scansOf(watched, { sql: 'select count(*) from api_tokens where name = ?', parameters: ['x'] }))
        .length,
      0,
    )
  })

  for (const [title, work] of Object.entries(WORKS)) {
    t.test(`${name}: ${title} walks through no table`, async (t) => {
      statements.splice(0)
      await work(store)
      const sent = statements.splice(0).filter(({ sql }) => /^(with|select|insert|update|delete)\b/.test(sql))
      t.ok(sent.length > 0, 'there is something to explain')
      for (const statement of sent) t.same(await scansOf(watched, statement), [], statement.sql)
    })
  }
}

t.test('all statements of the store are explained', async (t) => {
  const asked = new Set<string>()
  const administration = new Proxy({}, { get: (_, name) => async () => asked.add(String(name)) })
  const store = new Proxy({ feed: {} } as TokenStore, {
    get: (_, name) => {
      if (name === 'feed') return { changesSince: async () => asked, touchOwner: async () => asked }
      if (name === 'administration') return administration
      return async () => asked.add(String(name))
    },
  })
  for (const work of Object.values(WORKS)) await work(store)
  const methods = Object.getOwnPropertyNames(KyselyTokenStore.prototype)
  // The newest stamp is of stores that are not shared: its plans are SQLite's.
  const others = ['constructor', 'open', 'close', 'isEmpty', 'isPermanent', 'newestStamp']
  const administering = ['readTokens', 'readOwners', 'revokeTokens', 'revokeAllTokens']
  t.same([...asked, ...others].sort(), [...methods, ...administering].sort())
})

/** A few tokens have ended, or changed recently; usage and idle periods are spread over 100 days; most users have no token. */
function endings(name: string): readonly string[] {
  const isMariaDb = name === 'MariaDB'
  const digits = isMariaDb ? 'lower(hex(id))' : 'id::text'
  const days = isMariaDb
    ? 'conv(right(hex(id), 2), 16, 10) % 100'
    : "('x' || right(id::text, 2))::bit(8)::int % 100"
  const earlier = isMariaDb ? `interval ${days} day` : `(${days}) * interval '1 day'`
  const visitors = isMariaDb
    ? 'select seq as n from seq_1_to_30000'
    : 'select n from generate_series(1, 30000) as n'
  const visitor = isMariaDb ? "concat('visitor-', n)" : "'visitor-' || n"
  return [
    `insert into api_token_owners (user_id, status, generation) select ${visitor}, 'active', 1 from (${visitors}) as numbers`,
    `update api_tokens set idle_from = idle_from - ${earlier}, idle_day = idle_day - ${days}`,
    `update api_tokens set status = 'revoked', revoked_at = created_at where ${digits} like '%100'`,
    `update api_tokens set expires_at = created_at where ${digits} like '%101'`,
    `update api_tokens set grace_ends_at = created_at where ${digits} like '%102'`,
    `update api_tokens set changed_at = 1 where ${digits} like '%103'`,
    `update api_tokens set created_by_id = 'user-4' where ${digits} like '%104'`,
    "update api_token_owners set changed_at = 1 where user_id like '%77'",
    "update api_token_owners set raised_at = timestamp '2026-01-01 00:00:00', generation = 2 where user_id like 'user-_00'",
    `insert into api_token_leases (name, holder, ends_at) select ${visitor}, 'me', 9000000000000 - n from (${visitors}) as numbers`,
    `insert into api_token_usage (day, token_id, requests, last_used_at, scopes_used)
      select idle_day, id, 7, idle_from, 0 from api_tokens`,
    ...['api_tokens', 'api_token_owners', 'api_token_usage', 'api_token_leases'].map((table) =>
      isMariaDb ? `analyze table ${table}` : `vacuum analyze ${table}`,
    ),
  ]
}

function usesOf(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    ...{ tokenId: idOf(n * Math.floor(TOKENS / count)), count: 1, lastUsedAt: NOW },
    // A flush later on the same day reads no token.
    touchesToken: n % 2 === 0,
  }))
}

interface PostgresNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PostgresNode[]
}

async function scansOnPostgres({ run }: WatchedStore, { sql, parameters }: Statement): Promise<string[]> {
  const numbered = sql.replace('?', '$1')
  const [answer] = await run<{ 'QUERY PLAN': [{ Plan: PostgresNode }] }>(
    `explain (format json) ${numbered}`,
    parameters,
  )
  const nodes = answer === undefined ? [] : nodesOf(answer['QUERY PLAN'][0].Plan)
  return nodes.filter(walks).map((node) => `${node['Node Type']} on ${node['Relation Name']}`)
}

/** A sequential scan, or one through a whole index. */
function walks(node: PostgresNode): boolean {
  const [type, table] = [node['Node Type'], node['Relation Name']]
  if (table === undefined || !table.startsWith('api_token')) return false
  return type === 'Seq Scan' || (/^Index (Only )?Scan$/.test(type) && node['Index Cond'] === undefined)
}

function nodesOf(node: PostgresNode): PostgresNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}

async function scansOnMariaDb({ run }: WatchedStore, { sql, parameters }: Statement): Promise<string[]> {
  const plan = await run<{
    select_type: string
    table: string | null
    type: string | null
    key: string | null
  }>(`explain ${sql}`, parameters)
  // `ALL` is the whole table, `index` the whole of an index. Of a table that is inserted into it says `ALL` as well.
  return plan
    .filter(({ select_type }) => select_type !== 'INSERT')
    .filter(({ table, type }) => table?.startsWith('api_token') && ['ALL', 'index'].includes(String(type)))
    .map(({ table, type, key }) => `${type} ${key ?? ''} on ${table}`)
}
