/** An invalid option fails the boot with an error that names it and the allowed values. */

import { inspect } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { requireNodeFor } from '../../src/node-version.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { ed25519Key, es256Key, hs256Key, publicKey } from '../support/keys.ts'

const good = () => ({ store: memoryTokenStore(), keys: [hs256Key()], authenticateUser: () => null })

/** The options that are added to valid ones, and the error. */
type Case = readonly [options: Record<string, unknown>, message: RegExp]

const durations = (option: string, wrap: (value: unknown) => Record<string, unknown>): Case[] =>
  [0, -1, 1.5, NaN, Infinity, '', ' ', 'soon', '-1s', '0s', '1000y', true, [], {}].map((value) => [
    wrap(value),
    new RegExp(
      `^fastify-api-tokens: ${option} must be milliseconds from 1 to \\d+, or a string such as '60s'`,
    ),
  ])

const counts = (option: string, wrap: (value: unknown) => Record<string, unknown>): Case[] =>
  [0, -1, 1.5, NaN, Infinity, '5', true, [], {}].map((value) => [
    wrap(value),
    new RegExp(`^fastify-api-tokens: ${option} must be a whole number of at least 1`),
  ])

const cases: Case[] = [
  [{ prefix: '/x' }, /: prefix has no effect .*: use routes\.prefix$/],
  [{ authenticateuser: () => null }, /: authenticateuser is not an option: did you mean authenticateUser\?$/],
  [{ ttl: '60s' }, /: ttl is not an option$/],
  [{ authenticateUser: undefined }, /: authenticateUser is required, unless routes is false/],
  ...['x', 1, {}, null].map(
    (value): Case => [{ authenticateUser: value }, /: authenticateUser (must be a function|is required)/],
  ),
  ...['x', 1, {}, null].map((value): Case => [{ findUser: value }, /: findUser must be a function$/]),
  ...['tokens.db', 1, null, [], {}, () => null].map(
    (value): Case => [{ store: value }, /: store must be a TokenStore/],
  ),
  ...['x', 1, null, {}].map(
    (value): Case => [{ keys: value }, /: keys must be an array of JWKs, a JWK Set, or a function/],
  ),
  [{ keys: [] }, /: keys must hold at least one JWK$/],
  [{ keys: () => [] }, /: keys must hold at least one JWK$/],
  [{ keys: async () => 'x' }, /: keys must be an array of JWKs, a JWK Set, or a function/],
  ...['x', null, 1, []].map((value): Case => [{ keys: [value] }, /: keys\[0\] must be a JWK object$/]),
  [{ keys: [{ ...hs256Key(), kty: 'RSA' }] }, /: keys\[0\]\.kty must be oct, OKP or EC$/],
  [{ keys: [{ ...ed25519Key(), crv: 'X25519' }] }, /: keys\[0\]\.crv must be Ed25519$/],
  [{ keys: [{ ...es256Key(), crv: 'P-384' }] }, /: keys\[0\]\.crv must be P-256$/],
  [{ keys: [hs256Key(), { ...hs256Key(), kid: undefined }] }, /: keys\[1\]\.kid must be a string/],
  [{ keys: [{ ...hs256Key(), kid: '' }] }, /: keys\[0\]\.kid must be a string/],
  [{ keys: [{ ...hs256Key(), kid: 'x'.repeat(256) }] }, /: keys\[0\]\.kid must be a string of at most 255/],
  [{ keys: [{ ...hs256Key(), alg: 'HS512' }] }, /: keys\[0\]\.alg must be HS256 for this key$/],
  [{ keys: [{ ...hs256Key(), use: 'enc' }] }, /: keys\[0\]\.use must be sig$/],
  [{ keys: [{ ...hs256Key(), k: 'short' }] }, /: keys\[0\]\.k must be of at least 32 bytes$/],
  [{ keys: [{ ...hs256Key(), k: 'not base64url!' }] }, /: keys\[0\]\.k must be base64url$/],
  [{ keys: [{ ...es256Key(), x: 'AAAA' }] }, /: keys\[0\] is not a usable key$/],
  [{ keys: [publicKey(es256Key())] }, /: keys\[0\] must be a private key: the first one signs$/],
  [
    { store: Object.assign(memoryTokenStore(), { shared: true }), keys: undefined },
    /: keys must be given with a store that several machines share/,
  ],
  ...['', ' ', 1, null, {}, '\ud800']
    .filter((value) => value !== null)
    .flatMap((value): Case[] => [
      [{ issuer: value }, /: issuer must be a string that is not blank$/],
      [{ audience: value }, /: audience must be a string that is not blank$/],
    ]),
  ...['a b', 'a.b', 'é', 'x'.repeat(33), 1, {}].map(
    (value): Case => [{ tokenPrefix: value }, /: tokenPrefix must be at most 32 letters, digits, _ or -$/],
  ),
  ...['a b', 7, null].map(
    (value): Case => [{ tokenPrefix: ['a_', value] }, /: tokenPrefix\[1\] must be at most 32 letters/],
  ),
  [{ tokenPrefix: [] }, /: tokenPrefix must be a string, or a list of one or more$/],
  [{ tokenPrefix: ['a_', 'b_', 'a_'] }, /: tokenPrefix\[2\] is the beginning of tokenPrefix\[0\]/],
  [{ tokenPrefix: ['acme_live_', 'acme_'] }, /: tokenPrefix\[1\] is the beginning of tokenPrefix\[0\]/],
  [{ tokenPrefix: ['', 'a_', ''] }, /: tokenPrefix\[2\] is the beginning of tokenPrefix\[0\]/],
  ...['JWT', '', null, 1, ['jwt']].map(
    (value): Case => [{ credentials: value }, /: credentials must be 'jwt' or 'compact'$/],
  ),
  ...['', 'acme-', '-', ['', 'acme_'], ['acme-live_', 'acme_'], undefined].map(
    (tokenPrefix): Case => [
      { credentials: 'compact', tokenPrefix },
      /: credentials: 'compact' requires a tokenPrefix, such as 'acme_': its first entry must not be empty or contain -$/,
    ],
  ),
  ...['', 'é', 'a\nb', 'a\u007f', 1, {}].map(
    (value): Case => [{ realm: value }, /: realm must be printable ASCII$/],
  ),
  [{ issuer: 'höst' }, /: realm must be printable ASCII$/],
  ...['off', '', true, false, 'NONE'].map(
    (value): Case => [{ authentication: value }, /: authentication must be 'required' or 'none'$/],
  ),
  ...durations('idleTimeout', (idleTimeout) => ({ idleTimeout })),
  [{ idleTimeout: true }, /: idleTimeout must be/],
  ...durations('idleWarning', (idleWarning) => ({ idleWarning })),
  [{ idleWarning: '30d' }, /: idleWarning must be shorter than idleTimeout$/],
  [{ idleTimeout: '5d', idleWarning: '5d' }, /: idleWarning must be shorter than idleTimeout$/],
  ...['x', 1, [], true, false].map((value): Case => [{ cache: value }, /: cache must be an object$/]),
  [{ cache: { size: 1 } }, /: cache\.size is not an option$/],
  ...counts('cache.max', (max) => ({ cache: { max } })),
  ...durations('cache.ttl', (ttl) => ({ cache: { ttl } })),
  [{ cache: { ttl: '25h' } }, /: cache\.ttl must be milliseconds from 1 to 86400000/],
  [{ usage: { interval: 1 } }, /: usage\.interval is not an option$/],
  ...durations('usage.flushInterval', (flushInterval) => ({ usage: { flushInterval } })),
  ...durations('usage.dailyRetention', (dailyRetention) => ({ usage: { dailyRetention } })),
  ...['true', 1, null].map(
    (lastClient): Case => [{ usage: { lastClient } }, /: usage\.lastClient must be true or false$/],
  ),
  [{ usage: { dailyRetention: '23h' } }, /: usage\.dailyRetention must be at least a day$/],
  ...counts('maxTokensPerUser', (maxTokensPerUser) => ({ maxTokensPerUser })),
  ...durations('retention', (retention) => ({ retention })),
  ...(['default', 'min', 'max'] as const).flatMap((member): Case[] => [
    ...durations(`expiry.${member}`, (value) => ({ expiry: { [member]: value } })),
    [{ expiry: { [member]: 90 } }, new RegExp(`: expiry\\.${member} must be whole seconds`)],
    [{ expiry: { [member]: '1500ms' } }, new RegExp(`: expiry\\.${member} must be whole seconds`)],
    [{ expiry: { [member]: '90' } }, new RegExp(`: expiry\\.${member} must be milliseconds`)],
    [{ expiry: { [member]: '101y' } }, new RegExp(`: expiry\\.${member} must be milliseconds`)],
  ]),
  ...['every', true, null, ''].map(
    (enforce): Case => [{ expiry: { max: '1d', enforce } }, /: expiry\.enforce must be 'new' or 'all'$/],
  ),
  [{ expiry: { enforce: 'all' } }, /: expiry\.enforce: 'all' needs expiry\.max$/],
  [{ expiry: { enforce: 'all', default: '30d' } }, /: expiry\.enforce: 'all' needs expiry\.max$/],
  [{ expiry: { warnings: ['7d'] } }, /: expiry\.warnings is not an option$/],
  [{ expiry: { maximum: '7d' } }, /: expiry\.maximum is not an option$/],
  [{ expiry: '90d' }, /: expiry must be an object$/],
  [{ expiry: { min: '2d', max: '1d' } }, /: expiry\.min must not be longer than expiry\.max$/],
  [{ expiry: { default: '2d', max: '1d' } }, /: expiry\.default must be from expiry\.min to expiry\.max$/],
  [{ expiry: { default: '1h', min: '1d' } }, /: expiry\.default must be from expiry\.min to expiry\.max$/],
  [{ maxExpiresIn: 60 }, /: maxExpiresIn is not an option$/],
  ...['org', {}, 1, null, true, new Set(['org'])].map(
    (value): Case => [
      { ownerTypes: value },
      /: ownerTypes must be a list of types, such as \['org', 'team'\]$/,
    ],
  ),
  ...['', 'org:', 'a b', 'x'.repeat(33), 'örg', 'org\n', 1, null, undefined].map(
    (value): Case => [
      { ownerTypes: ['org', value] },
      /: ownerTypes\[1\] must be 1 to 32 letters, digits, _ or -/,
    ],
  ),
  [{ ownerTypes: new Array(1) }, /: ownerTypes\[0\] must be 1 to 32 letters/],
  [{ ownerTypes: ['org', 'team', 'org'] }, /: ownerTypes\[2\] is listed twice$/],
  [{ ownerType: ['org'] }, /: ownerType is not an option: did you mean ownerTypes\?$/],
  ...['https://a.example', {}, 1].map(
    (value): Case => [{ trustedOrigins: value }, /: trustedOrigins must be an array of origins$/],
  ),
  ...[
    '*',
    'a.example',
    'https://a.example/',
    'https://a.example/x',
    'HTTPS://A.example',
    'null',
    '',
    1,
    null,
    undefined,
  ].map(
    (value): Case => [
      { trustedOrigins: ['https://a.example', value] },
      /: trustedOrigins\[1\] must be an origin such as/,
    ],
  ),
  [{ trustedOrigins: new Array(1) }, /: trustedOrigins\[0\] must be an origin such as/],
  ...['x', 1, [], true].map((value): Case => [{ routes: value }, /: routes must be an object$/]),
  [{ routes: { path: '/x' } }, /: routes\.path is not an option$/],
  ...[
    '',
    '/',
    'tokens',
    '/tokens/',
    '//x',
    '/:id',
    '/*',
    '/a?b',
    '/a#b',
    '/a b',
    '/%61',
    '/a/../b',
    '/.',
    '/a\\b',
    1,
    null,
  ].map((prefix): Case => [{ routes: { prefix } }, /: routes\.prefix must be a path such as '\/tokens'/]),
  ...['x', 1, [], true, null].map((value): Case => [{ admin: value }, /: admin must be an object$/]),
  [{ admin: {} as never }, /: admin\.authenticate is required$/],
  ...['x', true, null, {}].map(
    (authenticate): Case => [{ admin: { authenticate } }, /: admin\.authenticate must be a function$/],
  ),
  [{ admin: { authenticateUser: () => null } }, /: admin\.authenticateUser is not an option$/],
  [
    { admin: { Authenticate: () => null } },
    /: admin\.Authenticate is not an option: did you mean authenticate/,
  ],
  ...['', '/', 'admin', '/admin/', '//x', '/:id', '/*', '/a?b', '/%61', '/a/.', 1, null].map(
    (prefix): Case => [
      { admin: { authenticate: () => null, prefix } },
      /: admin\.prefix must be a path such as '\/admin\/tokens'/,
    ],
  ),
  ...['https://a.example', {}, 1].map(
    (trustedOrigins): Case => [
      { admin: { authenticate: () => null, trustedOrigins } },
      /: admin\.trustedOrigins must be an array of origins$/,
    ],
  ),
  [
    { admin: { authenticate: () => null, trustedOrigins: ['*'] } },
    /: admin\.trustedOrigins\[0\] must be an origin such as/,
  ],
  ...['x', 1, ['a']].map(
    (value): Case => [{ scopes: value }, /: scopes must be an object: a description for each/],
  ),
  ...[new Map([['a', 'b']]), Object.create({ a: 'b' }), new (class Scopes {})()].map(
    (value): Case => [{ scopes: value }, /: scopes must be a plain object/],
  ),
  [{ scopes: { [Symbol('a')]: 'x' } }, /: scopes\.Symbol\(a\) is not an option$/],
  [{ scopes: { 'a b': 'x' } }, /: scopes: "a b" is not a scope name/],
  [{ scopes: { '': 'x' } }, /: scopes: "" is not a scope name/],
  [{ scopes: { a: 1 } }, /: scopes\["a"\] must be a string$/],
  ...['x', 1, [], true].map((value): Case => [{ openapi: value }, /: openapi must be an object$/]),
  [{ openapi: { tags: ['x'] } }, /: openapi\.tags is not an option: did you mean tag\?$/],
  ...['x', {}, [1], [{ cookie: 'x' }], [{ cookie: [1] }], null].map(
    (security): Case => [{ openapi: { security } }, /: openapi\.security must be an array of requirements/],
  ),
  [{ openapi: { tag: '' } }, /: openapi\.tag must be a string that is not blank$/],
  [{ store: { findTokens: () => null } }, /: store must be a TokenStore: it has no feed\.changesSince\(\)$/],
  [{ store: Object.assign(memoryTokenStore(), { prune: null }) }, /: it has no prune\(\)$/],
  [
    { store: Object.assign(memoryTokenStore(), { shared: undefined }) },
    /: store\.shared must be true or false$/,
  ],
  [{ [Symbol('store')]: 1 }, /: Symbol\(store\) is not an option$/],
  ...['issuer', 'audience', 'tokenPrefix', 'realm', 'authentication', 'keyRefresh', 'idleTimeout'].map(
    (option): Case => [{ [option]: null }, new RegExp(`: ${option} must be `)],
  ),
  ...['idleWarning', 'cache', 'invalidation', 'usage', 'maxTokensPerUser', 'retention', 'expiry'].map(
    (option): Case => [{ [option]: null }, new RegExp(`: ${option} must be `)],
  ),
  ...['trustedOrigins', 'routes', 'scopes', 'openapi', 'oauth', 'clock', 'keys', 'findUser'].map(
    (option): Case => [{ [option]: null }, new RegExp(`: ${option} must `)],
  ),
  ...['max', 'ttl'].map(
    (name): Case => [{ cache: { [name]: null } }, new RegExp(`: cache\\.${name} must be `)],
  ),
  [{ cache: Object.create({ ttl: '1h' }) }, /: cache must be a plain object, without a class$/],
  [{ usage: new (class Usage {})() }, /: usage must be a plain object, without a class$/],
  [{ cache: JSON.parse('{ "__proto__": { "ttl": 1 } }') }, /: cache\.__proto__ is not an option$/],
  [{ cache: Object.defineProperty({}, 'tll', { value: 1 }) }, /: cache\.tll is not an option$/],
  [{ invalidation: { pubsub: { connect: () => null } } }, /: invalidation\.pubsub\.name must be a string/],
  [
    { invalidation: { pubsub: { connect: () => null, name: 'x' } } },
    /: invalidation\.pubsub\.publishedByStore must be true or false$/,
  ],
  [{ maxTokensPerUser: 5n }, /: maxTokensPerUser must be a whole number/],
  [{ retention: 5n }, /: retention must be milliseconds .* not 5n$/],
  ...[NaN, '0', -1, Infinity, 0n, null, undefined, new Date(), 1e15].map(
    (time): Case => [
      { clock: { now: () => time } },
      /: clock\.now\(\) must return milliseconds since the epoch/,
    ],
  ),
  [{ clock: { now: async () => 0 } }, /: clock\.now\(\) must return milliseconds/],
  [{ clock: {} }, /: clock must have a now\(\) that returns milliseconds$/],
]

t.test('a wrong option fails the boot and is named', async (t) => {
  for (const [options, message] of cases) {
    const app = Fastify()
    const whole = { ...good(), ...options } as ApiTokensOptions
    const { keys: _, ...shown } = options
    await t.rejects(
      async () => {
        await app.register(apiTokens, whole)
      },
      { code: 'FST_API_TOKENS_INVALID_OPTION', message },
      inspect(shown, { depth: 2 }),
    )
    await app.close()
  }
})

t.test('the errors of keys quote no secret', async (t) => {
  const key = hs256Key()
  for (const wrong of [
    { ...key, kid: '' },
    { ...key, use: 'enc' },
    { ...key, k: `${key['k']}!` },
    { ...key, kty: 'oct2' },
  ]) {
    const app = Fastify()
    const error: unknown = await app
      .register(apiTokens, { ...good(), keys: [wrong] } as ApiTokensOptions)
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    t.ok(error instanceof Error)
    t.notMatch(`${error} ${JSON.stringify(error)} ${(error as Error).stack}`, String(key['k']))
    await app.close()
  }
})

t.test('wrong options are found before the store is opened', async (t) => {
  const store = countingStore(memoryTokenStore())
  const app = Fastify()
  await t.rejects(async () => {
    await app.register(apiTokens, { ...good(), store, retention: 'soon' })
  })
  t.equal(store.calls.size, 0)
  await app.close()
})

t.test('options have the documented effect', async (t) => {
  const { app, clock } = await startHost(t, {
    issuer: 'https://host.example',
    audience: 'https://api.example',
    tokenPrefix: 'host_',
    idleTimeout: 1000,
    cache: { max: 3, ttl: 500 },
    usage: { flushInterval: '1m' },
    routes: { prefix: '/settings/tokens' },
  })
  const headers = { 'x-user': 'ada' }
  const { token } = (await app.inject({ method: 'POST', url: '/settings/tokens', headers })).json()
  t.match(token, /^host_/)
  const [, payload = ''] = token.split('.')
  t.match(JSON.parse(Buffer.from(payload, 'base64url').toString()), {
    iss: 'https://host.example',
    aud: 'https://api.example',
  })
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  t.equal(app.apiTokens.stats().cache.max, 3)
  clock.advance(1001)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
  t.equal((await app.inject('/tokens')).statusCode, 404)
})

t.test('idleTimeout false: a token never goes idle', async (t) => {
  const { app, clock } = await startHost(t, { idleTimeout: false })
  const { token, idle_expires_at: idleExpiresAt } = await issue(app, 'ada')
  t.equal(idleExpiresAt, null)
  clock.advance('3650d')
  t.same(await app.apiTokens.sweep(), { idle: 0, idleWarning: 0, pruned: 0 })
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('routes false: only code manages tokens, and authenticateUser is not required', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  t.equal((await app.inject('/tokens')).statusCode, 404)
  t.equal((await app.inject('/tokens/current')).statusCode, 404)
  t.type((await app.apiTokens.issue({ userId: 'ada' })).credential, 'string')
})

t.test('an option that is undefined has its default', async (t) => {
  const names = [
    ...[
      'ownerTypes',
      'findUser',
      'keyRefresh',
      'issuer',
      'audience',
      'tokenPrefix',
      'realm',
      'authentication',
      'idleTimeout',
    ],
    ...['idleWarning', 'cache', 'invalidation', 'usage', 'maxTokensPerUser', 'retention', 'expiry'],
    ...['trustedOrigins', 'routes', 'scopes', 'oauth', 'openapi', 'clock'],
  ]
  const absent = Object.fromEntries(names.map((name) => [name, undefined]))
  const members = {
    cache: { max: undefined, ttl: undefined },
    usage: { flushInterval: undefined, dailyRetention: undefined, lastClient: undefined },
    invalidation: { maxStaleness: undefined, pubsub: undefined },
    routes: { prefix: undefined },
    openapi: { tag: undefined, security: undefined },
    expiry: { default: undefined, min: undefined, max: undefined, enforce: undefined },
  }
  for (const options of [absent, members]) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(apiTokens, { ...good(), ...options })
    await app.ready()
    t.equal((await app.inject('/tokens')).statusCode, 401)
  }
})

t.test('a Node.js that is too old is named before a driver is loaded', async (t) => {
  for (const version of ['20.19.5', '22.13.1', '18.0.0', '22.0.0']) {
    t.throws(() => requireNodeFor('it', version), {
      message: `it needs Node.js 22.14 or newer, this is ${version}`,
    })
  }
  for (const version of ['22.14.0', '22.20.1', '23.0.0', '24.11.0', '100.0.0']) {
    t.doesNotThrow(() => requireNodeFor('it', version))
  }
})
