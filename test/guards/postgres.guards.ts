/** The checks of `src/store/kysely/dialects/postgres/` that hold the promises. */

import type { Guard } from './guard.ts'

const POSTGRES = 'src/store/kysely/dialects/postgres'
const CONNECTIONS = ['test/store/postgres-connections.test.ts']
const STALE_PLANS = ['test/store/postgres-stale-plans.test.ts']
const SERVER = ['test/store/postgres-server.test.ts']

export const postgresGuards: readonly Guard[] = [
  {
    name: 'promise 16: PostgreSQL: the status of a connection is read after the responses to the host',
    file: `${POSTGRES}/postgres-pool.ts`,
    remove: 'client.readyForQuery === false',
    put: 'false',
    tests: CONNECTIONS,
  },
  {
    name: 'promise 14: PostgreSQL: a client of a pool has an error listener before it is in use',
    file: `${POSTGRES}/error-listeners.ts`,
    remove: "  pool.on('acquire', listenToErrors)\n",
    put: '',
    tests: CONNECTIONS,
  },
  {
    name: 'promise 14: PostgreSQL: a client that a host has in use gets an error listener',
    file: `${POSTGRES}/error-listeners.ts`,
    remove: 'for (const client of connectedClients(pool)) listenToErrors(client)',
    put: '',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: the time of a transaction includes the wait for its connection',
    file: `${POSTGRES}/postgres-pool.ts`,
    remove: 'query_timeout: restMs() ?? FOREVER_MS,\n        ...(name',
    put: 'query_timeout: timeoutMs ?? FOREVER_MS,\n        ...(name',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: the server ends a statement that the client has given up',
    file: `${POSTGRES}/postgres-pool.ts`,
    remove: 'timeoutMs === null ? text : withStatementTimeout(text, timeoutMs)',
    put: 'text',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: a connection that got no response in time is discarded',
    file: `${POSTGRES}/postgres-pool.ts`,
    remove: 'client.release(destroy || query.isGivenUp())',
    put: 'client.release(destroy)',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: a connection within an open transaction is not used',
    file: `${POSTGRES}/postgres-pool.ts`,
    remove: "if (status === 'I') return client",
    put: 'return client',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: values are read by their type alone',
    file: `${POSTGRES}/postgres-pool.ts`,
    remove: '        types: ownParsers,\n',
    put: '',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: each connection is checked for its settings',
    file: `${POSTGRES}/postgres-session.ts`,
    remove: '    requireSession(row)\n    tablesIn',
    put: '    tablesIn',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: a connection that finds the tables of another schema is refused',
    file: `${POSTGRES}/postgres-session.ts`,
    remove: 'if (row.tables_in !== null && row.tables_in !== tablesIn) {',
    put: 'if (row.tables_in === "") {',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: a fault that waiting does not correct is not a 503',
    file: `${POSTGRES}/postgres-errors.ts`,
    remove: 'return SQLSTATE.test(code) && PERMANENT.test(code)',
    put: 'return code === PERMANENT.source',
    tests: CONNECTIONS,
  },
  {
    name: 'PostgreSQL: a stale plan is run once more',
    file: `${POSTGRES}/postgres-errors.ts`,
    remove: ' || isStalePlan(error) || isLostStatement(error)\n  )',
    put: '\n  )',
    tests: STALE_PLANS,
  },
  {
    name: 'PostgreSQL: a role without privileges or under row-level security fails the boot',
    file: `${POSTGRES}/postgres-access.ts`,
    remove: '  if (first === undefined) return\n',
    put: '  if (first === undefined || first !== null) return\n',
    tests: SERVER,
  },
  {
    name: 'PostgreSQL: a database of another encoding fails the boot',
    file: `${POSTGRES}/postgres-session.ts`,
    remove: "if (row.server_encoding !== 'UTF8')",
    put: "if (row.server_encoding === '')",
    tests: SERVER,
  },
  {
    name: 'a Kysely instance whose plugins change results fails the boot',
    file: 'src/store/kysely/dialects/plain-results.ts',
    remove: 'if (row?.sent_text !== TEXT) {',
    put: "if (row?.sent_text === '') {",
    tests: CONNECTIONS,
  },
]
