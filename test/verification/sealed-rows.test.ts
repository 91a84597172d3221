/** Rows that were changed by SQL: refused wherever a row is trusted, on every database. */

import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { type Host, issue, startHost, statusOf, withToken } from '../support/host.ts'
import { es256Key, hs256Key } from '../support/keys.ts'
import { idLiteral, type SqlDatabase, sqlDatabases } from '../support/sql-databases.ts'
import { storeAt } from '../support/store-at.ts'

/** Both keys are current: a row is not refused because its key is unknown. */
const KEYS = [hs256Key(), es256Key()]
const OTHER_KID = String(KEYS[1]?.kid)

/** One millisecond after the given time: invisible in a JWT, which has seconds. */
const LATER: Readonly<Record<SqlDatabase['name'], (column: string) => string>> = {
  SQLite: (column) => `${column} + 1`,
  PostgreSQL: (column) => `${column} + interval '1 millisecond'`,
  MariaDB: (column) => `date_add(${column}, interval 1000 microsecond)`,
}

interface Tampering {
  readonly what: string
  readonly column: string
  readonly value: string
}

for (const database of await sqlDatabases(t)) {
  const { name, run } = database
  const later = LATER[name]
  const changes: readonly Tampering[] = [
    { what: 'another owner', column: 'user_id', value: "'eve'" },
    { what: 'more scopes', column: 'scopes', value: "'chat:write models:read'" },
    { what: 'fewer scopes', column: 'scopes', value: "'models:read'" },
    { what: 'the same scopes in another order', column: 'scopes', value: "'models:write models:read'" },
    { what: 'a later expiry', column: 'expires_at', value: later('expires_at') },
    { what: 'no expiry', column: 'expires_at', value: 'null' },
    { what: 'another key', column: 'kid', value: `'${OTHER_KID}'` },
    { what: 'another form', column: 'form', value: "case form when 'jwt' then 'compact' else 'jwt' end" },
    { what: 'a form that there is not', column: 'form', value: "'other'" },
    { what: 'another time of issue', column: 'created_at', value: later('created_at') },
    { what: 'metadata', column: 'metadata', value: `'{"admin":true}'` },
    { what: 'empty metadata', column: 'metadata', value: "'{}'" },
    { what: 'metadata that is no JSON', column: 'metadata', value: "'{'" },
    { what: 'allowed addresses', column: 'allowed_ips', value: `'["0.0.0.0/0"]'` },
    { what: 'no allowed address', column: 'allowed_ips', value: "'[]'" },
    { what: 'a rate limit', column: 'rate_limit', value: "'[1000000,1]'" },
    { what: 'an invalid rate limit', column: 'rate_limit', value: "'[]'" },
    { what: 'the seal of another row', column: 'seal', value: `'$OTHER_SEAL'` },
    { what: 'no seal', column: 'seal', value: "''" },
    { what: 'a seal that is cut short', column: 'seal', value: `'$CUT_SEAL'` },
  ]

  for (const credentials of ['jwt', 'compact'] as const) {
    t.test(`promise 16: ${name}: a row that was changed by SQL is refused (${credentials})`, async (t) => {
      const log: string[] = []
      const { app } = await start(t, database, { credentials }, log)
      const reasons: unknown[] = []
      app.apiTokens.events.on('rejected', ({ reason, tokenId }) => reasons.push([reason, tokenId]))
      const own = await issue(app, 'ada', { scopes: ['models:read', 'models:write'], expires_in: 3600 })
      const other = await issue(app, 'ada', { scopes: ['models:read', 'models:write'], expires_in: 3600 })
      await issue(app, 'eve')
      const sealOf = async (id: string) =>
        (await run<{ seal: string }>(`select seal from api_tokens where id = ${idLiteral(name, id)}`))[0]
          ?.seal ?? ''
      const seals = { $OTHER_SEAL: await sealOf(other.id), $CUT_SEAL: (await sealOf(own.id)).slice(0, -1) }
      for (const { what, column, value } of changes) {
        const text = value.replace(/\$\w+/, (seal) => seals[seal as keyof typeof seals])
        await run('drop table if exists kept')
        await run(
          `create table kept as select ${column} as was from api_tokens where id = ${idLiteral(name, own.id)}`,
        )
        await run(`update api_tokens set ${column} = ${text} where id = ${idLiteral(name, own.id)}`)
        forget(app)
        t.equal(await statusOf(app, own.token), 401, what)
        t.same(reasons.at(-1), ['not_as_issued', own.id], `${what}: the event says why`)
        t.match(log.at(-1) ?? '', /"reason":"not_as_issued"/, `${what}: the log says why`)
        const ended = await app.inject({ ...withToken(own.token, '/tokens/current'), method: 'DELETE' })
        t.equal(ended.statusCode, 401, `${what}: the token does not revoke itself`)
        await t.rejects(
          app.apiTokens.rotate(own.id),
          { code: 'FST_API_TOKENS_CONFLICT', statusCode: 409 },
          `${what}: the row is not the source of another one`,
        )
        t.match(
          log.at(-1) ?? '',
          /"reason":"not_as_issued".*API token not rotated/,
          `${what}: the log says why`,
        )
        await run(
          `update api_tokens set ${column} = (select was from kept) where id = ${idLiteral(name, own.id)}`,
        )
        forget(app)
        t.equal(await statusOf(app, own.token), 200, `${what}: undone`)
      }
      await run('drop table kept')
      t.equal(await statusOf(app, other.token), 200)
    })

    t.test(
      `promise 16: ${name}: a row that has the id and all columns of another is refused (${credentials})`,
      async (t) => {
        const { app } = await start(t, database, { credentials })
        const own = await issue(app, 'ada', { scopes: ['models:read'] })
        const wide = await issue(app, 'ada', { scopes: ['models:read', 'models:write'] })
        await run(`delete from api_tokens where id = ${idLiteral(name, own.id)}`)
        await run(
          `update api_tokens set id = ${idLiteral(name, own.id)} where id = ${idLiteral(name, wide.id)}`,
        )
        forget(app)
        t.equal(await statusOf(app, own.token), 401, 'the credential of the id')
        t.equal(await statusOf(app, wide.token), 401, 'the credential of the row')
      },
    )

    t.test(
      `promise 4: ${name}: the signal of a token fires when its row is changed by SQL (${credentials})`,
      async (t) => {
        const { app, clock } = await start(t, database, { credentials, cache: { ttl: '50ms' } })
        const { token, id } = await issue(app, 'ada')
        const verified = await app.apiTokens.verify(token)
        const { signal } = verified
        await run(`update api_tokens set scopes = 'chat:write' where id = ${idLiteral(name, id)}`)
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
        clock.advance('60ms')
        await aborted
        t.pass()
      },
    )
  }

  t.test(`promise 16: ${name}: limits that were changed by SQL are refused and not sealed`, async (t) => {
    const log: string[] = []
    const { app } = await start(t, database, {}, log)
    const limits = {
      metadata: { team: 'core' },
      allowedIps: ['127.0.0.1', '192.0.2.0/24'],
      rateLimit: { max: 10, timeWindow: '1m' },
    }
    const { token, credential } = await app.apiTokens.issue({ userId: 'ada', ...limits })
    const row = `where id = ${idLiteral(name, token.id)}`
    const [stored] = await run<Record<string, string>>(
      `select metadata, allowed_ips, rate_limit from api_tokens ${row}`,
    )
    t.equal(await statusOf(app, credential), 200)
    for (const [column, value] of [
      ['metadata', '{"team":"eve"}'],
      ['metadata', '{"team": "core"}x'],
      ['metadata', null],
      ['allowed_ips', '["127.0.0.1/32","0.0.0.0/0"]'],
      ['allowed_ips', '["127.0.0.1/32"]'],
      ['allowed_ips', '[]'],
      ['allowed_ips', '["x"]'],
      ['allowed_ips', null],
      ['rate_limit', '[1000000,60000]'],
      ['rate_limit', '[10,1]'],
      ['rate_limit', null],
    ] as const) {
      const what = `${column} ${value}`
      await run(`update api_tokens set ${column} = ${value === null ? 'null' : `'${value}'`} ${row}`)
      forget(app)
      t.equal(await statusOf(app, credential), 401, what)
      t.match(log.at(-1) ?? '', /"reason":"not_as_issued"/, `${what}: the log says why`)
      for (const changes of [
        { metadata: { team: 'core' } },
        { allowedIps: ['127.0.0.1'] },
        { rateLimit: null },
      ]) {
        await t.rejects(
          app.apiTokens.update(token.id, changes),
          {
            code: 'FST_API_TOKENS_CONFLICT',
            statusCode: 409,
            message: /refused, and its limits cannot change/,
          },
          `${what}: the row gets no new seal`,
        )
      }
      t.match(
        log.at(-1) ?? '',
        /"reason":"not_as_issued".*API token not changed/,
        `${what}: the log says why`,
      )
      await run(`update api_tokens set ${column} = '${stored?.[column]}' ${row}`)
      forget(app)
      t.equal(await statusOf(app, credential), 200, `${what}: undone`)
    }
    await app.apiTokens.update(token.id, { metadata: null, allowedIps: null, rateLimit: null })
    t.equal(await statusOf(app, credential), 200, 'limits that were removed by code')
  })

  t.test(`${name}: columns that are not sealed may be changed by SQL`, async (t) => {
    const { app } = await start(t, database)
    const { token, id } = await issue(app, 'ada')
    await run(`update api_tokens set name = 'renamed', use_count = 7 where id = ${idLiteral(name, id)}`)
    forget(app)
    t.equal(await statusOf(app, token), 200)
  })
}

async function start(
  t: Test,
  database: SqlDatabase,
  options: ApiTokensOptions = {},
  log: string[] = [],
): Promise<Host> {
  await database.empty()
  const store = storeAt(database)
  return startHost(
    t,
    { store, keys: KEYS, tokenPrefix: 'acme_', scopes: { 'models:write': 'Write models' }, ...options },
    undefined,
    (line) => {
      if (line.includes('reason')) log.push(line)
    },
  )
}

/** The next request reads the row again. */
function forget(app: Host['app']): void {
  app.apiTokens.invalidateUser('ada')
  app.apiTokens.invalidateUser('eve')
}
