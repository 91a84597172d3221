/** Promise 14: a bad body gets a 4xx that names the field, and nothing is stored or half done. */

import type { InjectOptions } from 'fastify'
import t from 'tap'
import { as, issue, startHost } from '../support/host.ts'

const post = (payload: unknown): InjectOptions =>
  as('ada', {
    method: 'POST',
    url: '/tokens',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  })

/** The body that is sent, and what the message must name. */
type Case = readonly [name: string, body: unknown, named: RegExp]

const textCases = (field: 'name' | 'description', max: number): Case[] => [
  [`${field} empty`, { [field]: '' }, new RegExp(`${field} must not be blank`)],
  [`${field} blank`, { [field]: ' \t ' }, new RegExp(`${field} must not be blank`)],
  [`${field} of no-break spaces`, { [field]: '\u00a0\u2003' }, new RegExp(`${field} must not be blank`)],
  [
    `${field} of 10 kB`,
    { [field]: 'x'.repeat(10_240) },
    new RegExp(`body/${field} must not have more than ${max}`),
  ],
  [
    `${field} one too long`,
    { [field]: 'x'.repeat(max + 1) },
    new RegExp(`body/${field} must not have more than`),
  ],
  [
    `${field} one too long in emoji`,
    { [field]: '😀'.repeat(max + 1) },
    new RegExp(`${field} must not have more`),
  ],
  [`${field} with NUL`, { [field]: 'a\0b' }, new RegExp(`${field} must not contain control characters`)],
  [`${field} with DEL`, { [field]: 'a\u007f' }, new RegExp(`${field} must not contain control characters`)],
  [
    `${field} with an escape`,
    { [field]: '\u001b[31m' },
    new RegExp(`${field} must not contain control characters`),
  ],
  [`${field} with a C1 control`, { [field]: 'a\u009bb' }, new RegExp(`${field} must not contain control`)],
  [`${field} with a bidi override`, { [field]: 'a\u202eb' }, new RegExp(`${field} must not contain bidi`)],
  [`${field} with a bidi isolate`, { [field]: 'a\u2067b' }, new RegExp(`${field} must not contain bidi`)],
  [`${field} without a visible character`, { [field]: '\u200b' }, new RegExp(`${field} must have a visible`)],
  [
    `${field} with a lone high surrogate`,
    { [field]: 'a\ud800' },
    new RegExp(`${field} must not contain lone`),
  ],
  [
    `${field} with a lone low surrogate`,
    { [field]: '\udc00a' },
    new RegExp(`${field} must not contain lone`),
  ],
  ...[1, 0, true, false, ['x'], [], { a: 1 }, {}].map(
    (value): Case => [
      `${field} ${JSON.stringify(value)}`,
      { [field]: value },
      new RegExp(`body/${field} must be string or null`),
    ],
  ),
]

const unknownFields: Case[] = [
  'owner',
  'user_id',
  'userId',
  'user',
  'id',
  'status_reason',
  'hint',
  'token',
  'kid',
  'generation',
  'created_at',
  'expiresIn',
  'expires_at',
  'Name',
  'name ',
  '',
].map((field) => [
  `unknown field ${JSON.stringify(field)}`,
  { name: 'x', [field]: 'eve' },
  /is not a known field/,
])

const notObjects: Case[] = [null, [], [{}], 'text', '', 0, 1, true, false].map((body) => [
  `a body of ${JSON.stringify(body)}`,
  body,
  /body must be object/,
])

const newTokenCases: Case[] = [
  ...textCases('name', 100),
  ...textCases('description', 1000),
  ...unknownFields,
  ...notObjects,
  ['name with a line separator', { name: 'a\u2028b' }, /name must not contain line separators/],
  ['name with a line break', { name: 'a\nb' }, /name must not contain control characters/],
  ['a status at issue', { status: 'active' }, /body\/status is not a known field/],
  ['scopes null', { scopes: null }, /body\/scopes must be array/],
  ['scopes text', { scopes: 'models:read' }, /body\/scopes must be array/],
  ['scopes an object', { scopes: { 0: 'models:read', length: 1 } }, /body\/scopes must be array/],
  ['scopes of a number', { scopes: ['models:read', 1] }, /body\/scopes\/1 must be string/],
  ['scopes of null', { scopes: [null] }, /body\/scopes\/0 must be string/],
  ['scopes of lists', { scopes: [['models:read']] }, /body\/scopes\/0 must be string/],
  ['an unknown scope', { scopes: ['models:read', 'root'] }, /scopes: unknown scope root$/],
  ['unknown scopes', { scopes: ['a', 'models:read', 'b'] }, /scopes: unknown scope a, b$/],
  ['an empty scope', { scopes: [''] }, /scopes: unknown scope/],
  [
    'two scopes in one',
    { scopes: ['models:read chat:write'] },
    /scopes: unknown scope models:read chat:write/,
  ],
  ['a scope in capitals', { scopes: ['MODELS:READ'] }, /scopes: unknown scope MODELS:READ/],
  ['the scope __proto__', { scopes: ['__proto__'] }, /scopes: unknown scope __proto__/],
  ...[0, -1, -0.5, 1.5, 3_155_760_001, Number.MAX_SAFE_INTEGER, 1e300].map(
    (seconds): Case => [`expires_in ${seconds}`, { expires_in: seconds }, /body\/expires_in must be/],
  ),
  ...['60', '', true, [60], {}].map(
    (seconds): Case => [
      `expires_in ${JSON.stringify(seconds)}`,
      { expires_in: seconds },
      /body\/expires_in must be integer/,
    ],
  ),
]

t.test('promise 14: a bad body at issue names the field, and no token is made', async (t) => {
  const { app } = await startHost(t)
  for (const [name, body, named] of newTokenCases) {
    const response = await app.inject(post(body))
    t.equal(response.statusCode, 400, name)
    t.equal(response.json().code, 'FST_ERR_VALIDATION', name)
    t.match(response.json().message, named, name)
    t.equal(response.headers['cache-control'], 'no-store')
  }
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
})

t.test('promise 14: several faults of a body are all named', async (t) => {
  const { app } = await startHost(t)
  const response = await app.inject(post({ name: 1, expires_in: '60', owner: 'eve', scopes: 'x' }))
  t.equal(response.statusCode, 400)
  for (const fault of [
    'body/name must be string or null',
    'body/expires_in must be integer',
    'body/owner is not a known field',
    'body/scopes must be array',
  ]) {
    t.match(response.json().message, fault)
  }
})

t.test('promise 14: an invalid change is refused by the name of the field and changes nothing', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'ci', description: 'of the build' })
  const before = await app.apiTokens.get(id)
  const cases: Case[] = [
    ...textCases('name', 100),
    ...textCases('description', 1000),
    ...unknownFields,
    ...notObjects,
    ...['revoked', 'expired', 'Active', '', null, true, 1, ['active'], {}].map(
      (status): Case => [
        `status ${JSON.stringify(status)}`,
        { status },
        /body\/status must be one of active, inactive/,
      ],
    ),
    ['scopes', { scopes: [] }, /body\/scopes is not a known field/],
    ['expires_in', { expires_in: 60 }, /body\/expires_in is not a known field/],
    ['a good name beside a bad status', { name: 'other', status: 'on' }, /body\/status must be one of/],
    ['a good status beside a bad name', { status: 'inactive', name: '' }, /name must not be blank/],
    [
      'a good name beside a bad description',
      { name: 'other', description: 'a\0' },
      /description must not contain/,
    ],
  ]
  for (const [name, body, named] of cases) {
    const response = await app.inject({ ...post(body), method: 'PATCH', url: `/tokens/${id}` })
    t.equal(response.statusCode, 400, name)
    t.match(response.json().message, named, name)
    t.equal(response.headers['cache-control'], 'no-store')
  }
  t.same(await app.apiTokens.get(id), before)
})

t.test('promise 14: unusual and maximum-length names and descriptions are stored unchanged', async (t) => {
  const { app } = await startHost(t)
  const names = [
    '😀'.repeat(100),
    'x'.repeat(100),
    "Robert'); drop table api_tokens;--",
    '<script>alert(1)</script>',
    '  padded  ',
    'null',
    'מפתח \u200f(CI)',
    '%_!',
    '"\\',
    'é',
    'é',
    '0',
  ]
  for (const name of names) {
    const { id } = await issue(app, 'ada', { name, description: `${name}\nsecond line\r\n\tthird` })
    const read = (await app.inject(as('ada', { url: `/tokens/${id}` }))).json()
    t.equal(read.name, name)
    t.equal(read.description, `${name}\nsecond line\r\n\tthird`)
  }
  const { description } = await issue(app, 'ada', { description: '😀'.repeat(1000) })
  t.equal(description, '😀'.repeat(1000))
})

t.test('an absent or empty body is {}', async (t) => {
  const { app } = await startHost(t)
  const json = { 'content-type': 'application/json' }
  const bodies: InjectOptions[] = [
    {},
    { headers: json },
    { headers: json, payload: '' },
    { headers: json, payload: '{}' },
    { headers: json, payload: ' {} ' },
    { headers: { 'content-type': 'application/json; charset=utf-8' }, payload: '{}' },
    { headers: { 'content-type': 'Application/JSON' }, payload: '{}' },
    { headers: { 'content-length': '0' } },
  ]
  for (const body of bodies) {
    const response = await app.inject(as('ada', { method: 'POST', url: '/tokens', ...body }))
    t.equal(response.statusCode, 201, JSON.stringify(body))
    t.match(response.json(), { name: null, description: null, scopes: [], expires_at: null })
  }
  const { id } = await issue(app, 'ada', { name: 'kept' })
  const patched = await app.inject(as('ada', { method: 'PATCH', url: `/tokens/${id}` }))
  t.equal(patched.statusCode, 200)
  t.equal(patched.json().name, 'kept')
})

t.test('promise 14: JSON that is broken or poisoned is 400, and no token is made', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'kept' })
  for (const payload of [
    '{',
    '{"name":}',
    "{'name':'x'}",
    '{"name":"x"',
    '{"name":"x"}}',
    '{"name":"x",}',
    '{"expires_in":NaN}',
    'undefined',
    '\0',
    ' ',
    '{"name":"\n"}',
    '\ufeff\ufeff{}',
    '{"__proto__":{"name":"x"}}',
    '{"name":"x","__proto__":null}',
    '{"constructor":{"prototype":{"name":"x"}}}',
    '{"\\u005f\\u005fproto__":{"scopes":[]}}',
  ]) {
    for (const request of [
      { method: 'POST', url: '/tokens' },
      { method: 'PATCH', url: `/tokens/${id}` },
    ] as const) {
      const headers = { 'content-type': 'application/json' }
      const response = await app.inject(as('ada', { ...request, headers, payload }))
      t.equal(response.statusCode, 400, payload)
      t.equal(response.headers['cache-control'], 'no-store')
    }
  }
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
  t.equal((await app.apiTokens.get(id)).name, 'kept')
  t.equal(Reflect.get({}, 'name'), undefined)
})

t.test('an enormous number in a body is refused, not rounded', async (t) => {
  const { app } = await startHost(t)
  for (const number of ['1e400', '-1e400', '9007199254740993', '1e-400', '1.0000000001']) {
    const headers = { 'content-type': 'application/json' }
    const payload = `{"expires_in":${number}}`
    const response = await app.inject(as('ada', { method: 'POST', url: '/tokens', headers, payload }))
    t.equal(response.statusCode, 400, number)
    t.match(response.json().message, 'expires_in')
  }
})

t.test('promise 14: a content type other than JSON is 415, and no token is made', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'kept' })
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/octet-stream',
    'application/json5',
    'application/merge-patch+json',
    'json',
    'text/html; application/json',
    ';',
  ]) {
    for (const request of [
      { method: 'POST', url: '/tokens' },
      { method: 'PATCH', url: `/tokens/${id}` },
    ] as const) {
      const headers = { 'content-type': type }
      const response = await app.inject(as('ada', { ...request, headers, payload: '{"name":"x"}' }))
      t.equal(response.statusCode, 415, type)
      t.equal(response.headers['cache-control'], 'no-store')
    }
  }
  const untyped = await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: '{"name":"x"}' }))
  t.equal(untyped.statusCode, 415, 'a body without a type')
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
  t.equal((await app.apiTokens.get(id)).name, 'kept')
})

t.test('promise 14: a body of more than 64 kB is 413', async (t) => {
  const { app } = await startHost(t)
  const response = await app.inject(post({ description: 'x'.repeat(70_000) }))
  t.equal(response.statusCode, 413)
  t.equal(response.headers['cache-control'], 'no-store')
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
})

t.test('promise 14: unknown query fields are named and refused on every route', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada', { name: 'kept' })
  for (const [method, url] of [
    ['POST', '/tokens'],
    ['GET', '/tokens'],
    ['GET', '/tokens/scopes'],
    ['GET', `/tokens/${id}`],
    ['PATCH', `/tokens/${id}`],
    ['DELETE', `/tokens/${id}`],
    ['GET', '/tokens/current'],
    ['DELETE', '/tokens/current'],
  ] as const) {
    const current = url.endsWith('current')
    const headers = current ? { authorization: `Bearer ${token}` } : { 'x-user': 'ada' }
    for (const field of ['user_id', 'access_token', '__proto__', ...(current ? ['owner'] : [])]) {
      const response = await app.inject({ method, url: `${url}?${field}=eve`, headers })
      t.equal(response.statusCode, 400, `${method} ${url}?${field}`)
      t.match(response.json().message, `querystring/${field} is not a known field`)
    }
  }
  t.equal((await app.apiTokens.get(id)).status, 'active')
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
})
