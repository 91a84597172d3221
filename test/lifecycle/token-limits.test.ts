/** Limits of a token: code sets and changes them, strictly checked, and nobody else does. */

import t from 'tap'
import type { GivenLimits } from '../../src/index.ts'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, issue, startHost, statusOf } from '../support/host.ts'
import { es256Key, hs256Key } from '../support/keys.ts'

const NONE = { metadata: null, allowedIps: null, rateLimit: null }
const NOT_FOUND = { code: 'FST_API_TOKENS_NOT_FOUND', statusCode: 404 }
const ADMIN = { by: { kind: 'admin', id: 'root' } } as const

t.test('code issues a token with limits, and an update changes those that it names', async (t) => {
  const { app } = await startHost(t)
  const limits = {
    metadata: { team: 'core', tags: ['a', 1, null, { deep: true }] },
    allowedIps: ['192.0.2.7', '2001:DB8::/32', '::ffff:198.51.100.0/120', '192.0.2.7/32'],
    rateLimit: { max: 10, timeWindow: '1m' },
  }
  const { token } = await app.apiTokens.issue({ userId: 'ada', ...limits })
  const stored = {
    metadata: limits.metadata,
    allowedIps: ['192.0.2.7/32', '2001:db8::/32', '198.51.100.0/24'],
    rateLimit: { max: 10, timeWindow: 60_000 },
  }
  t.match(token, stored)
  t.match(await app.apiTokens.get(token.id), stored)
  t.match(await app.apiTokens.update(token.id, { name: 'renamed' }), { name: 'renamed', ...stored })
  const moved = await app.apiTokens.update(token.id, { allowedIps: ['10.0.0.0/8'], metadata: undefined })
  t.match(moved, { ...stored, allowedIps: ['10.0.0.0/8'] })
  t.match(await app.apiTokens.update(token.id, NONE), NONE)
  t.match((await app.apiTokens.list({ userId: 'ada' })).data, [NONE])
})

t.test('a rotation copies the limits', async (t) => {
  const { app } = await startHost(t)
  const limits = {
    metadata: { team: 'core' },
    allowedIps: ['192.0.2.0/24'],
    rateLimit: { max: 1, timeWindow: 1000 },
  }
  const { token } = await app.apiTokens.issue({ userId: 'ada', ...limits })
  t.match((await app.apiTokens.rotate(token.id)).token, limits)
})

t.test('an update of limits says who made it, and what it changed', async (t) => {
  const { app } = await startHost(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  const events: unknown[] = []
  app.apiTokens.events.on('updated', ({ by, changes }) => events.push([by.kind, changes]))
  await app.apiTokens.update(token.id, { name: 'ci', allowedIps: ['192.0.2.7'] }, ADMIN)
  await app.apiTokens.update(token.id, { rateLimit: null })
  t.same(events, [
    ['admin', { name: 'ci', allowedIps: ['192.0.2.7/32'] }],
    ['code', { rateLimit: null }],
  ])
})

const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()
const circular: Record<string, unknown> = {}
circular['self'] = circular
const nested = (depth: number): unknown => (depth === 0 ? null : { in: nested(depth - 1) })
const hidden = Object.defineProperty({}, 'a', { value: 1, enumerable: false })
const withGetter = Object.defineProperty({}, 'a', { get: () => 1, enumerable: true })
const withProto = JSON.parse('{"__proto__":{"admin":true}}')

/** A value of a member, and what the error says. */
type Refused = readonly [member: keyof GivenLimits, value: unknown, message: RegExp]

const REFUSED: readonly Refused[] = [
  ...['x', 7, true, [], () => 1].map((value): Refused => ['metadata', value, /^metadata must be an object$/]),
  ...[new Date(), new Map(), /x/, Buffer.from('x'), revoked, new (class A {})(), hidden, withGetter].map(
    (value): Refused => ['metadata', value, /^metadata(\.a)? must be a(n object| value of JSON)$/],
  ),
  ...[undefined, () => 1, Symbol('x'), 1n, NaN, Infinity, new Date(), [undefined], new Array(2)].map(
    (value): Refused => ['metadata', { a: { b: value } }, /^metadata\.a\.b(\[0\])? must be a value of JSON$/],
  ),
  ['metadata', { a: new Array(1e9) }, /4096 bytes/],
  ['metadata', { a: Object.assign(['x'], { extra: 1 }) }, /^metadata\.a must be a value of JSON$/],
  ['metadata', { [Symbol('x')]: 1 }, /^metadata\.Symbol\(x\) must be/],
  ['metadata', { toJSON: () => ({ admin: true }) }, /^metadata\.toJSON must be a value of JSON$/],
  ['metadata', { deep: withProto }, /^metadata\.deep\.__proto__ must be/],
  ['metadata', circular, /^metadata must not have more than 32 levels$/],
  ['metadata', nested(33), /^metadata must not have more than 32 levels$/],
  ['metadata', { a: 'x'.repeat(4_096) }, /^metadata must not have more than 4096 bytes of JSON$/],
  ['metadata', { a: 'é'.repeat(2_045) }, /4096 bytes/],
  ['metadata', { a: new Array(4_096).fill(0) }, /4096 bytes/],
  ['metadata', { a: '\ud800' }, /^metadata\.a must not contain lone surrogates$/],
  ['metadata', { '\ud800': 1 }, /^metadata must not contain lone surrogates$/],

  ...[[], 'x', '192.0.2.0/24', {}, 7, new Set(['192.0.2.1']), new Array(101).fill('192.0.2.1')].map(
    (value): Refused => ['allowedIps', value, /^allowedIps must be a list of 1 to 100 IP addresses/],
  ),
  ...[7, null, undefined, ['192.0.2.1'], new String('192.0.2.1')].map(
    (value): Refused => ['allowedIps', ['192.0.2.1', value], /^allowedIps\[1\] must be a string$/],
  ),
  ...[
    ...['', ' 192.0.2.1', '192.0.2', '192.0.2.256', '0xC0000201', '010.0.0.1', '192.0.2.1:80', '[::1]'],
    ...['fe80::1%eth0', 'fe80::%eth0/64', 'localhost', '192.0.2.0/24/8', '192.0.2.1-9', '*', '12345::'],
  ].map((value): Refused => ['allowedIps', [value], /^allowedIps\[0\] must be an IP address or a CIDR/]),
  ...['192.0.2.1/33', '192.0.2.0/', '192.0.2.0/024', '192.0.2.0/-1', '192.0.2.0/1e1', '192.0.2.0/a'].map(
    (value): Refused => ['allowedIps', [value], /^allowedIps\[0\] must have a prefix length from 0 to 32$/],
  ),
  ['allowedIps', ['::1/129'], /^allowedIps\[0\] must have a prefix length from 0 to 128$/],
  ['allowedIps', ['10.0.0.1/8'], /must not have bits after its prefix: did you mean 10\.0\.0\.0\/8\?$/],
  ['allowedIps', ['2001:db8::1/32'], /did you mean 2001:db8::\/32\?$/],
  ['allowedIps', ['::ffff:192.0.2.0/90'], /must not have bits after its prefix/],

  ...[7, '10/1m', [], [10, 60_000]].map(
    (value): Refused => ['rateLimit', value, /^rateLimit must be an object$/],
  ),
  ['rateLimit', { max: 1, time_window: 60 }, /^rateLimit\.time_window is not a member.*timeWindow\?$/],
  ...[0, -1, 1.5, 1e9 + 1, NaN, '10', null, undefined].map(
    (max): Refused => ['rateLimit', { max, timeWindow: '1m' }, /^rateLimit\.max must be a whole number/],
  ),
  ...[0, 999, 1_500, 86_401_000, '1d 1s', '60', null, undefined].map(
    (timeWindow): Refused => [
      'rateLimit',
      { max: 1, timeWindow },
      /^rateLimit\.timeWindow must be whole sec/,
    ],
  ),
]

t.test('promise 14: a wrong limit is refused by name, and nothing is stored', async (t) => {
  const { app } = await startHost(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  for (const [member, value, message] of REFUSED) {
    const limits = { [member]: value } as GivenLimits
    const refusal = { code: 'FST_ERR_VALIDATION', statusCode: 400, message }
    await t.rejects(app.apiTokens.issue({ userId: 'ada', ...limits }), refusal, `${message}`)
    await t.rejects(app.apiTokens.update(token.id, { name: 'x', ...limits }), refusal, `${message}`)
  }
  const { data } = await app.apiTokens.list({ userId: 'ada' })
  t.match(data, [{ name: null, ...NONE }])
  t.equal(data.length, 1)
})

t.test('the largest limits are accepted', async (t) => {
  const { app } = await startHost(t)
  const metadata = { a: 'é'.repeat(2_044) }
  t.equal(Buffer.byteLength(JSON.stringify(metadata)), 4_096)
  const allowedIps = Array.from({ length: 100 }, (_, index) => `2001:db8::${index.toString(16)}`)
  const rateLimit = { max: 1_000_000_000, timeWindow: '1d' }
  const { token } = await app.apiTokens.issue({ userId: 'ada', metadata, allowedIps, rateLimit })
  t.equal((await app.apiTokens.get(token.id)).allowedIps?.length, 100)
  const whole = { metadata: nested(32) as object, allowedIps: ['0.0.0.0/0', '::/0'] } as GivenLimits
  t.match(await app.apiTokens.update(token.id, whole), whole)
  t.match(await app.apiTokens.update(token.id, { metadata: { zero: -0 } }), { metadata: { zero: 0 } })
})

t.test(
  'metadata is copied and frozen, so that later changes of the given object have no effect',
  async (t) => {
    const { app } = await startHost(t)
    const metadata = { tags: ['a'] }
    const { token } = await app.apiTokens.issue({ userId: 'ada', metadata })
    metadata.tags.push('b')
    t.same((await app.apiTokens.get(token.id)).metadata, { tags: ['a'] })
    const { tags } = token.metadata as { tags: string[] }
    t.throws(() => tags.push('c'), TypeError)
  },
)

t.test('promise 8: owners cannot set limits', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada')
  const limits = {
    metadata: { a: 1 },
    allowed_ips: ['0.0.0.0/0'],
    allowedIps: ['0.0.0.0/0'],
    rate_limit: { max: 1, time_window: 1 },
    rateLimit: { max: 1, timeWindow: 1000 },
    created_by: { kind: 'admin', id: 'root' },
  }
  for (const [name, value] of Object.entries(limits)) {
    for (const given of [value, null]) {
      for (const [method, url] of [
        ['POST', '/tokens'],
        ['PATCH', `/tokens/${id}`],
        ['POST', `/tokens/${id}/rotate`],
      ] as const) {
        const response = await app.inject(as('ada', { method, url, payload: { [name]: given } }))
        t.equal(response.statusCode, 400, `${method} ${url} ${name}`)
        t.match(response.json().message, name)
      }
    }
  }
  t.match(await app.apiTokens.get(id), NONE)
  t.equal(await statusOf(app, token), 200)
})

t.test('concurrent changes of limits are not lost', async (t) => {
  const { app } = await startHost(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  await Promise.all([
    app.apiTokens.update(token.id, { metadata: { a: 1 } }),
    app.apiTokens.update(token.id, { allowedIps: ['192.0.2.7'] }),
    app.apiTokens.update(token.id, { rateLimit: { max: 1, timeWindow: '1s' } }),
  ])
  t.match(await app.apiTokens.get(token.id), {
    metadata: { a: 1 },
    allowedIps: ['192.0.2.7/32'],
    rateLimit: { max: 1, timeWindow: 1000 },
  })
})

t.test('an update that loses three times in a row is refused with 409', async (t) => {
  const store = memoryTokenStore()
  const { updateToken } = store
  let max = 0
  let races = 0
  const { app } = await startHost(t, { store })
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  // Another administrator is always faster.
  let isRace = false
  store.updateToken = async (...args) => {
    if (!isRace && races < 3) {
      isRace = true
      races += 1
      max += 1
      await app.apiTokens.update(token.id, { rateLimit: { max, timeWindow: '1s' } })
      isRace = false
    }
    return updateToken.apply(store, args)
  }
  await t.rejects(app.apiTokens.update(token.id, { allowedIps: ['192.0.2.7'] }), {
    code: 'FST_API_TOKENS_CONFLICT',
    statusCode: 409,
    message: /changed at the same time/,
  })
  t.match(await app.apiTokens.get(token.id), { allowedIps: null, rateLimit: { max: 3 } })
  races = 1
  await app.apiTokens.update(token.id, { allowedIps: ['192.0.2.7'] })
  t.match(await app.apiTokens.get(token.id), { allowedIps: ['192.0.2.7/32'], rateLimit: { max: 5 } })
})

t.test('limits are sealed by the key of the row; of a retired key they cannot change', async (t) => {
  const [old, other] = [hs256Key(), es256Key()]
  const store = memoryTokenStore()
  const before = await startHost(t, { store, keys: [old] })
  const { token, credential } = await before.app.apiTokens.issue({ userId: 'ada' })
  const during = await startHost(t, { store, keys: [other, old] })
  await during.app.apiTokens.update(token.id, { metadata: { a: 1 } })
  t.equal((await findToken(store, token.id))?.token.kid, old.kid)
  t.equal(await statusOf(during.app, credential), 200)
  const after = await startHost(t, { store, keys: [other] })
  await t.rejects(after.app.apiTokens.update(token.id, { metadata: null }), {
    code: 'FST_API_TOKENS_CONFLICT',
    statusCode: 409,
    message: /key of the API token is retired/,
  })
  t.match(await after.app.apiTokens.update(token.id, { name: 'renamed' }), { metadata: { a: 1 } })
})

t.test('limits of a token that has ended, is unknown or is of another user cannot change', async (t) => {
  const { app } = await startHost(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  const limits = { metadata: { a: 1 } }
  await t.rejects(app.apiTokens.update(token.id, limits, { userId: 'eve' }), NOT_FOUND)
  await t.rejects(app.apiTokens.update('x', limits), NOT_FOUND)
  await app.apiTokens.revoke(token.id)
  await t.rejects(app.apiTokens.update(token.id, limits), {
    code: 'FST_API_TOKENS_CONFLICT',
    message: /has ended/,
  })
})
