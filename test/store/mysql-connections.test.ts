/** Connections to MariaDB that are lost, stuck or refused at any moment: requests get a 503 in time, nothing else happens. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Kysely, MysqlDialect } from 'kysely'
import mysql from 'mysql2'
import t, { type Test } from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { id, NOW, put, rowOf } from '../../src/testing/store-contract/records.ts'
import { hexOfUuid } from '../../src/token/uuid.ts'
import { ownDatabase } from '../support/databases.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { killedConnections } from '../support/killed-connections.ts'
import { hostPool } from '../support/mysql-host-pool.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { within } from '../support/within.ts'

const MARIADB_PORT = 3306
const SCOPE = { now: NOW }
const RULES = { now: NOW, dayStart: NOW, idleTimeoutMs: null }

const found = await ownDatabase(t, 'MariaDB')
if (found !== null) {
  const database = found
  const { connectionString, run } = database
  const first = mysqlTokenStore({ connectionString, migrate: true })
  await first.open()
  t.teardown(() => first.close())
  t.beforeEach(async () => {
    for (const table of ['api_token_usage', 'api_tokens', 'api_token_owners'])
      await run(`delete from ${table}`)
  })

  t.test('a connection of a host’s pool may emit an error more than once', async (t) => {
    const pool = mysql.createPool({ uri: connectionString, connectionLimit: 1 })
    t.teardown(() => pool.promise().end())
    const store = mysqlTokenStore({ pool })
    await store.open()
    const connection = await pool.promise().getConnection()
    t.teardown(() => connection.destroy())
    // Members that the driver's types do not have.
    const core = connection.connection as unknown as NodeJS.EventEmitter
    for (const message of ['first', 'second', 'third']) core.emit('error', new Error(message))
    t.equal(await store.findOwner('nobody'), null)
  })

  for (const driver of ['mysql2', 'Kysely'] as const) {
    t.test(`a transaction that a host left open is rolled back (${driver})`, async (t) => {
      const pool = hostPool(t, connectionString, [], { connectionLimit: 1 })
      const db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool }) })
      const store =
        driver === 'mysql2' ? mysqlTokenStore({ pool }) : kyselyTokenStore({ db, dialect: 'mysql' })
      await store.open()
      const leave = async (...statements: string[]) => {
        const connection = await pool.promise().getConnection()
        for (const sql of statements) await connection.query(sql)
        connection.release()
      }
      await leave(
        'set session transaction isolation level repeatable read',
        'start transaction with consistent snapshot',
      )
      const token = await put(first, 900)
      t.equal((await findToken(store, token.id))?.token.id, token.id)

      await leave('start transaction')
      await store.feed.touchOwner(token.userId)
      const connection = await pool.promise().getConnection()
      connection.destroy()
      t.not(await first.findOwner(token.userId), null)
    })
  }

  t.test('connections that are killed while they are idle are one failure at most', async (t) => {
    const { connectionString, kill } = await killedConnections(t, database)
    const store = mysqlTokenStore({ connectionString })
    await store.open()
    const answers = () =>
      store.findOwner('nobody').then(
        () => true,
        () => false,
      )
    for (let round = 0; round < 5; round += 1) {
      // A read on a killed connection fails and opens none: there is one to kill once a read has succeeded.
      await within(2_000, answers)
      await Promise.all([1, 2, 3].map(answers))
      t.ok((await kill()) > 0)
    }
    await within(2_000, answers)
    await kill()
    await store.close()
  })

  t.test('a connection that is killed within a transaction leaves nothing of it', async (t) => {
    const { connectionString, kill } = await killedConnections(t, database)
    const store = mysqlTokenStore({ connectionString })
    await store.open()
    await put(store, 1)
    const blocker = await locked(t, connectionString.replace(/killed_\w+/, 'root'), id(1))
    const uses = [{ tokenId: id(1), count: 1, lastUsedAt: NOW }]
    const changing = Promise.allSettled([store.recordUses(uses, RULES), store.revokeToken(id(1), SCOPE)])
    await within(5_000, async () => (await waiting(run)) >= 2)
    await kill()
    t.same(
      (await changing).map((outcome) => outcome.status === 'rejected' && outcome.reason.code),
      ['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_CONNECTION_LOST'],
      'the end of the connection, and not the ROLLBACK',
    )
    await blocker.free()
    t.match(await rowOf(first, 1), { useCount: 0, status: 'active' })
    await store.close()
  })

  t.test('connections that are killed while the store closes do not fail its end', async (t) => {
    for (let round = 0; round < 5; round += 1) {
      const { connectionString, kill } = await killedConnections(t, database)
      const store = mysqlTokenStore({ connectionString })
      await store.open()
      await Promise.all([1, 2, 3].map(() => store.findOwner('nobody')))
      await Promise.all([kill(), store.close()])
      await kill()
    }
    t.pass('it ended')
  })

  t.test('a store that was closed can be opened again', async (t) => {
    const store = mysqlTokenStore({ connectionString })
    for (let round = 0; round < 2; round += 1) {
      await store.open()
      t.equal(await store.findOwner('nobody'), null)
      await store.close()
    }
  })

  t.test('a transaction has one time, and its stuck connection is closed at once', async (t) => {
    const store = mysqlTokenStore({ connectionString, timeout: 700 })
    await store.open()
    await put(store, 1)
    const { free } = await locked(t, connectionString, id(1))
    const startedAt = performance.now()
    await t.rejects(store.revokeToken(id(1), SCOPE), { message: 'MySQL gave no answer within 700 ms' })
    const took = performance.now() - startedAt
    t.ok(took < 1_300, `it took ${Math.round(took)} ms, and no ROLLBACK was waited for`)
    await free()
    await within(5_000, async () => (await waiting(run)) === 0)
    t.equal((await store.revokeToken(id(1), SCOPE)).outcome, 'changed')
    await store.close()
  })

  t.test('a server that is silent is an error in time: while connecting, preparing, asking', async (t) => {
    const proxy = await tcpProxy(t, MARIADB_PORT)
    const store = mysqlTokenStore({
      connectionString: connectionString.replace(':3306', `:${proxy.port}`),
      timeout: 500,
    })
    await store.open()
    const asks: readonly (() => Promise<unknown>)[] = [
      () => findToken(store, id(1)),
      () => store.findOwner('ada'),
      () => findToken(store, id(1)),
    ]
    for (const ask of asks) {
      proxy.state = 'silent'
      const startedAt = performance.now()
      await t.rejects(ask(), { message: /within (0\.5 s|500 ms)|ETIMEDOUT/ })
      t.ok(performance.now() - startedAt < 1_500)
    }
    proxy.state = 'open'
    await within(3_000, () =>
      findToken(store, id(1)).then(
        () => true,
        () => false,
      ),
    )
    await store.close()
  })

  t.test(
    'a COMMIT whose answer was lost has taken effect: what is repeated changes nothing more',
    async (t) => {
      const proxy = await losingProxy(t)
      const store = mysqlTokenStore({ connectionString: connectionString.replace(':3306', `:${proxy.port}`) })
      await store.open()
      await put(store, 1)
      const batch = { writer: 'lost-commit', id: 'first' }
      const uses = [{ tokenId: id(1), count: 100, lastUsedAt: NOW }]
      proxy.loses = true
      await t.rejects(store.recordUses(uses, { ...RULES, batch }), {
        code: 'PROTOCOL_CONNECTION_LOST',
      })
      await store.recordUses(uses, { ...RULES, batch })
      t.equal((await rowOf(store, 1)).useCount, 100)
      proxy.loses = true
      await t.rejects(store.revokeToken(id(1), SCOPE))
      t.equal((await store.revokeToken(id(1), SCOPE)).outcome, 'unchanged')
      await store.close()
    },
  )

  t.test('a fault that a retry cannot fix is a 500 that the log names, an outage is a 503', async (t) => {
    const { connectionString, kill } = await killedConnections(t, database)
    const store = mysqlTokenStore({ connectionString })
    const { app } = await startHost(t, { store, keys: [hs256Key()] })
    await issue(app, 'ada')
    const statusOf = async () => {
      const { statusCode, headers, body } = await app.inject(as('ada', { url: '/tokens' }))
      return { statusCode, retry: headers['retry-after'], code: JSON.parse(body).code }
    }
    t.match(await statusOf(), { statusCode: 200 })
    await run('rename table api_token_owners to api_token_owners_elsewhere')
    t.same(await statusOf(), { statusCode: 500, retry: undefined, code: 'FST_API_TOKENS_STORE_FAULT' })
    await run('rename table api_token_owners_elsewhere to api_token_owners')
    t.match(await statusOf(), { statusCode: 200 })

    const user = new URL(connectionString).username
    await run(`revoke select on ${database.name}.* from ${user}@'%'`)
    await kill()
    await statusOf()
    t.same(await statusOf(), { statusCode: 500, retry: undefined, code: 'FST_API_TOKENS_STORE_FAULT' })
    await run(`grant select on ${database.name}.* to ${user}@'%'`)
    await kill()
    await within(5_000, async () => (await statusOf()).statusCode === 200)
  })

  t.test('a setting that becomes wrong later is a 500, and names itself', async (t) => {
    const pool = hostPool(t, connectionString, [], { connectionLimit: 1 })
    const { app } = await startHost(t, { store: mysqlTokenStore({ pool }), keys: [hs256Key()] })
    const { token } = await issue(app, 'ada')
    await pool.promise().query('set names latin1')
    const cold = await app.inject(withToken(token))
    t.match(cold.json(), { statusCode: 500, code: 'FST_API_TOKENS_STORE_FAULT' })
  })
}

/** Locks the row of a token until it is freed. */
async function locked(t: Test, connectionString: string, tokenId: string) {
  const pool = hostPool(t, connectionString, [], { connectionLimit: 1 })
  const connection = await pool.promise().getConnection()
  await connection.query('begin')
  await connection.query('select id from api_tokens where id = unhex(?) for update', [hexOfUuid(tokenId)])
  let isFree = false
  const free = async () => {
    if (isFree) return
    isFree = true
    await connection.query('rollback')
    connection.release()
  }
  t.teardown(free)
  return { free }
}

/** How many statements on this test's tables run at this moment. */
async function waiting(run: <Row>(sql: string) => Promise<Row[]>): Promise<number> {
  const rows = await run<{ id: number }>(
    "select id from information_schema.processlist where db = database() and command = 'Query' and id <> connection_id()",
  )
  return rows.length
}

/** A proxy that ends the connection in place of the answer to a COMMIT. */
async function losingProxy(t: Test) {
  const proxy = { port: 0, loses: false }
  const server = createServer((client) => {
    const target = connect(MARIADB_PORT, '127.0.0.1')
    let isLost = false
    for (const socket of [client, target]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        target.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (proxy.loses && bytes.subarray(-6).equals(Buffer.from('commit'))) {
        isLost = true
        proxy.loses = false
      }
      target.write(bytes)
    })
    target.on('data', (bytes) => (isLost ? client.destroy() : client.write(bytes)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  proxy.port = (server.address() as AddressInfo).port
  return proxy
}
