/** `?owner=`: a signed-in user manages tokens of organizations, teams and service accounts. */

import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Actor, ManagedOwner, SignedInUser } from '../../src/index.ts'
import { as, statusOf, withToken } from '../support/host.ts'
import { type OwnersHost, startOwnersHost } from '../support/owners-host.ts'

const ACME: ManagedOwner = { id: 'org:acme', name: 'Acme' }
const ZETA: ManagedOwner = { id: 'org:zeta' }

/** Every request that a user can make about a token of an owner. */
const requests = (id: string, owner: string) =>
  [
    ['POST', `/tokens?owner=${owner}`],
    ['GET', `/tokens?owner=${owner}`],
    ['HEAD', `/tokens?owner=${owner}`],
    ['GET', `/tokens/scopes?owner=${owner}`],
    ['GET', `/tokens/${id}?owner=${owner}`],
    ['GET', `/tokens/${id}/usage?owner=${owner}`],
    ['PATCH', `/tokens/${id}?owner=${owner}`, { name: 'taken' }],
    ['POST', `/tokens/${id}/rotate?owner=${owner}`],
    ['DELETE', `/tokens/${id}?owner=${owner}`],
  ] as const

async function idsOf({ call }: OwnersHost, user: string, query = ''): Promise<string[]> {
  const { status, body } = await call(user, 'GET', `/tokens${query}`)
  if (status !== 200) throw new Error(`the list is refused with ${status}`)
  return (body['data'] as { id: string }[]).map(({ id }) => id)
}

t.test('a member issues, reads, changes, rotates and revokes a token of an organization', async (t) => {
  const host = await startOwnersHost(t)
  const { app, members, call } = host
  members.set('ada', [ACME])
  const issued = await call('ada', 'POST', '/tokens?owner=org:acme', { name: 'ci', scopes: ['models:read'] })
  t.equal(issued.status, 201)
  t.match(issued.body, { user_id: 'org:acme', created_by: { kind: 'user', id: 'ada' } })
  const used = await app.inject(withToken(issued.body.token))
  t.match(used.json(), { userId: 'org:acme', scopes: ['models:read'] })
  const { id } = issued.body
  t.same(await idsOf(host, 'ada', '?owner=org:acme'), [id])
  t.same(await idsOf(host, 'ada'), [], "not among the user's own")
  t.match(await call('ada', 'GET', `/tokens/${id}?owner=org%3Aacme`), { status: 200, body: { id } })
  t.equal((await call('ada', 'GET', `/tokens/${id}/usage?owner=org:acme&days=1`)).status, 200)
  t.match(await call('ada', 'PATCH', `/tokens/${id}?owner=org:acme`, { name: 'deploy' }), {
    body: { name: 'deploy', user_id: 'org:acme' },
  })
  members.set('bob', [ACME])
  const rotated = await call('bob', 'POST', `/tokens/${id}/rotate?owner=org:acme`, {})
  t.match(rotated, {
    status: 201,
    body: { user_id: 'org:acme', scopes: ['models:read'], created_by: { kind: 'user', id: 'bob' } },
  })
  const last = `/tokens/${rotated.body.id}?owner=org:acme&reason=unused`
  t.equal((await call('ada', 'DELETE', last)).status, 204)
  t.equal(await statusOf(app, rotated.body.token), 401)
})

t.test("a token is found with its owner only: the user's own, the organization's, another's", async (t) => {
  const { app, members, call } = await startOwnersHost(t)
  members.set('ada', [ACME, ZETA])
  const own = (await call('ada', 'POST', '/tokens')).body.id
  const ofAcme = (await call('ada', 'POST', '/tokens?owner=org:acme')).body.id
  for (const [id, owner] of [
    [own, 'org:acme'],
    [ofAcme, 'ada'],
    [ofAcme, 'org:zeta'],
  ] as const) {
    for (const [method, url, payload] of requests(id, owner).slice(4)) {
      t.equal((await call('ada', method, url, payload)).status, 404, `${method} ${url}`)
    }
    t.match(await app.apiTokens.get(id), { name: null, status: 'active' })
  }
  for (const [method, url, payload] of requests(ofAcme, '').slice(4)) {
    const ofTheUser = url.replace('?owner=', '')
    t.equal((await call('ada', method, ofTheUser, payload)).status, 404, `${method} ${ofTheUser}`)
  }
  t.equal((await call('ada', 'GET', `/tokens/${own}?owner=ada`)).status, 200, 'the own id is allowed')
})

t.test('promise 8: owner chooses only among the ids that authenticateUser returned: else 404', async (t) => {
  const { app, members, call } = await startOwnersHost(t)
  members.set('ada', [ACME])
  members.set('bob', [ZETA])
  const { id } = (await call('ada', 'POST', '/tokens?owner=org:acme')).body
  const strangers = [
    'org:acme',
    'ada',
    'eve',
    'org:',
    'org',
    'ORG:ACME',
    'org:acme%20',
    'org:nobody',
    '',
    '*',
    '%00',
  ]
  for (const owner of strangers) {
    for (const [method, url, payload] of requests(id, owner)) {
      const { status, body } = await call('bob', method, url, payload)
      t.equal(status, 404, `${method} ${url}`)
      if (method !== 'HEAD')
        t.match(body, { code: 'FST_API_TOKENS_NOT_FOUND', message: 'You manage no API tokens of this owner' })
    }
  }
  t.match(await app.apiTokens.get(id), { name: null, status: 'active' })
  t.equal((await app.apiTokens.list({ userId: 'org:acme' })).total, 1)
})

t.test('owner is a parameter of the query, once: never of a body, never of /tokens/current', async (t) => {
  const { app, members, call } = await startOwnersHost(t)
  members.set('ada', [ACME, ZETA])
  const { id, token } = (await call('ada', 'POST', '/tokens?owner=org:acme')).body
  for (const [method, url] of [
    ['POST', '/tokens'],
    ['PATCH', `/tokens/${id}?owner=org:acme`],
    ['POST', `/tokens/${id}/rotate?owner=org:acme`],
  ] as const) {
    const { status, body } = await call('ada', method, url, { owner: 'org:acme' })
    t.equal(status, 400, `${method} ${url}`)
    t.match(body, { message: 'body/owner is not a known field' })
  }
  const twice = await call('ada', 'GET', '/tokens?owner=org:acme&owner=org:zeta')
  t.match(twice, { status: 400, body: { message: 'querystring/owner must be string' } })
  for (const method of ['GET', 'DELETE'] as const) {
    const { headers = {} } = withToken(token)
    const response = await app.inject({ method, url: '/tokens/current?owner=org:acme', headers })
    t.equal(response.statusCode, 400, method)
    t.match(response.json(), { message: 'querystring/owner is not a known field' })
  }
  t.equal(await statusOf(app, token), 200)
})

t.test('without further owners, a user still has only the own id', async (t) => {
  const { call } = await startOwnersHost(t, {
    ownerTypes: [],
    authenticateUser: ({ headers }) => ({ id: String(headers['x-user']) }),
  })
  const { id } = (await call('ada', 'POST', '/tokens')).body
  t.equal((await call('ada', 'GET', `/tokens/${id}?owner=ada`)).status, 200)
  t.equal((await call('ada', 'GET', `/tokens/${id}?owner=bob`)).status, 404)
  t.equal((await call('bob', 'GET', `/tokens/${id}?owner=ada`)).status, 404)
  t.strictSame((await call('ada', 'GET', '/tokens/scopes')).body['owners'], [])
})

t.test('GET /tokens/scopes lists the further owners, and the scopes of the chosen one', async (t) => {
  const { members, call } = await startOwnersHost(t)
  const hostile = '<img src=x onerror=alert(1)>\u202e'
  members.set('ada', [
    { ...ACME, scopes: ['models:read'] },
    ZETA,
    { id: 'team:7', name: hostile, scopes: [] },
    { id: 'team:8', name: '  ' },
    { id: 'team:9', name: `\ud800${'x'.repeat(300)}` },
  ])
  const { body } = await call('ada', 'GET', '/tokens/scopes')
  t.strictSame(body['owners'], [
    { id: 'org:acme', name: 'Acme' },
    { id: 'org:zeta', name: null },
    { id: 'team:7', name: hostile },
    { id: 'team:8', name: null },
    { id: 'team:9', name: `\ufffd${'x'.repeat(254)}` },
  ])
  const scopesOf = async (owner: string) => {
    const { body } = await call('ada', 'GET', `/tokens/scopes?owner=${owner}`)
    return (body['data'] as { name: string }[]).map(({ name }) => name)
  }
  t.same(await scopesOf('ada'), ['chat:write', 'models:read'])
  t.same(await scopesOf('org:acme'), ['models:read'])
  t.same(await scopesOf('org:zeta'), ['chat:write', 'models:read'])
  t.same(await scopesOf('team:7'), [])
})

t.test(
  'a member who leaves loses sight of the tokens at once, with old cursors too; the tokens stay',
  async (t) => {
    const { app, members, call } = await startOwnersHost(t)
    members.set('ada', [ACME])
    members.set('bob', [ACME])
    const issued = []
    for (const name of ['a', 'b', 'c'])
      issued.push((await call('ada', 'POST', '/tokens?owner=org:acme', { name })).body)
    const [{ id, token } = { id: '', token: '' }] = issued
    const page = await call('ada', 'GET', '/tokens?owner=org:acme&limit=1')
    const cursor = String(page.body['next_cursor'])
    members.delete('ada')
    for (const [method, url, payload] of requests(id, 'org:acme'))
      t.equal((await call('ada', method, url, payload)).status, 404, `${method} ${url}`)
    t.equal((await call('ada', 'GET', `/tokens?owner=org:acme&limit=1&cursor=${cursor}`)).status, 404)
    t.equal(
      (await call('ada', 'GET', `/tokens?limit=1&cursor=${cursor}`)).status,
      400,
      "not of the user's own list",
    )
    t.strictSame((await call('ada', 'GET', '/tokens/scopes')).body['owners'], [])
    t.equal(await statusOf(app, token), 200)
    t.match((await call('bob', 'GET', '/tokens?owner=org:acme')).body, { total: 3 })
    const second = await call('bob', 'GET', `/tokens?owner=org:acme&limit=1&cursor=${cursor}`)
    t.match(
      second,
      { status: 200, body: { data: [{ name: 'b' }] } },
      'a cursor belongs to the list, not to its reader',
    )
  },
)

t.test('a cursor is bound to its owner', async (t) => {
  const { members, call } = await startOwnersHost(t)
  members.set('ada', [ACME, ZETA])
  for (const owner of ['ada', 'org:acme', 'org:zeta'])
    for (let at = 0; at < 3; at += 1) await call('ada', 'POST', `/tokens?owner=${owner}`)
  for (const owner of ['ada', 'org:acme', 'org:zeta']) {
    const { body } = await call('ada', 'GET', `/tokens?owner=${owner}&limit=1`)
    for (const other of ['ada', 'org:acme', 'org:zeta']) {
      const url = `/tokens?owner=${other}&limit=1&cursor=${body['next_cursor']}`
      const { status, body: second } = await call('ada', 'GET', url)
      t.equal(status, other === owner ? 200 : 400, `${owner} ${other}`)
      if (status === 400) t.match(second, { message: 'cursor belongs to another list' })
    }
  }
})

t.test(
  "the scopes of an organization's token: owners[i].scopes and findUser(org).scopes, not the user's",
  async (t) => {
    const owned = { ...ACME, scopes: ['models:read', 'chat:write'] }
    const { known, call } = await startOwnersHost(t, {
      authenticateUser: () => ({
        id: 'ada',
        scopes: [],
        owners: [owned, { ...ZETA, scopes: ['models:read'] }],
      }),
    })
    known.set('org:acme', { active: true, scopes: ['chat:write'] })
    const issue = (owner: string, scopes: string[]) =>
      call('ada', 'POST', `/tokens?owner=${owner}`, { scopes })
    t.match(await issue('org:acme', ['chat:write']), { status: 201, body: { scopes: ['chat:write'] } })
    for (const [owner, scope] of [
      ['org:acme', 'models:read'],
      ['org:zeta', 'chat:write'],
      ['ada', 'chat:write'],
    ] as const) {
      t.match(await issue(owner, [scope]), {
        status: 403,
        body: { code: 'FST_API_TOKENS_SCOPE_NOT_GRANTABLE', message: new RegExp(scope) },
      })
    }
  },
)

t.test(
  'a scope that the organization loses is lost by its tokens, and not carried over by a rotation',
  async (t) => {
    const { app, members, known, call } = await startOwnersHost(t, { cache: { ttl: 1 } })
    members.set('ada', [ACME])
    const scopes = ['models:read', 'chat:write']
    const { id, token } = (await call('ada', 'POST', '/tokens?owner=org:acme', { scopes })).body
    t.equal((await app.inject(withToken(token, '/models'))).statusCode, 200)
    known.set('org:acme', { active: true, scopes: ['chat:write'] })
    app.apiTokens.invalidateUser('org:acme')
    t.equal((await app.inject(withToken(token, '/models'))).statusCode, 403)
    t.same((await app.inject(withToken(token))).json().scopes, ['chat:write'])
    const wanted = await call('ada', 'POST', `/tokens/${id}/rotate?owner=org:acme`, {
      scopes: ['models:read'],
    })
    t.equal(wanted.status, 403)
    members.set('ada', [{ ...ACME, scopes: [] }])
    const narrowed = await call('ada', 'POST', `/tokens/${id}/rotate?owner=org:acme`, {
      scopes: ['chat:write'],
    })
    t.equal(narrowed.status, 403, 'a member who may not grant a scope rotates without it')
    members.set('ada', [ACME])
    const rotated = await call('ada', 'POST', `/tokens/${id}/rotate?owner=org:acme`)
    t.match(rotated.body['scopes'], ['chat:write'])
  },
)

t.test('two organizations with one token name do not see each other’s', async (t) => {
  const host = await startOwnersHost(t)
  const { members, call } = host
  members.set('ada', [ACME])
  members.set('bob', [ZETA])
  const a = (await call('ada', 'POST', '/tokens?owner=org:acme', { name: 'deploy' })).body.id
  const z = (await call('bob', 'POST', '/tokens?owner=org:zeta', { name: 'deploy' })).body.id
  for (const query of ['', '&q=deploy', '&sort=name', '&status=active']) {
    t.same(await idsOf(host, 'ada', `?owner=org:acme${query}`), [a], query)
    t.same(await idsOf(host, 'bob', `?owner=org:zeta${query}`), [z], query)
  }
})

t.test('ids of one number, of a user and of owners of two types, are different owners', async (t) => {
  const host = await startOwnersHost(t)
  host.members.set('7', [{ id: 'org:7' }, { id: 'team:7' }])
  const ids = new Map<string, string>()
  for (const owner of ['7', 'org:7', 'team:7']) {
    const { body } = await host.call('7', 'POST', `/tokens?owner=${owner}`)
    t.equal(body['user_id'], owner)
    ids.set(owner, body.id)
  }
  for (const [owner, id] of ids) t.same(await idsOf(host, '7', `?owner=${owner}`), [id])
})

t.test('maxTokensPerUser counts the tokens of each owner', async (t) => {
  const { members, call } = await startOwnersHost(t, { maxTokensPerUser: 2 })
  members.set('ada', [ACME])
  members.set('bob', [ACME])
  const issue = async (user: string, owner: string) =>
    (await call(user, 'POST', `/tokens?owner=${owner}`)).status
  t.same([await issue('ada', 'ada'), await issue('ada', 'ada'), await issue('ada', 'ada')], [201, 201, 409])
  t.same(
    [await issue('ada', 'org:acme'), await issue('bob', 'org:acme'), await issue('bob', 'org:acme')],
    [201, 201, 409],
  )
  t.equal(await issue('bob', 'bob'), 201)
})

t.test('the events name the signed-in user as by, not the organization', async (t) => {
  const { app, members, call } = await startOwnersHost(t)
  const actors: Actor[] = []
  for (const name of ['issued', 'updated', 'rotated', 'revoked'] as const)
    app.apiTokens.events.on(name, ({ by, token }) => {
      t.equal(token.userId, 'org:acme', name)
      actors.push(by)
    })
  members.set('ada', [ACME])
  const { id } = (await call('ada', 'POST', '/tokens?owner=org:acme')).body
  await call('ada', 'PATCH', `/tokens/${id}?owner=org:acme`, { name: 'ci' })
  await call('ada', 'POST', `/tokens/${id}/rotate?owner=org:acme`)
  await call('ada', 'DELETE', `/tokens/${id}?owner=org:acme`)
  t.same(
    actors.map(({ kind, id }) => `${kind} ${id}`),
    Array.from({ length: 5 }, () => 'user ada'),
  )
})

t.test('the end of an organization ends its tokens, and those of its members stay', async (t) => {
  const { app, members, known, call } = await startOwnersHost(t)
  members.set('ada', [ACME, ZETA])
  const own = (await call('ada', 'POST', '/tokens')).body
  const ofAcme = (await call('ada', 'POST', '/tokens?owner=org:acme')).body
  const ofZeta = (await call('ada', 'POST', '/tokens?owner=org:zeta')).body
  await app.apiTokens.removeUser('org:acme')
  known.set('org:zeta', null)
  app.apiTokens.invalidateUser('org:zeta')
  t.equal(await statusOf(app, ofAcme.token), 401, 'removeUser')
  t.equal(await statusOf(app, ofZeta.token), 401, 'findUser returns null')
  t.equal(await statusOf(app, own.token), 200)
  t.match(await app.apiTokens.get(ofAcme.id), { status: 'revoked', statusReason: 'user_removed' })
  for (const owner of ['org:acme', 'org:zeta']) {
    const issued = await call('ada', 'POST', `/tokens?owner=${owner}`)
    t.match(issued, { status: 403, body: { code: 'FST_API_TOKENS_USER_INACTIVE' } }, owner)
  }
  t.equal((await call('ada', 'GET', '/tokens?owner=org:acme')).status, 403)
})

t.test('changes of the host’s objects during a request have no effect', async (t) => {
  const scopes = ['models:read']
  const entry = { id: 'org:acme', scopes }
  const owners: ManagedOwner[] = [entry]
  const read: string[] = []
  const user = {
    id: 'ada',
    get owners() {
      read.push('owners')
      return owners
    },
  }
  const once = new Proxy(entry, {
    get: (target, name) => {
      read.push(String(name))
      return Reflect.get(target, name)
    },
  })
  owners[0] = once
  const { call } = await startOwnersHost(t, {
    authenticateUser: () => user,
    // Called after `authenticateUser`, before the scopes are granted.
    findUser: () => {
      scopes.push('chat:write')
      entry.id = 'org:zeta'
      owners.push({ id: 'org:eve' })
      return { active: true }
    },
  })
  const issued = await call('ada', 'POST', '/tokens?owner=org:acme', { scopes: ['models:read'] })
  t.match(issued, { status: 201, body: { user_id: 'org:acme', scopes: ['models:read'] } })
  t.same(read, ['owners', 'id', 'name', 'scopes'], 'each member is read once')
})

t.test('over HTTP: a member works, a stranger and a page of another site do not', async (t) => {
  const { app, members } = await startOwnersHost(t)
  members.set('ada', [ACME])
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const send = (user: string, method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { 'x-user': user, ...headers } })
  const issued = await send('ada', 'POST', '/tokens?owner=org%3Aacme')
  t.equal(issued.status, 201)
  const { id, token } = (await issued.json()) as { id: string; token: string }
  const bearer = { authorization: `Bearer ${token}` }
  for (const [method, path] of requests(id, 'org:acme')) {
    const stranger = await send('bob', method, path)
    t.equal(stranger.status, 404, `${method} ${path}`)
    t.equal(stranger.headers.get('cache-control'), 'no-store')
    t.equal((await send('ada', method, path, bearer)).status, 403, 'a token manages no tokens')
    if (method === 'GET' || method === 'HEAD') continue
    t.equal((await send('ada', method, path, { origin: 'https://evil.example' })).status, 403, 'another site')
  }
  t.equal((await send('ada', 'GET', `/tokens/${id}?owner=org%3Aacme`)).status, 200)
  t.equal((await send('ada', 'DELETE', `/tokens/${id}?owner=org%3Aacme`)).status, 204)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('an invalid result with owners is the host’s mistake: 500 by name, and nothing is done', async (t) => {
  const user = (owners: unknown, id: unknown = 'ada') => ({ id, owners }) as unknown as SignedInUser
  const revoked = Proxy.revocable([], {})
  revoked.revoke()
  const many = Array.from({ length: 1_001 }, (_, index) => ({ id: `org:${index}` }))
  const wrong: [SignedInUser, string | RegExp][] = [
    ...[null, 'org:a', {}, { id: 'org:a' }, new Set(), 1, revoked.proxy].map(
      (owners): [SignedInUser, string] => [user(owners), 'owners, which must be an array'],
    ),
    [user(many), 'owners, which must not have more than 1000 entries'],
    ...[undefined, null, 'org:a', 7, [], ['org:a'], new Array(1)[0]].map((entry): [SignedInUser, string] => [
      user([{ id: 'org:a' }, entry]),
      'owners[1], which must be { id: string, name?: string, scopes?: string[] }',
    ]),
    [user(new Array(1)), 'owners[0], which must be {'],
    [user([{}]), 'owners[0], whose id must be a string'],
    [user([{ name: 'Acme' }]), 'owners[0], whose id must be a string'],
    [user([{ id: 7 }]), 'owners[0], whose id must be a string'],
    [user([{ id: ['org:a'] }]), 'owners[0], whose id must be a string'],
    [user([{ id: ' ' }]), 'owners[0], whose id must not be blank'],
    [user([{ id: 'org:a\0' }]), 'owners[0], whose id must not contain control characters'],
    [user([{ id: `org:${'x'.repeat(255)}` }]), 'owners[0], whose id must not have more than 255 characters'],
    ...['acme', 'ORG:a', ' org:a', 'organization:a', 'user:a', 'org', 'ada'].map(
      (id): [SignedInUser, string] => [
        user([{ id }]),
        'owners[0], whose id must begin with org: or team: or service:',
      ],
    ),
    ...['org:', 'org:  '].map((id): [SignedInUser, string] => [
      user([{ id }]),
      'owners[0], whose id must have more than org:',
    ]),
    [user([{ id: 'org:a' }, { id: 'org:b' }, { id: 'org:a' }]), 'owners[2], whose id another entry has, too'],
    ...[null, 7, {}, ['Acme']].map((name): [SignedInUser, string] => [
      user([{ id: 'org:a', name }]),
      'owners[0], whose name must be a string',
    ]),
    ...[null, 'models:read', [1], [undefined], new Set(['models:read'])].map(
      (scopes): [SignedInUser, string] => [
        user([{ id: 'org:a', scopes }]),
        'owners[0], whose scopes must be an array of strings',
      ],
    ),
    [
      user([{ id: 'org:a', scope: [] }]),
      'owners[0], which has the member scope: it must be id, name or scopes',
    ],
    ...['org:7', 'team:x', 'service:', 'org:7:8'].map((id): [SignedInUser, RegExp] => [
      user(undefined, id),
      /authenticateUser returned a user whose id begins with \w+:, a type of ownerTypes/,
    ]),
    [user([], 7), 'authenticateUser returned an invalid user'],
  ]
  let result: SignedInUser = { id: 'ada' }
  const { app, call } = await startOwnersHost(t, { authenticateUser: () => result })
  for (const [given, message] of wrong) {
    result = given
    const { status, body } = await call('ada', 'POST', '/tokens')
    t.equal(status, 500, String(message))
    t.equal(body['code'], 'FST_API_TOKENS_INVALID_RESULT')
    const text = String(body['message'])
    t.match(text, /authenticateUser returned/)
    t.ok(typeof message === 'string' ? text.includes(message) : message.test(text), text)
  }
  for (const userId of ['ada', 'org:a', 'org:7']) t.equal((await app.apiTokens.list({ userId })).total, 0)
  result = { id: 'ada', owners: many.slice(1) }
  t.equal((await call('ada', 'POST', '/tokens?owner=org:1000')).status, 201, '1,000 owners are allowed')
})

t.test('owners without ownerTypes is an error by name', async (t) => {
  for (const ownerTypes of [undefined, []]) {
    const { app, members } = await startOwnersHost(t, { ownerTypes })
    for (const owners of [[ACME], []]) {
      members.set('ada', owners)
      const response = await app.inject(as('ada', { method: 'POST', url: '/tokens' }))
      t.equal(response.statusCode, 500)
      t.match(response.json(), {
        code: 'FST_API_TOKENS_INVALID_RESULT',
        message: /authenticateUser returned owners, but the option ownerTypes lists no type/,
      })
    }
    members.delete('ada')
    t.equal(
      (await app.inject(as('org:7', { method: 'POST', url: '/tokens' }))).statusCode,
      201,
      'no type, no rule',
    )
  }
})
