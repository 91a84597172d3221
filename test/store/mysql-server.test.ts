/** Settings of a whole MariaDB server: the store's own connections are right, and settings that they cannot change are refused by name. */

import mysql from 'mysql2'
import t from 'tap'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { put, rowOf } from '../../src/testing/store-contract/records.ts'
import { runCommand } from '../support/command.ts'
import { ownMariaDb } from '../support/own-mariadb.ts'
import { walk } from '../support/store-walk.ts'

t.setTimeout(120_000)

/** Everything that a server can have otherwise, and that is no reason to fail. */
const server = await ownMariaDb(t, [
  '--sql-mode=ANSI',
  '--autocommit=0',
  '--completion-type=1',
  '--transaction-isolation=READ-UNCOMMITTED',
  '--transaction-read-only=1',
  '--max-statement-time=0.2',
  '--default-storage-engine=MyISAM',
  '--innodb-default-row-format=compact',
  '--character-set-server=latin1',
  '--collation-server=latin1_swedish_ci',
  '--lower-case-table-names=1',
  '--default-time-zone=+05:30',
  '--low-priority-updates',
  '--innodb-lock-wait-timeout=0',
  '--max-sort-length=64',
  '--log-bin',
  '--binlog-format=MIXED',
])

if (server !== null) {
  const { connectionString, run } = server
  await run('set global sql_safe_updates = 1, global sql_select_limit = 1, global sql_big_selects = 0')
  await run('set global unique_checks = 0')
  await run('create database other')
  await run("create user app@'127.0.0.1'")
  await run("grant all on test.* to app@'127.0.0.1'")
  const asApp = connectionString.replace('//root@', '//app@')
  const store = mysqlTokenStore({ connectionString: asApp, migrate: true })

  t.test('the store’s own connections have what it needs', async (t) => {
    await store.open()
    t.teardown(() => store.close())
    const shared = mysqlTokenStore({ connectionString: asApp })
    await shared.open()
    t.teardown(() => shared.close())
    await run('use test')
    t.same(await walk(store, run), await walk(shared, run))
    const written = await put(store, 500, { userId: 'šdmin' })
    t.equal((await rowOf(shared, 500)).userId, written.userId, 'it was committed')
    const tables = await run<{ engine: string; format: string }>(
      "select engine as engine, row_format as format from information_schema.tables where table_schema = 'test'",
    )
    t.ok(tables.length > 5)
    for (const table of tables) t.same(table, { engine: 'InnoDB', format: 'Dynamic' })
  })

  t.test('the command has what it needs', async (t) => {
    const address = connectionString.replace(/test$/, 'other')
    t.match(await runCommand(['migrate', '--store', address]), { code: 0, errors: '' })
    t.match(await runCommand(['migrate', '--store', address]), { lines: ['the schema is up to date'] })
  })

  t.test('a pool of a host has the settings of the server, and the boot names them', async (t) => {
    const pool = mysql.createPool({ uri: asApp })
    t.teardown(() => pool.promise().end())
    await t.rejects(mysqlTokenStore({ pool }).open(), { message: /sql_select_limit is 1/ })
    pool.on('connection', (connection) => {
      connection.query(
        'set session sql_select_limit = default, session sql_big_selects = 1, session sql_select_limit = 18446744073709551615',
      )
    })
    await t.rejects(mysqlTokenStore({ pool }).open(), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message:
        /autocommit is OFF.*completion_type is CHAIN.*sql_safe_updates is ON.*unique_checks is OFF.*tx_read_only is ON.*tx_isolation is READ-UNCOMMITTED.*max_statement_time.*innodb_lock_wait_timeout.*max_sort_length.*sql_mode lacks STRICT_TRANS_TABLES/,
    })
  })

  t.test(
    'a server that takes no writes fails the boot and names itself; a running host gets an outage',
    async (t) => {
      const running = mysqlTokenStore({ connectionString: asApp })
      await running.open()
      t.teardown(() => running.close())
      await run('set global read_only = 1')
      t.teardown(() => run('set global read_only = 0'))
      const refusal = { message: 'the MySQL server takes no writes: read_only is on' }
      const late = mysqlTokenStore({ connectionString: asApp })
      t.teardown(() => late.close())
      await t.rejects(late.open(), refusal)
      await t.rejects(running.setOwnerStatus('ada', 'active', Date.now()), {
        message: /read-only/,
      })
      await t.rejects(
        running.findOwner('ada'),
        refusal,
        'its connection was closed, and the next one is checked',
      )
      await run('set global read_only = 0')
      t.equal((await running.setOwnerStatus('ada', 'active', Date.now())).status, 'active')
    },
  )

  for (const [setting, wrong, right, fault] of [
    ['binlog_format', "'STATEMENT'", "'MIXED'", 'binlog_format is STATEMENT, and must be MIXED or ROW'],
    [
      'max_allowed_packet',
      '1048576',
      '16777216',
      'max_allowed_packet is 1048576, and must be at least 4194304',
    ],
  ] as const) {
    t.test(`${setting} of the server is refused by name`, async (t) => {
      await run(`set global ${setting} = ${wrong}`)
      t.teardown(() => run(`set global ${setting} = ${right}`))
      const refused = mysqlTokenStore({ connectionString: asApp })
      t.teardown(() => refused.close())
      await t.rejects(refused.open(), { code: 'FST_API_TOKENS_INVALID_OPTION', message: fault })
    })
  }

  for (const [change, back, fault] of [
    [
      'alter table test.api_token_leases engine = MyISAM',
      'alter table test.api_token_leases engine = InnoDB row_format = dynamic',
      'table api_token_leases has the engine MyISAM, and must have InnoDB',
    ],
    [
      'alter table test.api_token_leases row_format = compact',
      'alter table test.api_token_leases row_format = dynamic',
      'table api_token_leases has the row format Compact',
    ],
    [
      'alter table test.api_token_leases modify holder varchar(64) character set utf8mb4 collate utf8mb4_general_ci',
      'alter table test.api_token_leases modify holder varchar(64) character set utf8mb4 collate utf8mb4_nopad_bin',
      'column api_token_leases.holder has the collation utf8mb4_general_ci',
    ],
  ] as const) {
    t.test(`a table that was changed fails the boot: ${fault}`, async (t) => {
      await run(change)
      t.teardown(() => run(back))
      const refused = mysqlTokenStore({ connectionString: asApp })
      t.teardown(() => refused.close())
      await t.rejects(refused.open(), { code: 'FST_API_TOKENS_INVALID_OPTION', message: fault })
    })
  }
}
