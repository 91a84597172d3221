/** The checks of connections to MySQL and MariaDB, and of addresses with passwords. */

import type { Guard } from './guard.ts'

const SETTINGS = 'test/store/mysql-settings.test.ts'
const RIGHT = 'test/store/mysql-right-settings.test.ts'
const CONNECTIONS = 'test/store/mysql-connections.test.ts'
const ADDRESSES = 'test/store/secret-addresses.test.ts'

export const mysqlGuards: readonly Guard[] = [
  {
    name: 'addresses: a parameter of TLS that the driver does not know is refused',
    file: 'src/store/store-address.ts',
    remove: '  if (name === undefined) return\n  throw new',
    put: '  if (name !== null) return\n  throw new',
    tests: ['test/store/store-address.test.ts'],
  },
  {
    name: 'addresses: Redis is asked for TLS by rediss alone, or by tls',
    file: 'src/invalidation/redis-address.ts',
    remove: "  requireKnownTls(address, ['tls'], 'redisPubSub: url')\n",
    put: '  void requireKnownTls\n',
    tests: ['test/store/store-address.test.ts'],
  },
  {
    name: 'MySQL: a connection of a pool is checked before its first use',
    file: 'src/store/kysely/dialects/mysql/mysql-pool.ts',
    remove: '      await requireUsable(connection, lent.query)\n',
    put: '      void requireUsable\n',
    tests: [SETTINGS],
  },
  {
    name: 'MySQL: a connection of a Kysely is checked before its first use',
    file: 'src/store/kysely/dialects/mysql/host-connections.ts',
    remove: '        await requireChecked(connection)\n',
    put: '        void requireChecked\n',
    tests: [SETTINGS],
  },
  {
    name: 'MySQL: a charset that is not utf8mb4 is refused',
    file: 'src/store/kysely/dialects/mysql/session-rules.ts',
    remove: "equal(`character_set_${part}`, 'utf8mb4')",
    put: "not(`character_set_${part}`, 'none')",
    tests: [SETTINGS],
  },
  {
    name: 'MySQL: a connection whose charset changed is checked again',
    file: 'src/store/kysely/dialects/mysql/mysql-connection.ts',
    remove: 'checked.get(connection) === charset && ',
    put: '',
    tests: [SETTINGS],
  },
  {
    name: 'MySQL: connections of a pool that resets them are checked each time',
    file: 'src/store/kysely/dialects/mysql/mysql-connection.ts',
    remove: ' && !isReset(config)) return',
    put: ') return void isReset',
    tests: [SETTINGS],
  },
  {
    name: 'MySQL: a mode of SQL that is not known to be harmless is refused',
    file: 'src/store/kysely/dialects/mysql/session-rules.ts',
    remove: '!HARMLESS_MODES.has(name)',
    put: "name === 'NO_BACKSLASH_ESCAPES' && !HARMLESS_MODES.has(name)",
    tests: [SETTINGS],
  },
  {
    name: 'MySQL: a typeCast that makes something of NULL is refused in a Kysely',
    file: 'src/store/kysely/dialects/mysql/session-check.ts',
    remove: 'if (probe.probe_null !== null)',
    put: 'if (probe.probe_null === undefined)',
    tests: [SETTINGS],
  },
  {
    name: 'MySQL: a driver whose UPDATE counts changed rows only is refused in a Kysely',
    file: 'src/store/kysely/dialects/mysql/table-check.ts',
    remove: 'return numUpdatedRows > 0n',
    put: 'return numUpdatedRows >= 0n',
    tests: [SETTINGS],
  },
  {
    name: "MySQL: each statement replaces the pool's typeCast",
    file: 'src/store/kysely/dialects/mysql/mysql-pool.ts',
    remove: '  typeCast: (_field: unknown, next: () => unknown) => next(),\n',
    put: '',
    tests: [RIGHT],
  },
  {
    name: "MySQL: each statement replaces the pool's nestTables",
    file: 'src/store/kysely/dialects/mysql/mysql-pool.ts',
    remove: '  nestTables: false,\n',
    put: '',
    tests: [RIGHT],
  },
  {
    name: 'MySQL: a connection that emits an error twice does not end the process',
    file: 'src/store/kysely/dialects/mysql/mysql-connection.ts',
    remove: "  connection.on('error', () => undefined)\n",
    put: '',
    tests: [CONNECTIONS],
  },
  {
    name: 'MySQL: a transaction that is out of time sends no ROLLBACK',
    file: 'src/store/kysely/dialects/mysql/mysql-pool.ts',
    remove: '        discard()\n        answered(',
    put: '        answered(',
    tests: [CONNECTIONS],
  },
  {
    name: 'promise 16: MySQL: a transaction that the host left open in its pool is rolled back',
    file: 'src/store/kysely/dialects/mysql/mysql-pool.ts',
    remove: 'if (deps.isShared) await rollBack(lent)',
    put: '',
    tests: [CONNECTIONS],
  },
  {
    name: 'promise 16: MySQL: a transaction that the host left open in its Kysely is rolled back',
    file: 'src/store/kysely/dialects/mysql/host-connections.ts',
    remove: "        await run(connection, 'rollback')\n",
    put: '',
    tests: [CONNECTIONS],
  },
  {
    name: 'MySQL: what waiting does not correct is a 500',
    file: 'src/store/kysely/dialects/mysql/mysql-traits.ts',
    remove: 'isPermanent: isPermanentInMysql',
    put: 'isPermanent: (error) => isPermanentInMysql(error) && false',
    tests: [CONNECTIONS],
  },
  {
    name: 'promise 2: an error of Redis does not hold the password of AUTH',
    file: 'src/invalidation/redis-pubsub.ts',
    remove: '  return new Error(cause === undefined ? error.message : ',
    put: '  return error ?? new Error(cause === undefined ? error.message : ',
    tests: [ADDRESSES],
  },
  {
    name: 'promise 2: a password with a bare sign is refused, since its parts would be shown',
    file: 'src/store/store-address.ts',
    remove: '/[@#]/.test(rest) || ',
    put: '',
    tests: ['test/store/store-address.test.ts'],
  },
  {
    name: 'promise 14: a connection that cannot be made leaves no unhandled rejection',
    file: 'src/with-timeout.ts',
    remove: '() => undefined,',
    put: '',
    tests: [ADDRESSES],
  },
]
