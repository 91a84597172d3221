/** Settings of MySQL and MariaDB, and of their driver, that a host's pool must not have: each is refused by name. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, MysqlDialect } from 'kysely'
import type { PoolOptions } from 'mysql2'
import t, { type Test } from 'tap'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { hostPool } from '../support/mysql-host-pool.ts'

type TypeCast = NonNullable<Exclude<PoolOptions['typeCast'], boolean>>

const STRICT = "set sql_mode = 'STRICT_TRANS_TABLES"

/** The statement that is run on each connection, and the beginning of the error. */
const REFUSED: Readonly<Record<string, string>> = {
  'set names latin1': 'character_set_client is latin1, and must be utf8mb4',
  'set names utf8mb3': 'character_set_client is utf8mb3, and must be utf8mb4',
  'set names gbk': 'character_set_client is gbk, and must be utf8mb4',
  'set character_set_connection = latin1': 'character_set_connection is latin1, and must be utf8mb4',
  'set character_set_results = latin1': 'character_set_results is latin1, and must be utf8mb4',
  'set character_set_results = null': 'character_set_results is , and must be utf8mb4',
  [`${STRICT},NO_BACKSLASH_ESCAPES'`]: 'sql_mode has NO_BACKSLASH_ESCAPES, and must not',
  [`${STRICT},HIGH_NOT_PRECEDENCE'`]: 'sql_mode has HIGH_NOT_PRECEDENCE, and must not',
  [`${STRICT},EMPTY_STRING_IS_NULL'`]: 'sql_mode has EMPTY_STRING_IS_NULL, and must not',
  [`${STRICT},ORACLE'`]: 'sql_mode has ',
  [`${STRICT},MSSQL'`]: 'sql_mode has ',
  [`${STRICT},POSTGRESQL'`]: 'sql_mode has ',
  [`${STRICT},DB2'`]: 'sql_mode has ',
  [`${STRICT},MYSQL40'`]: 'sql_mode has ',
  "set sql_mode = ''": 'sql_mode lacks STRICT_TRANS_TABLES',
  "set sql_mode = 'ANSI'": 'sql_mode lacks STRICT_TRANS_TABLES',
  'set autocommit = 0': 'autocommit is OFF, and must be ON',
  'set completion_type = 1': 'completion_type is CHAIN, and must be NO_CHAIN',
  'set completion_type = 2': 'completion_type is RELEASE, and must be NO_CHAIN',
  'set sql_safe_updates = 1': 'sql_safe_updates is ON, and must be OFF',
  'set sql_select_limit = 1': 'sql_select_limit is 1, and must be 18446744073709551615',
  'set sql_select_limit = 0': 'sql_select_limit is 0, and must be 18446744073709551615',
  'set max_join_size = 10': 'sql_big_selects is OFF, and must be ON',
  'set sql_big_selects = 0': 'sql_big_selects is OFF, and must be ON',
  'set unique_checks = 0': 'unique_checks is OFF, and must be ON',
  'set session transaction read only': 'tx_read_only is ON, and must be OFF',
  'set session transaction isolation level read uncommitted':
    'tx_isolation is READ-UNCOMMITTED, and must be anything but READ-UNCOMMITTED',
  'set max_statement_time = 0.5': 'max_statement_time is 0.500000, and must be 0 or at least 1',
  'set innodb_lock_wait_timeout = 0': 'innodb_lock_wait_timeout is 0, and must be at least 1',
  'set max_sort_length = 64': 'max_sort_length is 64, and must be at least 1024',
  'set timestamp = 1000000000': 'its clock is stopped by SET timestamp',
}

const REFUSED_OPTIONS: Readonly<Record<string, readonly [PoolOptions, string]>> = {
  'charset: latin1': [{ charset: 'latin1_swedish_ci' }, 'character_set_client is latin1'],
  'charset: utf8': [{ charset: 'UTF8_GENERAL_CI' }, 'character_set_client is utf8mb3'],
  'charset: gbk': [{ charset: 'GBK_CHINESE_CI' }, 'character_set_client is gbk'],
  'charset: big5': [{ charset: 'BIG5_CHINESE_CI' }, 'character_set_client is big5'],
  'charset: sjis': [{ charset: 'SJIS_JAPANESE_CI' }, 'character_set_client is sjis'],
  'charset: binary': [{ charset: 'BINARY' }, 'character_set_client is binary'],
  'flags: -FOUND_ROWS': [{ flags: ['-FOUND_ROWS'] }, 'flags must be without -FOUND_ROWS'],
  queryFormat: [{ queryFormat: (sql: string) => sql } as PoolOptions, 'queryFormat must not be set'],
}

const database = await ownDatabase(t, 'MariaDB')
if (database !== null) {
  const { connectionString } = database
  const own = mysqlTokenStore({ connectionString, migrate: true })
  await own.open()
  t.teardown(() => own.close())
  const onKysely = (t: Test, statements: readonly string[], options: PoolOptions = {}) =>
    kyselyTokenStore({
      db: new Kysely({
        dialect: new MysqlDialect({ pool: hostPool(t, connectionString, statements, options) }),
      }),
      dialect: 'mysql',
    })
  const onPool = (t: Test, statements: readonly string[], options: PoolOptions = {}) =>
    mysqlTokenStore({ pool: hostPool(t, connectionString, statements, options) })

  for (const [title, fault] of Object.entries(REFUSED)) {
    t.test(`${title}: the boot fails and names it`, async (t) => {
      for (const make of [onPool, onKysely]) await refusedBy(t, make(t, [title]), fault)
    })
  }

  for (const [title, [options, fault]] of Object.entries(REFUSED_OPTIONS)) {
    t.test(`${title} of a pool: the boot fails and names it`, async (t) => {
      await refusedBy(t, onPool(t, [], options), fault)
    })
  }

  t.test('a Kysely without FOUND_ROWS or with a charset: the boot fails and names it', async (t) => {
    await refusedBy(
      t,
      onKysely(t, [], { flags: ['-FOUND_ROWS'] }),
      'its driver is set to flags without FOUND_ROWS',
    )
    await refusedBy(t, onKysely(t, [], { charset: 'latin1_swedish_ci' }), 'character_set_client is latin1')
  })

  const CASTS: Readonly<Record<string, TypeCast>> = {
    'makes something of NULL': (field, next) => (field.type === 'LONGLONG' ? Number(field.string()) : next()),
    'changes whole numbers': (field, next) => (field.type === 'LONGLONG' ? { big: next() } : next()),
    'changes texts': (field, next) => (field.type === 'BLOB' ? field.buffer() : next()),
  }
  for (const [fault, typeCast] of Object.entries(CASTS)) {
    t.test(`a Kysely whose driver ${fault}: the boot fails and names it`, async (t) => {
      await refusedBy(t, onKysely(t, [], { typeCast }), `its driver (typeCast) ${fault}`)
    })
  }

  t.test('a Kysely whose driver has another shape of rows: the boot fails and names it', async (t) => {
    for (const options of [{ rowsAsArray: true }, { nestTables: true }, { nestTables: '_' }] as const)
      await refusedBy(t, onKysely(t, [], options), 'does not return rows as objects with the names')
    await refusedBy(t, onKysely(t, [], { typeCast: false }), 'changes texts')
  })

  for (const [charset, fault] of [
    ['latin1_swedish_ci', 'character_set_client is latin1'],
    ['utf8_general_ci', 'character_set_client is utf8mb3'],
    ['gbk_chinese_ci', 'character_set_client is gbk'],
  ] as const) {
    t.test(`the charset ${charset} of an address: the boot fails and names it`, async (t) => {
      const store = mysqlTokenStore({ connectionString: `${connectionString}?charset=${charset}` })
      t.teardown(() => store.close())
      await refusedBy(t, store, fault)
    })
  }

  t.test('a connection whose charset the host changes later is checked again', async (t) => {
    const pool = hostPool(t, connectionString, [], { connectionLimit: 1 })
    const store = mysqlTokenStore({ pool })
    await store.open()
    await store.findOwner('ada')
    await pool.promise().query('set names latin1')
    await t.rejects(store.findOwner('ada'), { message: /character_set_client is latin1/ })
    t.equal(await store.findOwner('nobody'), null, 'the connection was discarded')
  })

  t.test('a pool that resets its connections loses what it had set, and is checked each time', async (t) => {
    const pool = hostPool(t, connectionString, [], { connectionLimit: 1, resetOnRelease: true })
    const store = mysqlTokenStore({ pool })
    await store.open()
    // The reset of the connection that went back.
    await sleep(100)
    pool.on('acquire', (connection) => {
      connection.query('set session sql_safe_updates = 1', () => undefined)
    })
    await t.rejects(store.findOwner('ada'), { message: /sql_safe_updates is ON/ })
  })
}

async function refusedBy(t: Test, store: TokenStore, fault: string): Promise<void> {
  const error: unknown = await store.open().then(
    () => undefined,
    (thrown) => thrown,
  )
  t.match(error, { code: 'FST_API_TOKENS_INVALID_OPTION' })
  const message = error instanceof Error ? error.message : String(error)
  t.ok(message.includes(fault), `${fault}: ${message}`)
}
