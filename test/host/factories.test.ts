/** Every function of the package that takes options refuses a misspelled or wrong one by name, when it is called. */

import { Kysely, SqliteDialect } from 'kysely'
import t from 'tap'
import { jwksFile, offlineTokens } from '../../src/index.ts'
import { redisPubSub } from '../../src/invalidation/redis-pubsub.ts'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { pgliteTokenStore } from '../../src/store/kysely/dialects/pglite/pglite-token-store.ts'
import {
  postgresPubSub,
  postgresTokenStore,
} from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock, tokenStoreContract } from '../../src/testing/index.ts'

/** As plain JavaScript calls it. */
type Factory = (...options: unknown[]) => unknown

const untyped = (factory: unknown) => factory as Factory

const url = 'postgres://app:s3cr3t@localhost/app'
const pool = { connect: () => undefined, getConnection: () => undefined }
const db = new Kysely({
  dialect: new SqliteDialect({ database: async () => Promise.reject(new Error('not opened')) }),
})
const provider = { issuer: 'https://id.example', client_id: 'a', subjectToken: () => null }

/** A function, its good options, and wrong ones with what the error says. */
const FACTORIES: [name: string, factory: Factory, good: object, wrong: [object, RegExp][]][] = [
  [
    'sqliteTokenStore',
    untyped(sqliteTokenStore),
    { filename: 'tokens.db' },
    [
      [{ filname: 'tokens.db' }, /: sqliteTokenStore: filname is not an option$/],
      [{ Filename: 'tokens.db' }, /: Filename is not an option: did you mean filename\?$/],
      [{ filename: undefined }, /: sqliteTokenStore: filename must be a string that is not blank$/],
      [{ filename: '' }, /: sqliteTokenStore: filename must be a string/],
      [{ migrate: 'no' }, /: sqliteTokenStore: migrate must be true or false$/],
    ],
  ],
  [
    'postgresTokenStore',
    untyped(postgresTokenStore),
    { connectionString: url },
    [
      [{ connection_string: url }, /: connection_string is not an option: did you mean connectionString\?$/],
      [{ connectionString: undefined }, /: postgresTokenStore needs a connectionString or a pool, one of/],
      [{ pool }, /: postgresTokenStore needs a connectionString or a pool, one of the two$/],
      [{ connectionString: undefined, pool: {} }, /: postgresTokenStore: pool must be a Pool of pg$/],
      [{ connectionString: 7 }, /: postgresTokenStore: connectionString must be /],
      [{ migrate: 1 }, /: postgresTokenStore: migrate must be true or false$/],
      [{ prepare: 'false' }, /: postgresTokenStore: prepare must be true or false$/],
      [{ timeout: 0 }, /: postgresTokenStore: timeout must be /],
      [{ timeOut: 5_000 }, /: timeOut is not an option: did you mean timeout\?$/],
    ],
  ],
  [
    'mysqlTokenStore',
    untyped(mysqlTokenStore),
    { connectionString: 'mysql://app:s3cr3t@localhost/app' },
    [
      [{ uri: 'mysql://localhost' }, /: mysqlTokenStore: uri is not an option$/],
      [
        { connectionString: undefined },
        /: mysqlTokenStore needs a connectionString or a pool, one of the two$/,
      ],
      [{ connectionString: undefined, pool: null }, /: mysqlTokenStore: pool must be a pool of mysql2/],
      [{ migrate: 'yes' }, /: mysqlTokenStore: migrate must be true or false$/],
      [{ timeout: NaN }, /: mysqlTokenStore: timeout must be /],
    ],
  ],
  [
    'kyselyTokenStore',
    untyped(kyselyTokenStore),
    { db, dialect: 'postgres' },
    [
      [{ table_prefix: 'auth_' }, /: table_prefix is not an option: did you mean tablePrefix\?$/],
      [{ db: {} }, /: kyselyTokenStore: db must be a Kysely instance$/],
      [{ dialect: 'oracle' }, /: store: dialect must be one of/],
      [{ schema: '' }, /: kyselyTokenStore: schema must be a string/],
      [{ migrate: 'no' }, /: kyselyTokenStore: migrate must be true or false$/],
    ],
  ],
  [
    'pgliteTokenStore',
    untyped(pgliteTokenStore),
    { pglite: { query: () => undefined } },
    [
      [{ pgLite: {} }, /: pgLite is not an option: did you mean pglite\?$/],
      [{ pglite: 'data' }, /: pgliteTokenStore: pglite must be a PGlite$/],
      [{ migrate: 0 }, /: pgliteTokenStore: migrate must be true or false$/],
    ],
  ],
  [
    'redisPubSub',
    untyped(redisPubSub),
    { url: 'redis://:s3cr3t@localhost' },
    [
      [{ URL: 'redis://localhost' }, /: URL is not an option: did you mean url\?$/],
      [{ url: 7 }, /: redisPubSub: url must be /],
      [{ channel: '' }, /: redisPubSub: channel must be a string/],
    ],
  ],
  [
    'postgresPubSub',
    untyped(postgresPubSub),
    { connectionString: url },
    [
      [{ url }, /: postgresPubSub: url is not an option$/],
      [{ connectionString: null }, /: postgresPubSub: connectionString must be /],
    ],
  ],
  [
    'offlineTokens',
    untyped(offlineTokens),
    { ...provider, token_endpoint_auth_method: 'none' },
    [
      [{ clientId: 'a' }, /clientId is not an option: did you mean client_id\?$/],
      [{ scopes: 'openid' }, /scopes is not an option: did you mean scope\?$/],
    ],
  ],
  [
    'tokenStoreContract',
    untyped(tokenStoreContract),
    { test: () => undefined, makeStore: () => undefined },
    [[{ makestore: () => undefined }, /: makestore is not an option: did you mean makeStore\?$/]],
  ],
]

for (const [name, factory, good, wrong] of FACTORIES) {
  t.test(`promise 16: ${name} refuses a wrong option by name`, async (t) => {
    t.doesNotThrow(() => factory(good))
    for (const [options, message] of wrong) {
      const error = errorOf(() => factory({ ...good, ...options }))
      t.match(error, { code: 'FST_API_TOKENS_INVALID_OPTION', message }, String(message))
      t.notMatch(String((error as Error).stack), /s3cr3t/, 'no password is in the error')
    }
    for (const options of [undefined, null, 'tokens.db', 7, [], () => good]) {
      t.match(
        errorOf(() => factory(options)),
        {
          code: 'FST_API_TOKENS_INVALID_OPTION',
          message: new RegExp(`${name}.* must be an object$`),
        },
      )
    }
    for (const options of [Object.create(good), new (class Options {})()]) {
      t.match(
        errorOf(() => factory(options)),
        { message: new RegExp(`${name}.* must be a plain object`) },
      )
    }
    t.match(
      errorOf(() => factory({ ...good, [Symbol('secret')]: 1 })),
      { message: /Symbol\(secret\) is not/ },
    )
  })
}

t.test(
  'promise 16: arguments beyond the last parameter are refused, with the name of the function',
  async (t) => {
    const message = (name: string) => new RegExp(`: ${name}: additional arguments have no effect$`)
    for (const [name, factory, good] of FACTORIES) {
      t.throws(() => factory(good, { migrate: false }), { message: message(name) }, name)
      t.throws(() => factory(good, undefined), { message: message(name) }, name)
    }
    t.throws(() => untyped(jwksFile)('keys.json', {}, ['/secrets']), { message: message('jwksFile') })
    t.throws(() => untyped(memoryTokenStore)({}, { max: 5 }), { message: message('memoryTokenStore') })
    t.throws(() => untyped(manualClock)(0, '1h'), { message: message('manualClock') })
  },
)

t.test('promise 16: an empty address is said to be empty', async (t) => {
  for (const [factory, option] of [
    [postgresTokenStore, 'connectionString'],
    [mysqlTokenStore, 'connectionString'],
    [postgresPubSub, 'connectionString'],
  ] as const) {
    const message = new RegExp(`: ${factory.name}: ${option} is empty$`)
    t.throws(() => untyped(factory)({ [option]: ' ' }), { message })
  }
  t.throws(() => untyped(redisPubSub)({ url: '' }), {
    message: /: redisPubSub: url must be a string that is not blank$/,
  })
})

t.test('promise 16: functions that take a value check it', async (t) => {
  const invalid = { code: 'FST_API_TOKENS_INVALID_OPTION' }
  for (const path of [undefined, null, '', 7, {}]) {
    t.throws(() => untyped(jwksFile)(path), { ...invalid, message: /: jwksFile: path must be a string/ })
  }
  for (const start of [NaN, null, '0', new Date()]) {
    t.throws(() => untyped(manualClock)(start), { ...invalid, message: /: manualClock: start must be/ })
  }
})

function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
