/**
 * However many tokens an owner has, a statement of the store reads a bounded number of them: the servers' own counts of
 * rows for what the store really sends, of an owner with 100,000 tokens of which half have ended.
 */

import t from 'tap'
import { oneOwnerRows } from '../../benchmark/growth/one-owner-rows.ts'
import { SORT_FIELDS, type TokenQuery, type TokenStore } from '../../src/store/token-store.ts'
import { DAY, draft, id, MANY_ENDED, NOW, query } from '../../src/testing/store-contract/records.ts'
import { type Statement, type WatchedStore, watchedOnServer } from '../support/watched-stores.ts'

/** In a smaller table PostgreSQL reads all rows at once where that costs less than an index. */
const TOKENS = 100_000
const MAX_ROWS = 1_000
const LATER = NOW + 2 * DAY
const RULES = { ...MANY_ENDED, maxTokens: 1e6, now: LATER }

const FILTERS: Readonly<Record<string, Partial<TokenQuery>>> = {
  nothing: {},
  'a search that finds nothing': { text: 'nothing like it' },
  'a status that no token has': { statuses: ['expired'] },
  'several statuses': { statuses: ['inactive', 'expired'] },
}

const stores = [await watchedOnServer(t, 'PostgreSQL'), await watchedOnServer(t, 'MariaDB')]

for (const watched of stores.filter((store) => store !== null)) {
  const { name, store, statements, run } = watched
  const readBy = async (work: (store: TokenStore) => Promise<unknown>) => {
    statements.splice(0)
    await work(store)
    const sent = statements.splice(0).filter(({ sql }) => /^select\b/.test(sql))
    const counts: number[] = []
    for (const statement of sent) counts.push(await rowsRead(watched, statement))
    return Math.max(0, ...counts)
  }

  t.test(`${name}: an owner with ${TOKENS} tokens is made`, async (t) => {
    for (const sql of oneOwnerRows(name === 'MariaDB' ? 'MariaDB' : 'PostgreSQL', TOKENS)) await run(sql)
    t.ok(
      (await readBy((store) => store.listTokens(query({ maxRows: TOKENS })))) >= TOKENS,
      'the test sees a walk',
    )
  })

  for (const sort of SORT_FIELDS) {
    for (const descending of [false, true]) {
      for (const [title, filter] of Object.entries(FILTERS)) {
        t.test(
          `promise 15, ${name}: a page by ${sort}${descending ? ' descending' : ''} with ${title}`,
          async (t) => {
            const fields = { ...filter, sort, descending, limit: 30, maxRows: MAX_ROWS, now: LATER }
            const first = await store.listTokens(query(fields))
            const middle = { value: sort === 'name' ? 'token 500' : null, id: id(TOKENS / 2) }
            for (const after of [undefined, first.next ?? undefined, middle]) {
              const read = await readBy((store) => store.listTokens(query({ ...fields, after })))
              t.ok(read > 0 && read <= 2 * MAX_ROWS + 1, `${read} rows, ${JSON.stringify(after)}`)
            }
          },
        )
      }
    }
  }

  t.test(`promise 15, ${name}: an issue, a rotation and their refusals`, async (t) => {
    const count = await readBy((store) => store.insertToken(draft(0, { id: id(0xffff_0001) }), RULES))
    t.ok(count > 0 && count <= 1_001, `a statement of the first count reads ${count}`)
    const issue = await readBy((store) => store.insertToken(draft(0, { id: id(0xffff_0002) }), RULES))
    t.ok(issue <= 10, `an issue reads ${issue}`)
    const full = { ...RULES, maxEnded: 10, deletableBefore: LATER }
    const deleting = await readBy((store) => store.insertToken(draft(0, { id: id(0xffff_0003) }), full))
    t.ok(deleting <= 20, `one that deletes reads ${deleting}`)
    for (const [n, rules] of [
      { ...RULES, maxTokens: 10 },
      { ...full, deletableBefore: 0 },
    ].entries()) {
      const refusal = await readBy(async (store) => {
        const { outcome } = await store.insertToken(draft(0, { id: id(0xffff_0010 + n) }), rules)
        t.match(outcome, /limit_reached/)
      })
      t.ok(refusal <= 10, `a refusal reads ${refusal}`)
    }
    const successor = draft(0, { id: id(0xffff_0020), predecessorId: id(0xffff_0002) })
    const rotation = await readBy((store) =>
      store.rotateToken(id(0xffff_0002), successor, { ...full, graceEndsAt: LATER, replaces: null }),
    )
    t.ok(rotation <= 20, `a rotation reads ${rotation}`)
  })

  t.test(`promise 15, ${name}: the removal of the owner, and issues after it`, async (t) => {
    const removal = await readBy((store) => store.setOwnerStatus('ada', 'removed', LATER))
    t.ok(removal <= 2, `${removal} rows`)
    await store.setOwnerStatus('ada', 'active', LATER)
    const full = { ...RULES, maxEnded: 10, deletableBefore: NOW + DAY }
    const issue = await readBy((store) => store.insertToken(draft(0, { id: id(0xffff_0030) }), full))
    t.ok(issue <= MAX_ROWS + 20, `an issue reads ${issue}`)
  })
}

/** Of the plugin's tables, sub-queries included. */
async function rowsRead(watched: WatchedStore, statement: Statement): Promise<number> {
  return watched.name === 'MariaDB' ? readOnMariaDb(watched, statement) : readOnPostgres(watched, statement)
}

interface PostgresNode {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PostgresNode[]
}

async function readOnPostgres({ run }: WatchedStore, { sql, parameters }: Statement): Promise<number> {
  const [answer] = await run<{ 'QUERY PLAN': [{ Plan: PostgresNode }] }>(
    `explain (analyze, format json) ${sql}`,
    parameters,
  )
  const read = (node: PostgresNode): number => {
    const own = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
    const rows = node['Relation Name']?.startsWith('api_token') ? own * node['Actual Loops'] : 0
    return rows + (node.Plans ?? []).reduce((sum, inner) => sum + read(inner), 0)
  }
  return answer === undefined ? 0 : read(answer['QUERY PLAN'][0].Plan)
}

async function readOnMariaDb({ run }: WatchedStore, { sql, parameters }: Statement): Promise<number> {
  const [answer] = await run<{ ANALYZE: string }>(`analyze format=json ${sql}`, parameters)
  const read = (node: unknown): number => {
    if (typeof node !== 'object' || node === null) return 0
    const { table_name: table, r_rows: rows, r_loops: loops } = node as Record<string, unknown>
    const own = String(table).startsWith('api_token') ? Number(rows ?? 0) * Number(loops ?? 1) : 0
    return own + Object.values(node).reduce((sum: number, inner) => sum + read(inner), 0)
  }
  // It does not escape the separator in the keys of names.
  return answer === undefined ? 0 : read(JSON.parse(answer.ANALYZE.replaceAll('\u0001', ' ')))
}
