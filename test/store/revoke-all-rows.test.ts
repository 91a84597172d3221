/** `revokeAll` of an owner with 100,000 tokens: which rows the databases really write, and how many statements are sent. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { oneOwnerRows } from '../../benchmark/growth/one-owner-rows.ts'
import { startHost } from '../support/host.ts'
import type { SqlDatabase } from '../support/sql-databases.ts'
import { type WatchedStore, watchedOnServer, watchedSqlite } from '../support/watched-stores.ts'

const TOKENS = 100_000

const sqlite = await watchedSqlite(t)
const file = new Database(join(t.testdirName, 'tokens.db'))
t.teardown(() => file.close())
/** `exec` and `iterate` of another connection are not counted: the store has its own. */
const stores: WatchedStore[] = [
  {
    ...sqlite,
    run: async <Row>(sql: string) => {
      if (sql.startsWith('select')) return file.prepare(sql).all([]) as Row[]
      file.exec(sql)
      return []
    },
  },
  await watchedOnServer(t, 'PostgreSQL'),
  await watchedOnServer(t, 'MariaDB'),
].filter((watched) => watched !== null)

for (const { name, store, statements, run } of stores) {
  t.test(`promise 9, ${name}: ${TOKENS} tokens of an owner end by one row`, async (t) => {
    // The name is one of them.
    for (const sql of oneOwnerRows(name as SqlDatabase['name'], TOKENS)) await run(sql)
    // The host closes the store that it was given; the next test needs the database.
    const kept = new Proxy(store, {
      get(target, member) {
        if (member === 'close') return async () => undefined
        const value: unknown = Reflect.get(target, member)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const { app } = await startHost(t, { store: kept })
    const tokens = 'select count(*) as n, max(changed_at) as changed, min(status) as status from api_tokens'
    const owners = 'select user_id, status, generation, ended_reason from api_token_owners'
    const before = await run(tokens)
    statements.splice(0)
    t.same(await app.apiTokens.revokeAll({ userId: 'ada', reason: 'leaked' }), { revoked: null })
    const written = statements.splice(0).filter(({ sql }) => /^(insert|update|delete)/i.test(sql))
    t.ok(written.length >= 1 && written.length <= 3, `${written.length} statements write`)
    for (const { sql } of written) t.match(sql, /^(insert .*into|update) .?api_token_owners/i)
    t.same(await run(tokens), before, 'no token is written')
    t.match(await run(owners), [
      { user_id: 'ada', status: 'active', generation: /^2$/, ended_reason: 'leaked' },
    ])
    const { data } = await app.apiTokens.search({ userId: 'ada', status: ['active', 'inactive'], limit: 100 })
    t.same(data, [])
    t.match(await app.apiTokens.search({ userId: 'ada', limit: 1 }), { data: [{ status: 'revoked' }] })
  })
}
