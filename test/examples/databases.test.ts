/** The example host on each database that `DATABASE_URL` may name, and with Redis. */

import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { openDatabase } from '../../examples/bodhi-host/database/database.ts'
import { parseDatabaseAddress } from '../../examples/bodhi-host/database/database-address.ts'
import { UserDirectory } from '../../examples/bodhi-host/users/users.ts'
import { ownDatabase, type ServerName } from '../support/databases.ts'
import { isListening } from '../support/services.ts'
import { call, generate, startTestHost, TOKENS, USERS } from './test-host.ts'

const REDIS_URL = 'redis://127.0.0.1:6379'

const databases: Record<string, (t: Test) => Promise<string | null>> = {
  SQLite: async (t) => `sqlite:${join(t.testdir(), 'host.db')}`,
  PostgreSQL: (t) => onServer(t, 'PostgreSQL'),
  MariaDB: (t) => onServer(t, 'MariaDB'),
}

for (const [name, open] of Object.entries(databases)) {
  t.test(`on ${name}, users, sessions, tokens and usage survive a restart`, async (t) => {
    const environment = await environmentOn(t, open)
    if (environment === null) return
    const first = await startTestHost(t, environment)
    const grace = await first.signedIn('grace')
    const { id, credential } = await generate(grace, { name: 'Übung 🎓' })
    t.equal((await call(`${first.url}/v1/models`, credential)).status, 200)
    await first.app.close()

    const second = await startTestHost(t, environment)
    t.equal((await call(`${second.url}/v1/models`, credential)).status, 200)
    const token = await grace.request(`${second.url}${TOKENS}/${id}`)
    t.equal(token.status, 200, 'she is still signed in')
    const found = (await token.json()) as { name?: string; last_used_at?: string }
    t.equal(found.name, 'Übung 🎓')
    t.ok(found.last_used_at, 'the use of before the restart was written')
    const user = (await (await grace.request(`${second.url}/bodhi/v1/user`)).json()) as object
    t.match(user, { id: 'grace', name: 'Grace Hopper', created_at: /^\d{4}-.*Z$/ })
  })

  t.test(`on ${name}, hosts that start at the same time share users, sessions and tokens`, async (t) => {
    const environment = await environmentOn(t, open)
    if (environment === null) return
    const hosts = await Promise.all([1, 2, 3, 4].map(() => startTestHost(t, environment)))
    const [first, second] = hosts
    if (!first || !second) throw new Error('there are four')
    const grace = await first.signedIn('grace')
    const { credential } = await generate(grace)
    for (const { url } of hosts) {
      t.equal((await call(`${url}/v1/models`, credential)).status, 200)
      t.equal((await grace.request(`${url}/bodhi/v1/user`)).status, 200)
    }

    const ada = await second.signedIn('ada')
    const path = `${second.url}${USERS}`
    t.equal((await ada.request(`${path}/grace/deactivate`, { method: 'POST' })).status, 200)
    for (const { url } of hosts) {
      t.equal((await grace.request(`${url}/bodhi/v1/user`)).status, 401, 'her sessions are over')
    }
    const people = (await (await ada.request(`${first.url}${USERS}`)).json()) as object
    t.match(people, { data: [{ id: 'ada' }, { id: 'grace', status: 'deactivated' }] })
    t.equal((await ada.request(`${path}/grace/reactivate`, { method: 'POST' })).status, 200)
    await ada.request('/sign-out', { method: 'POST' })
    t.equal((await ada.request(`${first.url}${USERS}`)).status, 401, 'signed out on one, signed out on all')
    t.equal((await call(`${second.url}/v1/models`, credential)).status, 200)
  })

  t.test(`on ${name}, concurrent first sign-ins create one user`, async (t) => {
    const address = parseDatabaseAddress((await open(t)) ?? '')
    if (address === null) return
    const { db, close } = await openDatabase(address)
    const users = new UserDirectory(db)
    const ada = { id: 'ada', provider: 'built-in', name: 'Ada', email: null, role: 'user' } as const
    const admitted = await Promise.all([1, 2, 3, 4].map(() => users.admit(ada, new Date())))
    t.equal(new Set(admitted.map(({ stamp }) => stamp)).size, 1, 'they have one stamp')
    t.equal((await users.list()).length, 1)
    await close()
  })
}

t.test('on MariaDB too, user ids are compared byte by byte', async (t) => {
  const environment = await environmentOn(t, (t) => onServer(t, 'MariaDB'))
  if (environment === null) return
  const host = await startTestHost(t, environment)
  const ada = await host.signedIn('ada')
  await host.signedIn('grace')
  t.equal((await ada.send('POST', `${USERS}/Grace/deactivate`)).status, 404)
})

t.test('an unusable database fails the start and names its variable', async (t) => {
  const places: Record<string, RegExp> = {
    'postgres://root:hunter2@127.0.0.1:9/app': /^DATABASE_URL: PostgreSQL 127\.0\.0\.1:9\/app /,
    'mysql://root:hunter2@127.0.0.1:9/app': /^DATABASE_URL: MySQL 127\.0\.0\.1:9\/app /,
    'sqlite:/no/such/folder/app.db': /^DATABASE_URL: SQLite \/no\/such\/folder\/app\.db /,
  }
  for (const [DATABASE_URL, message] of Object.entries(places)) {
    await t.rejects(startTestHost(t, { DATABASE_URL }), { message }, DATABASE_URL)
  }
})

t.test('REDIS_URL selects Redis for revocations', async (t) => {
  const without = await startTestHost(t)
  t.equal(without.app.apiTokens.stats().invalidation.pubsubName, null, 'SQLite has none')
  if (process.env['CI'] === undefined && !(await isListening(6379))) {
    t.pass('there is no Redis here', { skip: 'no Redis' })
    return
  }

  const listener = new Redis(REDIS_URL)
  t.teardown(() => listener.disconnect())
  const heard: string[] = []
  listener.on('message', (_, message) => heard.push(message))
  await listener.subscribe('fastify-api-tokens')

  const host = await startTestHost(t, { REDIS_URL })
  t.equal(host.app.apiTokens.stats().invalidation.pubsubName, 'redis')
  const grace = await host.signedIn('grace')
  const { id } = await generate(grace)
  t.equal((await grace.send('DELETE', `${TOKENS}/${id}`)).status, 204)
  const deadline = Date.now() + 5_000
  while (!heard.some((message) => message.includes(id)) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.ok(
    heard.some((message) => message.includes(id)),
    'the revocation was published through Redis',
  )
})

async function onServer(t: Test, server: ServerName): Promise<string | null> {
  return (await ownDatabase(t, server))?.connectionString ?? null
}

/** Hosts of one environment share the database and the secrets. */
async function environmentOn(
  t: Test,
  open: (t: Test) => Promise<string | null>,
): Promise<Record<string, string> | null> {
  const url = await open(t)
  return url === null ? null : { DATABASE_URL: url, DATA_DIR: t.testdir() }
}
