/** `authorizeIssue`: the host's code decides whether a token is issued, wherever it comes from. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions, type IssueCause, type IssueDraft } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { approve, poll, rejectionOf, start as startDevice, startDeviceHost } from '../oauth/device-host.ts'
import { form } from '../oauth/oauth-host.ts'
import { AUDIENCE, startFaultyProvider } from '../oauth/provider.ts'
import { ADMIN, asRoot, startAdminHost } from '../support/admin-host.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, START, startHost } from '../support/host.ts'
import { manualTimers } from '../support/manual-timers.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const denied = () =>
  Object.assign(new Error('Tokens of this team expire within a week'), {
    statusCode: 403,
    code: 'TEAM_POLICY',
  })

interface Call {
  readonly draft: IssueDraft
  readonly cause: IssueCause
}

/** A host that records the calls, and returns what the test says. */
async function start(t: Test, decide: (call: Call) => unknown = () => true, options: ApiTokensOptions = {}) {
  const calls: Call[] = []
  const authorizeIssue = (draft: IssueDraft, cause: IssueCause) => {
    calls.push({ draft, cause })
    return decide({ draft, cause }) as true
  }
  return { ...(await startHost(t, { authorizeIssue, ...options })), calls, authorizeIssue }
}

t.test('a user, code and a rotation pass their draft, their actor and their request', async (t) => {
  const { app, calls } = await start(t)
  const limits = {
    metadata: { team: { name: 'core' } },
    allowedIps: ['192.0.2.7'],
    rateLimit: { max: 1, timeWindow: 1000 },
  }
  await issue(app, 'ada', { name: 'ci', description: 'd', scopes: ['models:read'], expires_in: 60 })
  const by = { kind: 'admin', id: 'root', ip: '192.0.2.1' } as const
  const { token } = await app.apiTokens.issue({ userId: 'bob', ...limits, by })
  await app.apiTokens.rotate(token.id)
  const none = { name: null, description: null, scopes: [], expiresAt: null }
  t.strictSame(
    calls.map(({ draft }) => draft),
    [
      {
        ...{
          userId: 'ada',
          name: 'ci',
          description: 'd',
          scopes: ['models:read'],
          expiresAt: START + 60_000,
        },
        ...{ metadata: null, allowedIps: null, rateLimit: null },
        ...{ createdBy: { kind: 'user', id: 'ada' }, predecessorId: null },
      },
      {
        ...{ userId: 'bob', ...none, ...limits, allowedIps: ['192.0.2.7/32'] },
        ...{ createdBy: { kind: 'admin', id: 'root' }, predecessorId: null },
      },
      {
        ...{ userId: 'bob', ...none, ...limits, allowedIps: ['192.0.2.7/32'] },
        ...{ createdBy: { kind: 'code', id: null }, predecessorId: token.id },
      },
    ],
  )
  t.strictSame(
    calls.map(({ cause }) => [cause.by.kind, cause.by.id, cause.request?.url]),
    [
      ['user', 'ada', '/tokens'],
      ['admin', 'root', undefined],
      ['code', null, undefined],
    ],
  )
  t.notOk('request' in (calls[1]?.cause ?? {}))
})

t.test('the draft is frozen in depth, and the token is what the draft says', async (t) => {
  const { app } = await start(t, ({ draft, cause }) => {
    for (const object of [draft, draft.scopes, draft.metadata, draft.metadata?.['deep'], draft.allowedIps])
      t.throws(() => Object.assign(object as object, { 0: 'x', userId: 'eve' }), TypeError)
    for (const object of [draft.rateLimit, draft.createdBy, cause, cause.by])
      t.throws(() => Object.assign(object as object, { max: 9, id: 'eve', by: null }), TypeError)
    return Promise.resolve(true)
  })
  const rateLimit = { max: 1, timeWindow: 1000 }
  const given = {
    userId: 'ada',
    scopes: ['models:read'],
    metadata: { deep: {} },
    allowedIps: ['::1'],
    rateLimit,
  }
  t.match((await app.apiTokens.issue(given)).token, { ...given, allowedIps: ['::1/128'] })
})

t.test('an error of the host passes on, and nothing is stored', async (t) => {
  const store = countingStore(memoryTokenStore())
  let isAllowed = true
  const { app } = await start(
    t,
    () => {
      if (!isAllowed) throw denied()
      return true
    },
    { store },
  )
  const { id, token } = await issue(app, 'ada')
  isAllowed = false
  const writes = store.writes()
  for (const url of ['/tokens', `/tokens/${id}/rotate`]) {
    const response = await app.inject(as('ada', { method: 'POST', url, payload: {} }))
    t.equal(response.statusCode, 403, url)
    t.match(response.json(), { code: 'TEAM_POLICY', message: /within a week/ })
  }
  await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'TEAM_POLICY' })
  await t.rejects(app.apiTokens.rotate(id), { code: 'TEAM_POLICY' })
  t.equal(store.writes(), writes)
  t.equal(
    (await app.inject({ url: '/protected', headers: { authorization: `Bearer ${token}` } })).statusCode,
    200,
  )
})

t.test('promise 16: anything but true or an error is an error by name', async (t) => {
  let decide: () => unknown = () => true
  const { app } = await start(t, () => decide())
  const outcomes: Record<string, () => unknown> = {
    undefined: () => undefined,
    false: () => false,
    'a truthy value': () => 1,
    'an object': () => ({ ok: true }),
    'a promise of undefined': async () => undefined,
    'an error that is returned': () => new Error('no'),
    'a text that is thrown': () => {
      throw 'no'
    },
    'undefined that is thrown': () => Promise.reject(),
  }
  for (const [what, outcome] of Object.entries(outcomes)) {
    decide = outcome
    const response = await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))
    t.equal(response.statusCode, 500, what)
    t.match(response.json(), { code: 'FST_API_TOKENS_INVALID_RESULT', message: /authorizeIssue/ }, what)
  }
  t.same((await app.apiTokens.list({ userId: 'ada' })).data, [])
})

t.test('no result within 5 s is a 503, whatever comes later', async (t) => {
  const timers = manualTimers(t)
  const late = Promise.withResolvers<true>()
  const { app, calls } = await start(t, () => late.promise)
  const issuing = app.apiTokens.issue({ userId: 'ada' })
  while (calls.length === 0) await setImmediate()
  timers.tick(5_000)
  await t.rejects(issuing, { code: 'FST_API_TOKENS_STORE_UNAVAILABLE', statusCode: 503 })
  late.resolve(true)
  await setImmediate()
  t.same((await app.apiTokens.list({ userId: 'ada' })).data, [])
})

t.test(
  'it is called once, after the checks of the input and in the async context of the request',
  async (t) => {
    const context = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const { app, calls } = await start(t, () => seen.push(context.getStore()) > 0)
    await t.rejects(app.apiTokens.issue({ userId: 'ada', scopes: ['unknown'] }), { statusCode: 400 } as never)
    await t.rejects(app.apiTokens.issue({ userId: 'ada', allowedIps: [] }), { statusCode: 400 } as never)
    await t.rejects(app.apiTokens.issue({ userId: 'ada', expiresIn: -1 }), { statusCode: 400 } as never)
    t.equal(calls.length, 0)
    await context.run('mine', () => app.apiTokens.issue({ userId: 'ada' }))
    t.same(seen, ['mine'])
  },
)

t.test('administrators are asked about too', async (t) => {
  const calls: Call[] = []
  const { app } = await startAdminHost(t, {
    authorizeIssue: (draft, cause) => {
      calls.push({ draft, cause })
      if (draft.expiresAt === null) throw denied()
      return true
    },
  })
  const send = (payload: object) => app.inject(asRoot({ method: 'POST', url: ADMIN, payload }))
  const refused = await send({ user_id: 'ada' })
  t.match([refused.statusCode, refused.json()], [403, { code: 'TEAM_POLICY' }])
  t.equal((await send({ user_id: 'ada', expires_in: 60 })).statusCode, 201)
  t.match(calls[1], {
    draft: { userId: 'ada', createdBy: { kind: 'admin' } },
    cause: { by: { kind: 'admin' } },
  })
  t.equal(calls[1]?.cause.request?.url, ADMIN)
})

t.test('a token exchange that is refused is invalid_grant, and can be repeated', async (t) => {
  const provider = await startFaultyProvider(t)
  let isAllowed = false
  const { app, calls } = await start(
    t,
    () => {
      if (!isAllowed) throw denied()
      return true
    },
    {
      issuer: 'https://app.example.com',
      oauth: {
        clients: [{ client_id: 'ci', token_endpoint_auth_method: 'none', grant_types: [EXCHANGE] }],
        trustedIssuers: [
          {
            issuer: provider.issuer,
            audience: AUDIENCE,
            singleUse: true,
            subjectTokenTypes: ['jwt'],
            user: () => ({ id: 'ada' }),
          },
        ],
      },
      clock: { now: Date.now },
    },
  )
  const subject_token = await provider.sign({ sub: 'ada' })
  const exchange = () =>
    app.inject(
      form('/oauth2/token', {
        ...{ client_id: 'ci', grant_type: EXCHANGE, subject_token },
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      }),
    )
  const refused = await exchange()
  t.equal(refused.statusCode, 400)
  t.match(refused.json(), { error: 'invalid_grant', error_description: /within a week/ })
  isAllowed = true
  t.equal((await exchange()).statusCode, 200)
  t.equal(calls[1]?.cause.request?.url, '/oauth2/token')
})

t.test('a device whose token is refused gets access_denied', async (t) => {
  const app = (
    await startDeviceHost(t, {
      authorizeIssue: () => {
        throw denied()
      },
    })
  ).app
  const codes = await startDevice(app)
  await approve(app, 'ada', codes)
  t.same(await rejectionOf(poll(app, codes)), [400, 'access_denied'])
})

t.test('in the non-authenticated mode it is never called', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { authentication: 'none', authorizeIssue: () => t.fail('called') as never })
  await app.ready()
  await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_AUTHENTICATION_DISABLED' })
})

t.test('promise 16: another value than a function fails the boot', async (t) => {
  for (const authorizeIssue of [true, null, 'x', {}] as unknown as (() => true)[])
    await t.rejects(startHost(t, { authorizeIssue }), { message: /authorizeIssue must be a function/ })
})
