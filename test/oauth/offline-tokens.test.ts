/** The option identityProvider: the life of its tokens, with a real oidc-provider. */

import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { offlineTokens } from '../../src/oauth/provider-client/offline-tokens.ts'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { hmac, read } from '../support/forge.ts'
import { as, startHost, statusOf, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { CLIENT, type HoldingProvider, startHoldingProvider } from './holding-provider.ts'

const TOKEN = '/token'
const realNow = Date.now

/** A host whose users are signed in at the provider. */
async function startProviderHost(t: Test, provider: HoldingProvider, options: ApiTokensOptions = {}) {
  const store = countingStore(memoryTokenStore())
  const host = await startHost(
    t,
    {
      store,
      identityProvider: offlineTokens({
        ...{ issuer: provider.issuer, ...CLIENT },
        subjectToken: ({ headers }) =>
          typeof headers['x-user'] === 'string' ? provider.subjectToken(headers['x-user']) : null,
      }),
      ...options,
    },
    (app) => {
      app.get('/upstream', { onRequest: app.verifyApiToken }, async ({ apiToken }) => ({
        accessToken: apiToken?.accessToken,
        serialized: JSON.stringify(apiToken),
      }))
    },
  )
  const issue = async (user = 'ada') => {
    const answer = await host.app.inject(
      as(user, { method: 'POST', url: '/tokens', payload: { name: 'CI' } }),
    )
    if (answer.statusCode !== 201) throw new Error(answer.body)
    return answer.json() as { id: string; token: string }
  }
  return { ...host, store, issue }
}

const callsOf = ({ calls }: HoldingProvider) => calls.get(TOKEN) ?? 0

t.test(
  'a token is issued by exchange, works, and causes one refresh per minute at the provider',
  async (t) => {
    const provider = await startHoldingProvider(t)
    const { app, store, clock, issue } = await startProviderHost(t, provider)
    const { id, token } = await issue()
    t.match(token, /^[\w-]+\.[\w-]+\.[\w-]+~[\w-]+$/)
    const before = callsOf(provider)
    t.equal(await statusOf(app, token), 200)
    t.equal(callsOf(provider), before + 1)
    store.calls.clear()
    for (let n = 0; n < 5; n += 1) t.equal(await statusOf(app, token), 200)
    t.equal(callsOf(provider), before + 1, 'promise 12: warm, nobody is asked')
    t.equal(store.reads() + store.writes(), 0)
    clock.advance('60s')
    t.equal(await statusOf(app, token), 200)
    t.equal(callsOf(provider), before + 2)
    t.match(await app.apiTokens.get(id), { status: 'active', name: 'CI', useCount: 7 })
  },
)

t.test('twenty concurrent cold requests share one refresh', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, issue } = await startProviderHost(t, provider)
  const { token } = await issue()
  const before = callsOf(provider)
  const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(app, token)))
  t.same(new Set(statuses), new Set([200]))
  t.equal(callsOf(provider), before + 1)
})

t.test('a cache entry ends with its access token', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, clock, issue } = await startProviderHost(t, provider, { cache: { ttl: '1h' } })
  const { token } = await issue()
  await statusOf(app, token)
  const before = callsOf(provider)
  clock.advance(60_000 - 1)
  await statusOf(app, token)
  t.equal(callsOf(provider), before)
  clock.advance(1)
  t.equal(await statusOf(app, token), 200)
  t.equal(callsOf(provider), before + 1)
})

t.test('promise 3: an invalid signature causes no read and no call', async (t) => {
  const provider = await startHoldingProvider(t)
  const key = hs256Key()
  const { app, store, issue } = await startProviderHost(t, provider, { keys: [key] })
  const { token } = await issue()
  const [jwt = '', held = ''] = token.split('~')
  const { token: other } = await issue('bob')
  const { header, claims } = read(jwt)
  const { rt_hash: _, ...bare } = claims
  const before = callsOf(provider)
  store.calls.clear()
  for (const [why, credential] of [
    ['without the refresh token', jwt],
    ['with an empty one', `${jwt}~`],
    ['with that of another', `${jwt}~${other.split('~')[1]}`],
    ['with another end', `${jwt}~${held}x`],
    ['the refresh token alone', held],
    ['signed by a stranger', `${hmac('x'.repeat(32), header, claims)}~${held}`],
    [
      'signed well, and bound to nothing',
      `${hmac(Buffer.from(key.k ?? '', 'base64url'), header, bare)}~${held}`,
    ],
    ['signed well, and not held', hmac(Buffer.from(key.k ?? '', 'base64url'), header, bare)],
  ] as const) {
    t.equal(await statusOf(app, credential), 401, why)
  }
  t.equal(callsOf(provider), before)
  t.equal(store.reads() + store.writes(), 0)
  t.equal(await statusOf(app, token), 200, 'and the genuine one stays valid')
})

t.test('a token with a refresh token is refused without identityProvider, and the reverse', async (t) => {
  const provider = await startHoldingProvider(t)
  const shared = { store: memoryTokenStore(), keys: [hs256Key()] }
  const held = await startProviderHost(t, provider, shared)
  const { app: plain } = await startHost(t, shared)
  const { token } = await held.issue()
  t.equal(await statusOf(plain, token), 401)
  t.equal(
    await statusOf(plain, token.split('~')[0] ?? ''),
    401,
    'a token without its refresh token is refused',
  )
  const { credential } = await plain.apiTokens.issue({ userId: 'ada' })
  t.equal(await statusOf(held.app, credential), 401)
  t.equal(await statusOf(held.app, token), 200)
})

for (const [why, end] of [
  ['deactivated there', async (provider: HoldingProvider) => void provider.gone.add('ada')],
  ['revoked there', async (provider: HoldingProvider) => provider.revokeGrants('ada')],
] as const) {
  t.test(
    `promise 9: a user or grant that is ${why} at the provider ends the token, with the reason in its record`,
    async (t) => {
      const provider = await startHoldingProvider(t)
      const { app, clock, issue } = await startProviderHost(t, provider)
      const revoked: unknown[] = []
      app.apiTokens.events.on('revoked', ({ by, reason }) => revoked.push([by.kind, reason]))
      const { id, token } = await issue()
      const { token: bobs } = await issue('bob')
      t.equal(await statusOf(app, token), 200)
      await end(provider)
      t.equal(await statusOf(app, token), 200, 'a cached entry is valid for its ttl')
      clock.advance('60s')
      t.equal(await statusOf(app, token), 401)
      t.match(await app.apiTokens.get(id), { status: 'revoked', statusReason: 'provider_ended' })
      t.same(revoked, [['system', 'provider_ended']])
      const before = callsOf(provider)
      t.equal(await statusOf(app, token), 401)
      t.equal(callsOf(provider), before, 'it is not asked for again')
      t.equal(await statusOf(app, bobs), 200)
    },
  )
}

t.test('a session that was idle at the provider for thirty days ends the token', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, clock, issue } = await startProviderHost(t, provider, { idleTimeout: false })
  const { id, token } = await issue()
  moveProvidersClock(t, 29)
  t.equal(await statusOf(app, token), 200)
  clock.advance('60s')
  moveProvidersClock(t, 31)
  t.equal(await statusOf(app, token), 401)
  t.match(await app.apiTokens.get(id), { status: 'revoked', statusReason: 'provider_ended' })
})

/** Of this process, whose clock the host does not look at: it has one of the test's. */
function moveProvidersClock(t: Test, days: number): void {
  Date.now = () => realNow() + days * 86_400_000
  t.teardown(() => {
    Date.now = realNow
  })
}

t.test('an outage of the provider is 503 with Retry-After, never 401, and ends nothing', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, clock, issue } = await startProviderHost(t, provider)
  const { id, token } = await issue()
  t.equal(await statusOf(app, token), 200)
  await provider.stop()
  t.equal(await statusOf(app, token), 200, 'warm ones go on')
  clock.advance('60s')
  const answer = await app.inject(withToken(token))
  t.equal(answer.statusCode, 503)
  t.ok(answer.headers['retry-after'])
  t.equal((await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))).statusCode, 503)
  t.match(await app.apiTokens.get(id), { status: 'active' })
  await provider.restart()
  t.equal(await statusOf(app, token), 200)
})

for (const [why, answer] of [
  ['500', { status: 500, body: '{"error":"server_error"}' }],
  ['429', { status: 429, body: '{"error":"slow_down"}' }],
  ['another refusal', { status: 401, body: '{"error":"invalid_client"}' }],
  ['no JSON', { status: 200, body: '<html>' }],
  ['a huge body', { status: 200, body: `{"access_token":"${'x'.repeat(300_000)}","token_type":"bearer"}` }],
  ['no token', { status: 200, body: '{}' }],
  ['invalid_grant of a server error', { status: 503, body: '{"error":"invalid_grant"}' }],
] as const) {
  t.test(`a provider that answers with ${why} is an outage, and ends nothing`, async (t) => {
    const provider = await startHoldingProvider(t)
    const { app, issue } = await startProviderHost(t, provider)
    const { id, token } = await issue()
    provider.answer = (path) => (path === TOKEN ? answer : undefined)
    t.equal(await statusOf(app, token), 503)
    t.match(await app.apiTokens.get(id), { status: 'active' })
    provider.answer = undefined
    t.equal(await statusOf(app, token), 200)
  })
}

t.test('a provider that does not answer is an outage after five seconds', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, issue } = await startProviderHost(t, provider)
  const { token } = await issue()
  provider.answer = (path) => (path === TOKEN ? { status: 200, body: '{}', delayMs: 60_000 } : undefined)
  const before = performance.now()
  t.equal(await statusOf(app, token), 503)
  t.ok(performance.now() - before < 8_000)
})

t.test(
  'a provider that rotates refresh tokens is refused at issue with the reason, and nothing is stored',
  async (t) => {
    const provider = await startHoldingProvider(t, { rotates: true })
    const { app } = await startProviderHost(t, provider)
    const answer = await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))
    t.match(
      [answer.statusCode, answer.json()],
      [403, { code: 'FST_API_TOKENS_PROVIDER_REFUSED', message: /rotates/ }],
    )
    t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
    t.ok(provider.calls.get('/token/revocation'), 'the received refresh token is revoked')
  },
)

t.test('a refusal of the provider at issue is 403, a user without a session there is 401', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app } = await startProviderHost(t, provider)
  provider.gone.add('eve')
  const refused = await app.inject(as('eve', { method: 'POST', url: '/tokens', payload: {} }))
  t.match([refused.statusCode, refused.json().code], [403, 'FST_API_TOKENS_PROVIDER_REFUSED'])
  const { app: signedOut } = await startHost(t, {
    identityProvider: offlineTokens({ ...{ issuer: provider.issuer, ...CLIENT }, subjectToken: () => null }),
  })
  const reissued = await signedOut.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))
  t.match([reissued.statusCode, reissued.json().code], [401, 'FST_API_TOKENS_USER_REQUIRED'])
  const { app: wrong } = await startHost(t, {
    identityProvider: offlineTokens({
      ...{ issuer: provider.issuer, ...CLIENT },
      subjectToken: (() => ({ access_token: 'x' })) as never,
    }),
  })
  const fault = await wrong.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))
  t.match([fault.statusCode, fault.json().code], [500, 'FST_API_TOKENS_INVALID_RESULT'])
})

t.test('code can issue only with a subject token', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app } = await startProviderHost(t, provider)
  const subjectToken = await provider.subjectToken('ada')
  const { credential } = await app.apiTokens.issue({ userId: 'ada', subjectToken })
  t.equal(await statusOf(app, credential), 200)
  await t.rejects(app.apiTokens.issue({ userId: 'ada' }), {
    code: 'FST_ERR_VALIDATION',
    message: /subjectToken/,
  })
  const { app: plain } = await startHost(t)
  await t.rejects(plain.apiTokens.issue({ userId: 'ada', subjectToken }), { code: 'FST_ERR_VALIDATION' })
})

t.test('an issue that fails revokes the refresh token at the provider', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, issue } = await startProviderHost(t, provider, { maxTokensPerUser: 1 })
  await issue()
  t.equal((await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))).statusCode, 409)
  t.equal(provider.calls.get('/token/revocation'), 1)
})

t.test(
  'a rotation gets another refresh token; the old one ends at the first use of the new token',
  async (t) => {
    const provider = await startHoldingProvider(t)
    const { app, issue } = await startProviderHost(t, provider)
    const { id, token } = await issue()
    const answer = await app.inject(as('ada', { method: 'POST', url: `/tokens/${id}/rotate`, payload: {} }))
    t.equal(answer.statusCode, 201)
    t.equal(await statusOf(app, token), 200)
    t.equal(await statusOf(app, answer.json().token), 200)
    t.equal(await statusOf(app, token), 401)
  },
)

t.test('a disabled, expired or revoked token is refused without a call to the provider', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, issue } = await startProviderHost(t, provider)
  const { id, token } = await issue()
  await statusOf(app, token)
  const before = callsOf(provider)
  await app.apiTokens.update(id, { status: 'inactive' })
  t.equal(await statusOf(app, token), 401)
  await app.apiTokens.update(id, { status: 'active' })
  await app.apiTokens.deactivateUser('ada')
  t.equal(await statusOf(app, token), 401)
  await app.apiTokens.reactivateUser('ada')
  t.equal(callsOf(provider), before)
  t.equal(await statusOf(app, token), 200)
  await app.apiTokens.revoke(id)
  t.equal(await statusOf(app, token), 401)
  t.equal(callsOf(provider), before + 1)
})

t.test(
  'the handler has the provider’s access token, and what is logged or serialized does not',
  async (t) => {
    const provider = await startHoldingProvider(t)
    const { app, issue } = await startProviderHost(t, provider)
    const { token } = await issue()
    const { accessToken, serialized } = (await app.inject(withToken(token, '/upstream'))).json()
    t.type(accessToken, 'string')
    t.ok(accessToken.length > 20)
    t.notOk(serialized.includes(accessToken))
    const { app: plain } = await startHost(t)
    const { credential } = await plain.apiTokens.issue({ userId: 'ada' })
    t.equal((await plain.apiTokens.verify(credential)).accessToken, null)
  },
)

t.test('promise 10: such a token cannot issue tokens', async (t) => {
  const provider = await startHoldingProvider(t)
  const { app, issue } = await startProviderHost(t, provider)
  const { token } = await issue()
  const answer = await app.inject({ ...withToken(token, '/tokens'), method: 'GET' })
  t.match([answer.statusCode, answer.json().code], [403, 'FST_API_TOKENS_SESSION_ONLY'])
  t.equal((await app.inject(withToken(token, '/tokens/current'))).statusCode, 200)
})

t.test('promise 2: neither token of the provider is in the store', async (t) => {
  const provider = await startHoldingProvider(t)
  const store = memoryTokenStore()
  const { app, issue } = await startProviderHost(t, provider, { store })
  const { id, token } = await issue()
  const { accessToken } = (await app.inject(withToken(token, '/upstream'))).json()
  const row = JSON.stringify(await findToken(store, id))
  t.notOk(row.includes(token.split('~')[1] ?? '?') || row.includes(accessToken))
})

t.test('wrong options fail the boot and are named', async (t) => {
  const good = { issuer: 'https://id.example.com', ...CLIENT, subjectToken: () => 'x' }
  for (const [options, message] of [
    [{ ...good, issuer: 'id' }, /offlineTokens\.issuer must be an https URL/],
    [{ ...good, issuer: 'http://id.example.com' }, /offlineTokens\.issuer/],
    [{ ...good, client_id: '' }, /offlineTokens\.client_id/],
    [{ ...good, client_secret: undefined }, /offlineTokens\.client_secret/],
    [{ ...good, token_endpoint_auth_method: 'none' }, /offlineTokens\.client_secret is not used by none/],
    [{ ...good, subjectToken: undefined }, /offlineTokens\.subjectToken is required/],
    [{ ...good, subjectToken: 'x' }, /offlineTokens\.subjectToken must be a function/],
    [{ ...good, token_endpoint_auth_method: 'x' }, /token_endpoint_auth_method must be/],
    [{ ...good, scope: 1 }, /offlineTokens\.scope/],
    [{ ...good, secret: 1 }, /offlineTokens\.secret is not an option/],
    [{ ...good, iss: 'https://app.example.com' }, /offlineTokens\.iss is not an option/],
  ] as const) {
    t.throws(() => offlineTokens(options as never), { code: 'FST_API_TOKENS_INVALID_OPTION', message })
  }
  const identityProvider = offlineTokens(good)
  const issuer = 'https://app.example.com'
  for (const oauth of [{ device: {} }, { trustedIssuers: [] }]) {
    await t.rejects(startHost(t, { issuer, identityProvider, oauth }), /cannot be used with identityProvider/)
  }
  await t.rejects(
    startHost(t, { issuer, identityProvider, ownerTypes: ['org'] }),
    /ownerTypes cannot be used with identityProvider: each token ends with its user there/,
  )
  for (const wrong of ['https://id.example.com', { ...good }, null]) {
    await t.rejects(
      startHost(t, { identityProvider: wrong as never }),
      /identityProvider must be what offlineTokens/,
    )
  }
  await t.rejects(startHost(t, { issuer: identityProvider as never }), /issuer must be a string/)
  const { app } = await startHost(t, { issuer, identityProvider, oauth: {} })
  t.equal(
    (await app.inject('/.well-known/oauth-authorization-server')).json().issuer,
    'https://app.example.com',
  )
})

t.test(
  'promise 16: with an identity provider credentials are JWTs: a compact one carries nothing',
  async (t) => {
    const provider = await startHoldingProvider(t)
    const compact = { credentials: 'compact', tokenPrefix: 'acme_' } as const
    await t.rejects(startProviderHost(t, provider, compact), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message:
        /credentials must be 'jwt' with identityProvider: a compact credential carries no refresh token$/,
    })
    const [store, keys] = [memoryTokenStore(), [hs256Key()]]
    const earlier = await startHost(t, { store, keys, ...compact })
    const { credential } = await earlier.app.apiTokens.issue({ userId: 'ada' })
    const { app } = await startProviderHost(t, provider, { store, keys, tokenPrefix: 'acme_' })
    t.equal(await statusOf(earlier.app, credential), 200)
    t.equal(await statusOf(app, credential), 401, 'issued before there was a provider')
  },
)
