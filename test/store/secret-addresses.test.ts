/** The password of an address is in no error, log line or object, whatever the password and whatever goes wrong. */

import { inspect } from 'node:util'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { openDatabase } from '../../examples/bodhi-host/database/database.ts'
import { parseDatabaseAddress, placeOf } from '../../examples/bodhi-host/database/database-address.ts'
import { readSettings } from '../../examples/bodhi-host/settings.ts'
import { migrateCommand } from '../../src/cli/migrate-command.ts'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { redisPubSub } from '../../src/invalidation/redis-pubsub.ts'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import {
  postgresPubSub,
  postgresTokenStore,
} from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'

/** Both halves of each password; a URL may show one of them. */
const HALVES = /n3ver|sh0wn/i

/** Passwords in place of `%`, each as somebody may write it. */
const PASSWORDS = [
  ...['/', '?', '#', '@', ':', '%', '&', '=', '+', '\\', '[', '%zz'].map((sign) => `n3ver${sign}sh0wn`),
  ...['/', '?', '#', '@', ':', '%'].map((sign) => `n3ver${encodeURIComponent(sign)}sh0wn`),
  // The digits could be a port.
  ...['12/sh0wn', '12?sh0wn', '12#sh0wn', '12?sh0wn=n3ver', '/n3ver', '?n3ver', '#n3ver', 'n3ver'],
]

/** Addresses with a password. No server listens at port 1, and the servers do not know the user. */
const ADDRESSES: Readonly<Record<'postgres' | 'mysql' | 'redis', readonly string[]>> = {
  postgres: [
    'postgres://ada:%@127.0.0.1:1/app',
    'postgres://ada:%@127.0.0.1:99999/app',
    'postgres://nobody-n:%@127.0.0.1:5432/test',
    'postgres://127.0.0.1:1/app?user=ada&password=n3ver',
    'postgres://ada:%@/app?host=/no/such/folder',
    'postgres://ada:%@',
    'host=127.0.0.1 password=n3ver',
  ],
  mysql: [
    'mysql://ada:%@127.0.0.1:1/app',
    'mysql://ada:%@127.0.0.1:99999/app',
    'mysql://nobody:%@127.0.0.1:3306/test',
    'mysql://ada:%@127.0.0.1:1/app?charset=klingon&ssl={"key":"n3ver"}',
    'mysql://127.0.0.1:1/app?user=ada&password=n3ver&passphrase=n3ver',
    'mysql://ada:%@',
    'n3ver',
  ],
  redis: [
    'redis://ada:%@127.0.0.1:1',
    'redis://:%@127.0.0.1:99999/0',
    'redis://nobody:%@127.0.0.1:6379',
    'redis://ada:%@127.0.0.1:1/n3ver',
    'redis://127.0.0.1:1?password=n3ver',
    'redis://:%@',
    'http://ada:%@127.0.0.1',
    'n3ver',
  ],
}

const MAKERS: Readonly<
  Record<string, readonly [keyof typeof ADDRESSES, (address: string) => ApiTokensOptions]>
> = {
  mysqlTokenStore: [
    'mysql',
    (connectionString) => ({ store: mysqlTokenStore({ connectionString, timeout: 300 }) }),
  ],
  postgresTokenStore: [
    'postgres',
    (connectionString) => ({ store: postgresTokenStore({ connectionString, timeout: 300 }) }),
  ],
  postgresPubSub: [
    'postgres',
    (connectionString) => ({
      store: memoryTokenStore(),
      invalidation: { pubsub: postgresPubSub({ connectionString }) },
    }),
  ],
  redisPubSub: [
    'redis',
    (url) => ({ store: memoryTokenStore(), invalidation: { pubsub: redisPubSub({ url }) } }),
  ],
}

for (const [name, [kind, make]] of Object.entries(MAKERS)) {
  t.test(`promise 2: ${name}: the password is in no error, no log line and no object`, async (t) => {
    for (const address of addressesOf(kind)) isWithout(t, address, await everythingOf(() => make(address)))
  })
}

t.test('promise 2: the command: the password is in no line', async (t) => {
  for (const address of [...addressesOf('mysql'), ...addressesOf('postgres')]) {
    const lines: unknown[] = []
    const terminal = { print: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) }
    await migrateCommand(['status', '--store', address], terminal).catch((error) => lines.push(error))
    t.ok(lines.length > 0, 'something was said')
    isWithout(t, address, lines.map(shown).join('\n'))
  }
})

t.test('promise 2: the example host: the password is in no line', async (t) => {
  for (const address of [...addressesOf('mysql'), ...addressesOf('postgres')]) {
    const parsed = parseDatabaseAddress(address)
    if (parsed === null) continue
    // The name of the host and of the database are shown.
    isWithout(t, address, placeOf(parsed))
    isWithout(t, address, await openDatabase(parsed).then(shown, shown))
  }
  for (const address of [
    ...addressesOf('redis'),
    'https://ada:n3ver@idp.example',
    'https://:n3ver@idp.example/?sh0wn',
  ]) {
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'UPSTREAM_URL', 'OIDC_ISSUER', 'ORIGIN']) {
      try {
        readSettings({ [name]: address })
      } catch (error) {
        isWithout(t, `${name}=${address}`, shown(error))
      }
    }
  }
})

t.test(
  'promise 2: an identity provider whose URL has a user: the boot fails without repeating it',
  async (t) => {
    const address = 'https://ada:n3ver@idp.example'
    const trusted = { issuer: address, audience: 'a', user: () => null }
    for (const options of [
      { oauth: { trustedIssuers: [trusted] } },
      { oauth: { device: { signInUrl: address } } },
      { trustedOrigins: [address] },
      { issuer: address, oauth: {} },
    ]) {
      const text = await everythingOf(() => ({ store: memoryTokenStore(), ...options }) as ApiTokensOptions)
      t.match(text, /FST_API_TOKENS_INVALID_OPTION/, Object.keys(options).join())
      isWithout(t, address, text)
    }
  },
)

function addressesOf(kind: keyof typeof ADDRESSES): readonly string[] {
  return ADDRESSES[kind].flatMap((form) =>
    form.includes('%@') ? PASSWORDS.map((password) => form.replace('%@', () => `${password}@`)) : [form],
  )
}

/** All that a host can see: of the object, of what is thrown at any time, and of the log. */
async function everythingOf(make: () => ApiTokensOptions): Promise<string> {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => lines.push(line) } } })
  try {
    const options = make()
    lines.push(shown(options.store), shown(options.invalidation))
    await app.register(apiTokens, { routes: false, keys: [hs256Key()], ...options })
    await app.ready()
  } catch (error) {
    app.log.error({ err: error }, 'at boot')
    lines.push(shown(error))
  } finally {
    await app.close().catch((error) => lines.push(shown(error)))
  }
  return lines.join('\n')
}

function shown(value: unknown): string {
  const stack = value instanceof Error ? `${value.stack} ${JSON.stringify(value)}` : ''
  return `${inspect(value, { depth: 10, showHidden: true })} ${stack}`
}

function isWithout(t: Test, address: string, text: string): void {
  const [found] = HALVES.exec(text) ?? []
  if (found === undefined) t.pass(address)
  else t.fail(`${address}: ${text.slice(Math.max(0, text.search(HALVES) - 200), text.search(HALVES) + 100)}`)
}
