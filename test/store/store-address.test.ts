/** Addresses of stores: how they are parsed, and which parts are secret. */

import t from 'tap'
import { redisPubSub } from '../../src/invalidation/redis-pubsub.ts'
import { mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import {
  postgresPubSub,
  postgresTokenStore,
} from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { addressOfFile, parseStoreAddress, secretsOf, withoutSecrets } from '../../src/store/store-address.ts'

t.test('the scheme of an address selects the database', async (t) => {
  for (const [address, dialect] of [
    ['postgres://localhost/app', 'postgres'],
    ['postgresql://localhost/app', 'postgres'],
    ['mysql://localhost/app', 'mysql'],
    ['MariaDB://localhost/app', 'mysql'],
    ['postgres://ada:pw@/app?host=/run/postgresql', 'postgres'],
    ['postgresql:///app?host=/run/postgresql', 'postgres'],
    ['postgres://%2Frun%2Fpostgresql/app', 'postgres'],
  ] as const) {
    t.same(parseStoreAddress(address), { dialect, url: address })
  }
  for (const [address, filename] of [
    ['sqlite:tokens.db', 'tokens.db'],
    ['sqlite:../data/tokens.db', '../data/tokens.db'],
    ['sqlite:/data/tokens.db', '/data/tokens.db'],
    ['sqlite:///data/tokens.db', '/data/tokens.db'],
  ]) {
    t.same(parseStoreAddress(address ?? ''), { dialect: 'sqlite', filename })
  }
  t.equal(addressOfFile('/data/tokens.db'), 'sqlite:/data/tokens.db')
})

t.test('an invalid address is refused without being quoted', async (t) => {
  for (const address of [
    '',
    'sqlite:',
    'tokens.db',
    'redis://h/never-shown',
    'mysql://[never-shown',
    // A password with a character that must be percent-encoded: the text behind it is not a path.
    'postgres://ada:12/never-shown@db/app',
    'postgres://ada:12#never-shown@db/app',
    'postgres://ada:12?never-shown@db/app',
    'postgres://ada:p@/never-shown@db/app',
    'never-shown',
  ]) {
    t.throws(() => parseStoreAddress(address), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: /^(?!.*never-shown).*is postgres:/,
    })
  }
})

t.test(
  'promise 2: the password and parameters named like one are removed, the rest does not change',
  async (t) => {
    for (const [address, shown] of [
      ['postgres://ada:pw@db:5432/app', 'postgres://ada:***@db:5432/app'],
      ['mysql://ada:p%20w@db/app?timezone=Z', 'mysql://ada:***@db/app?timezone=Z'],
      ['postgres://db/app?user=ada&password=pw', 'postgres://db/app?user=ada&password=***'],
      ['postgres://db/app?options=-c%20search_path%3Dx', 'postgres://db/app?options=-c%20search_path%3Dx'],
      ['postgres://ada@db/app', 'postgres://ada@db/app'],
      ['host=db password=pw', '***'],
      ['postgres://ada:pw@/app?host=/run/postgresql', 'postgres://ada:***@/app?host=/run/postgresql'],
      ['postgres://ada:12/pw@db/app', '***'],
      ['postgres://ada:12#pw@db/app', '***'],
    ] as const) {
      t.equal(withoutSecrets(address), shown)
    }
    t.same(secretsOf('postgres://ada:p%20w@db/app?sslpassword=se%2Fcret'), [
      'se%2Fcret',
      'se/cret',
      'p%20w',
      'p w',
    ])
    t.same(secretsOf('mysql://ada:100%@db/app'), ['100%'])
    t.same(secretsOf('postgres://ada:p%20w@/app?host=/run/postgresql'), ['p%20w', 'p w'])
    t.same(secretsOf('sqlite:tokens.db'), [])
    t.same(secretsOf('sqlite:/data/@a/tokens.db'), [])
  },
)

t.test(
  'promise 16: a parameter that asks for TLS, and that the driver does not know, is refused by name',
  async (t) => {
    const stores: Readonly<Record<string, readonly [make: (address: string) => unknown, known: string[]]>> = {
      'postgres://db/app': [
        (connectionString) => postgresTokenStore({ connectionString }),
        ['sslmode', 'ssl'],
      ],
      'postgresql://db/app': [(connectionString) => postgresPubSub({ connectionString }), ['sslmode', 'ssl']],
      'mysql://db/app': [(connectionString) => mysqlTokenStore({ connectionString }), ['ssl']],
      'redis://db/0': [(url) => redisPubSub({ url }), ['tls']],
    }
    const names = [
      'ssl-mode',
      'ssl_mode',
      'sslMode',
      'SSLMODE',
      'sslmode',
      'ssl',
      'useSSL',
      'sslaccept',
      'tls',
    ]
    for (const [address, [make, known]] of Object.entries(stores)) {
      for (const name of names) {
        const connect = () => make(`${address}?${name}=require`)
        if (known.includes(name)) t.doesNotThrow(connect, `${address} ${name}`)
        else {
          t.throws(connect, {
            code: 'FST_API_TOKENS_INVALID_OPTION',
            message: new RegExp(`has the parameter ${name}, which its driver does not know$`),
          })
        }
      }
    }
  },
)
