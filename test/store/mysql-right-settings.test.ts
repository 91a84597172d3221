/** Settings of MySQL and MariaDB, and of their driver, that a host's pool may have: with each of them all is right. */

import { CamelCasePlugin, Kysely, MysqlDialect, ParseJSONResultsPlugin } from 'kysely'
import mysql, { type PoolOptions } from 'mysql2'
import promised from 'mysql2/promise'
import t, { type Test } from 'tap'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { hostPool } from '../support/mysql-host-pool.ts'
import { USERS, walk } from '../support/store-walk.ts'

// Every walk is two hundred statements.
t.setTimeout(300_000)

const STRICT = "set sql_mode = 'STRICT_TRANS_TABLES"

/** Run on each connection before anything else. */
const RIGHT: readonly (readonly string[])[] = [
  [
    `${STRICT},ANSI,PAD_CHAR_TO_FULL_LENGTH,ONLY_FULL_GROUP_BY,NO_UNSIGNED_SUBTRACTION'`,
    "set time_zone = '+13:00'",
    'set session transaction isolation level serializable',
    'set max_statement_time = 30',
    'set foreign_key_checks = 0',
    'set group_concat_max_len = 4',
  ],
  [
    "set sql_mode = 'TRADITIONAL,SIMULTANEOUS_ASSIGNMENT,TIME_ROUND_FRACTIONAL'",
    'set session transaction isolation level read committed',
    'set innodb_lock_wait_timeout = 1',
    'set low_priority_updates = 1',
    'set div_precision_increment = 0',
    'set default_storage_engine = MyISAM',
    'set explicit_defaults_for_timestamp = 0',
    'set sql_auto_is_null = 1',
  ],
  ["set lc_time_names = 'de_DE'", 'set names utf8mb4 collate utf8mb4_general_ci'],
  ['set names utf8mb4 collate utf8mb4_bin'],
  ["set collation_connection = 'utf8mb4_turkish_ci'"],
]

/** Options of the driver that each statement replaces, or with which all is right. */
const OPTIONS: readonly PoolOptions[] = [
  {
    typeCast: (field, next) => (field.type === 'LONGLONG' ? Number(field.string()) : next()),
    dateStrings: true,
    timezone: '+09:00',
    supportBigNumbers: true,
    bigNumberStrings: true,
    decimalNumbers: true,
  },
  { rowsAsArray: true, typeCast: false, namedPlaceholders: true, compress: true },
  { nestTables: true, multipleStatements: true, stringifyObjects: true, jsonStrings: true },
  { nestTables: '_', disableEval: true, typeCast: () => 0, maxPreparedStatements: 1 },
]

/** Those of them that a Kysely may have, whose driver sends its statements as it likes. */
const KYSELY_OPTIONS: PoolOptions = {
  dateStrings: true,
  timezone: '+09:00',
  supportBigNumbers: true,
  bigNumberStrings: true,
  decimalNumbers: true,
  namedPlaceholders: true,
  multipleStatements: true,
  stringifyObjects: true,
  jsonStrings: true,
  compress: true,
}

const database = await ownDatabase(t, 'MariaDB')
if (database !== null) {
  const { connectionString, run } = database
  const own = mysqlTokenStore({ connectionString, migrate: true })
  await own.open()
  t.teardown(() => own.close())
  const expected = await walk(own, run)
  const onPool = (t: Test, statements: readonly string[], options: PoolOptions = {}) =>
    mysqlTokenStore({ pool: hostPool(t, connectionString, statements, options) })
  const onKysely = (t: Test, statements: readonly string[], options: PoolOptions = {}) => {
    const pool = hostPool(t, connectionString, statements, options)
    return kyselyTokenStore({ db: new Kysely({ dialect: new MysqlDialect({ pool }) }), dialect: 'mysql' })
  }

  t.test('the expected results are right', async (t) => {
    const [users, , tokens, names] = expected
    t.same(users, USERS)
    t.same(
      tokens,
      USERS.map((_, n) => [n]),
      'each user has their own token and no other',
    )
    t.same(
      names,
      USERS.map((user) => `${user}\0`),
    )
  })

  for (const charset of ['UTF8MB4_BIN', 'utf8mb4_unicode_520_ci']) {
    t.test(`the charset ${charset} of an address: all is right`, async (t) => {
      const store = mysqlTokenStore({ connectionString: `${connectionString}?charset=${charset}` })
      await store.open()
      t.teardown(() => store.close())
      t.same(await walk(store, run), expected)
    })
  }

  for (const statements of RIGHT) {
    t.test(`${statements.join('; ')}: all is right`, async (t) => {
      const store = onPool(t, statements)
      await store.open()
      t.same(await walk(store, run), expected)
    })
  }

  for (const options of OPTIONS) {
    t.test(`a pool with ${Object.keys(options).join(', ')}: all is right`, async (t) => {
      const store = onPool(t, [], options)
      await store.open()
      t.same(await walk(store, run), expected)
    })
  }

  t.test('a Kysely whose sessions have many of these settings: all is right', async (t) => {
    const store = onKysely(
      t,
      [
        `${STRICT},ANSI,PAD_CHAR_TO_FULL_LENGTH,SIMULTANEOUS_ASSIGNMENT'`,
        "set time_zone = '-11:00', default_storage_engine = MyISAM, div_precision_increment = 0",
        'set session transaction isolation level serializable',
        'set names utf8mb4 collate utf8mb4_turkish_ci',
      ],
      KYSELY_OPTIONS,
    )
    await store.open()
    t.same(await walk(store, run), expected)
  })

  t.test('the plugins of a Kysely change nothing', async (t) => {
    const dialect = new MysqlDialect({ pool: hostPool(t, connectionString) })
    const db = new Kysely({ dialect, plugins: [new CamelCasePlugin(), new ParseJSONResultsPlugin()] })
    const store = kyselyTokenStore({ db, dialect: 'mysql' })
    await store.open()
    t.same(await walk(store, run), expected)
  })

  t.test(
    'pools of callbacks, of promises and of clusters are taken; what is no pool is refused',
    async (t) => {
      const cluster = mysql.createPoolCluster()
      cluster.add('one', { uri: connectionString })
      const promises = promised.createPoolCluster()
      promises.add('one', { uri: connectionString })
      const ofPromises = promised.createPool({ uri: connectionString })
      t.teardown(() =>
        Promise.all([ofPromises.end(), promises.end(), new Promise((done) => cluster.end(done))]),
      )
      for (const pool of [ofPromises, cluster, cluster.of('*'), promises, promises.of('*')]) {
        const store = mysqlTokenStore({ pool: pool as never })
        await store.open()
        t.same(await store.findOwner('nobody'), null)
        await store.setOwnerStatus('šdmin', 'inactive', Date.now())
        t.equal((await store.findOwner('šdmin'))?.status, 'inactive')
      }
      for (const pool of [{}, null, 'mysql://root@localhost/test', { pool: {} }, { getConnection: true }]) {
        t.throws(() => mysqlTokenStore({ pool: pool as never }), {
          code: 'FST_API_TOKENS_INVALID_OPTION',
          message: 'fastify-api-tokens: mysqlTokenStore: pool must be a pool of mysql2 or of mysql2/promise',
        })
      }
    },
  )
}
