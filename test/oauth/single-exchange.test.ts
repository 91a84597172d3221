/** A subject token can be exchanged once across all instances. A failed exchange does not count. */

import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { ApiTokensOptions, TrustedIssuer } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { twin } from '../support/forge.ts'
import { startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { form } from './oauth-host.ts'
import { AUDIENCE, startFaultyProvider } from './provider.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'
const ID_TOKEN = { typ: 'JWT' }

/** Hosts that share a store, its clock and keys; `exchange` asks the n-th of them. */
async function start(
  t: Test,
  {
    trusted = {},
    instances = 1,
    ...options
  }: ApiTokensOptions & { trusted?: Partial<TrustedIssuer>; instances?: number } = {},
) {
  const provider = await startFaultyProvider(t)
  const clock = manualClock(Date.now())
  const store = options.store ?? memoryTokenStore({ clock })
  const keys = [hs256Key()]
  const user = ({ sub }: { sub: string }) => ({ id: sub })
  const issuer = { issuer: provider.issuer, audience: AUDIENCE, user, ...trusted }
  const hosts = []
  for (let n = 0; n < instances; n += 1) {
    hosts.push(
      await startHost(t, {
        ...{ issuer: 'https://app.example.com', keys, clock, scopes: { a: 'A', b: 'B' } },
        ...options,
        store,
        oauth: {
          clients: [{ client_id: 'ci', token_endpoint_auth_method: 'none', grant_types: [EXCHANGE] }],
          trustedIssuers: [{ subjectTokenTypes: ['id_token', 'access_token'], ...issuer }],
        },
      }),
    )
  }
  const apps = hosts.map(({ app }) => app)
  const exchange = (subject_token: string, members: Record<string, string> = {}, n = 0) =>
    apps[n]?.inject(
      form('/oauth2/token', {
        ...{ grant_type: EXCHANGE, client_id: 'ci', subject_token },
        ...{ subject_token_type: `${TYPE}id_token`, ...members },
      }),
    ) ?? Promise.reject(new Error('there is no such instance'))
  const [app] = apps
  if (app === undefined) throw new Error('there is no instance')
  const living = async () => (await app.apiTokens.list({ userId: 'ada', status: 'active' })).total
  return { provider, clock, exchange, app, apps, living }
}

const accessToken = { subject_token_type: `${TYPE}access_token` }
const USED = { error: 'invalid_request', error_description: 'The subject_token has already been exchanged' }

t.test('an ID token can be exchanged once across all instances', async (t) => {
  const { provider, exchange, living } = await start(t, { instances: 3 })
  for (const claims of [{ jti: 'one' }, { jti: '' }, {}]) {
    const before = await living()
    const token = await provider.sign(claims, ID_TOKEN)
    const answers = await Promise.all(Array.from({ length: 9 }, (_, n) => exchange(token, {}, n % 3)))
    const statuses = answers.map(({ statusCode }) => statusCode).sort()
    t.same(statuses, [200, ...Array.from({ length: 8 }, () => 400)], JSON.stringify(claims))
    for (const answer of answers.filter(({ statusCode }) => statusCode === 400)) t.match(answer.json(), USED)
    t.match((await exchange(token, {}, 2)).json(), USED)
    t.equal(await living(), Number(before) + 1)
  }
})

t.test('an ID token is identified by its jti, or by the signed text without one', async (t) => {
  const { provider, exchange } = await start(t)
  const first = await provider.sign({ jti: 'one' }, ID_TOKEN)
  t.equal((await exchange(first)).statusCode, 200)
  const sameId = await provider.sign({ jti: 'one', nonce: 'another' }, ID_TOKEN)
  t.match((await exchange(sameId)).json(), USED)
  t.equal((await exchange(await provider.sign({ jti: 'two' }, ID_TOKEN))).statusCode, 200)
  const bare = await provider.sign({}, ID_TOKEN)
  t.equal((await exchange(bare)).statusCode, 200)
  t.match((await exchange(twin(bare))).json(), USED, 'the second valid form of its ECDSA signature')
  t.equal((await exchange(await provider.sign({ nonce: 'n' }, ID_TOKEN))).statusCode, 200)
})

t.test('the same jti of two issuers identifies two tokens', async (t) => {
  const [first, second] = [await start(t), await startFaultyProvider(t)]
  const { app } = await startHost(t, {
    issuer: 'https://app.example.com',
    clock: manualClock(Date.now()),
    oauth: {
      clients: [{ client_id: 'ci', token_endpoint_auth_method: 'none', grant_types: [EXCHANGE] }],
      trustedIssuers: [first.provider, second].map(({ issuer }, n) => ({
        ...{ issuer, audience: AUDIENCE, subjectTokenTypes: ['id_token'] as const },
        user: ({ sub }) => ({ id: `${n}:${sub}` }),
      })),
    },
  })
  for (const provider of [first.provider, second]) {
    const subject_token = await provider.sign({ jti: 'one' }, ID_TOKEN)
    const members = { grant_type: EXCHANGE, client_id: 'ci', subject_token_type: `${TYPE}id_token` }
    t.equal((await app.inject(form('/oauth2/token', { ...members, subject_token }))).statusCode, 200)
  }
})

t.test('its use is stored until exp plus the 30 s of clock tolerance', async (t) => {
  const { provider, exchange, clock } = await start(t)
  const exp = Math.floor(clock.now() / 1000) + 60
  const token = await provider.sign({ exp, jti: 'one' }, ID_TOKEN)
  t.equal((await exchange(token)).statusCode, 200)
  clock.advance((exp + 30) * 1000 - 1 - clock.now())
  t.match((await exchange(token)).json(), USED)
  clock.advance(1)
  t.match((await exchange(token)).json(), { error_description: 'The subject_token is not valid' })
  const fractional = await provider.sign({ exp: exp + 1000.5, jti: 'two' }, ID_TOKEN)
  t.equal((await exchange(fractional)).statusCode, 200)
  clock.advance((exp + 1030) * 1000 + 999 - clock.now())
  t.match((await exchange(fractional)).json(), USED)
})

t.test('an instance with a late clock does not accept it a second time', async (t) => {
  let lateMs = 0
  let now = () => Date.now()
  const { provider, exchange, clock } = await start(t, { clock: { now: () => now() - lateMs } })
  now = () => clock.now()
  const exp = Math.floor(clock.now() / 1000) + 60
  const token = await provider.sign({ exp, jti: 'one' }, ID_TOKEN)
  t.equal((await exchange(token)).statusCode, 200)
  clock.advance('6m')
  lateMs = 330_000
  t.match((await exchange(token)).json(), USED, 'by its clock the token has not expired')
})

t.test('an access token can be exchanged repeatedly, with singleUse only once', async (t) => {
  const many = await start(t)
  const token = await many.provider.sign({ jti: 'one' })
  for (let n = 0; n < 3; n += 1) t.equal((await many.exchange(token, accessToken)).statusCode, 200)
  const once = await start(t, { trusted: { singleUse: true } })
  const other = await once.provider.sign({ jti: 'one' })
  t.equal((await once.exchange(other, accessToken)).statusCode, 200)
  t.match((await once.exchange(other, accessToken)).json(), USED)
  const any = await start(t, { trusted: { singleUse: true, subjectTokenTypes: ['jwt'] } })
  const third = await any.provider.sign({}, ID_TOKEN)
  const jwt = { subject_token_type: `${TYPE}jwt` }
  t.equal((await any.exchange(third, jwt)).statusCode, 200)
  t.match((await any.exchange(third, jwt)).json(), USED)
})

t.test('a refused exchange does not count', async (t) => {
  const user = { id: 'ada', scopes: ['a'] }
  const { provider, exchange, app, living } = await start(t, {
    maxTokensPerUser: 1,
    trusted: { user: () => user },
  })
  const token = await provider.sign({ jti: 'one' }, ID_TOKEN)
  t.match((await exchange(token, { scope: 'b' })).json(), { error: 'invalid_scope' })
  t.match((await exchange(token, { expires_in: '0' })).json(), { error: 'invalid_request' })
  t.match((await exchange(token, { name: 'a\u0007' })).json(), { error: 'invalid_request' })
  await app.apiTokens.deactivateUser('ada')
  t.match((await exchange(token)).json(), { error: 'invalid_grant' })
  await app.apiTokens.reactivateUser('ada')
  const { token: other } = await app.apiTokens.issue({ userId: 'ada' })
  t.match((await exchange(token)).json(), { error: 'invalid_grant' })
  await app.apiTokens.revoke(other.id)
  t.equal((await exchange(token)).statusCode, 200)
  t.match((await exchange(token)).json(), USED)
  t.equal(await living(), 1)
})

for (const [what, fail] of [
  ['before anything is stored', async () => Promise.reject(new Error('gone'))],
  [
    'when its answer is lost',
    async (insert: () => Promise<unknown>) => {
      await insert()
      throw new Error('gone')
    },
  ],
] as const) {
  t.test(
    `an exchange that fails because of an outage of the store ${what} does not count and leaves no active token`,
    async (t) => {
      const store = memoryTokenStore()
      const { provider, exchange, living, app } = await start(t, { store })
      const token = await provider.sign({ jti: 'one' }, ID_TOKEN)
      const insert: TokenStore['insertToken'] = store.insertToken.bind(store)
      store.insertToken = (draft, rules) => fail(() => insert(draft, rules)) as never
      t.equal((await exchange(token)).statusCode, 503)
      store.insertToken = insert
      t.equal(await living(), 0)
      const answer = await exchange(token)
      t.equal(answer.statusCode, 200)
      t.equal(await statusOf(app, answer.json().access_token), 200)
      t.match((await exchange(token)).json(), USED)
      t.equal(await living(), 1)
    },
  )
}

t.test('a reservation whose response was lost is released', async (t) => {
  const store = memoryTokenStore()
  const { provider, exchange, living } = await start(t, { store })
  const token = await provider.sign({ jti: 'one' }, ID_TOKEN)
  const take: TokenStore['acquireLease'] = store.acquireLease.bind(store)
  store.acquireLease = async (lease) => {
    await take(lease)
    throw new Error('gone')
  }
  t.equal((await exchange(token)).statusCode, 503)
  store.acquireLease = take
  t.equal((await exchange(token)).statusCode, 200)
  t.match((await exchange(token)).json(), USED)
  t.equal(await living(), 1)
})

t.test(
  'a host that changes its copy of the claims does not change which token counts as exchanged',
  async (t) => {
    const change = (claims: object) =>
      Object.assign(claims, { jti: randomUUID(), iss: randomUUID(), exp: 0, groups: ['admin'] })
    const seen: unknown[] = []
    const { provider, exchange } = await start(t, {
      trusted: {
        user: (claims) => {
          change(claims)
          return { id: 'ada' }
        },
        scopes: (claims) => {
          seen.push(claims['groups'], claims['jti'])
          change(claims)
          return ['a']
        },
      },
    })
    const token = await provider.sign({ jti: 'one', groups: ['staff'] }, ID_TOKEN)
    t.equal((await exchange(token)).statusCode, 200)
    t.match((await exchange(token)).json(), USED)
    t.same(new Set(seen.flat()), new Set(['staff', 'one']), 'nor what scopes(claims) sees')
  },
)

t.test('the subject token stays used if it is unknown whether a token was issued', async (t) => {
  const store = memoryTokenStore()
  const { provider, exchange } = await start(t, { store })
  const token = await provider.sign({ jti: 'one' }, ID_TOKEN)
  const { insertToken, findTokens } = store
  const gone = async () => Promise.reject(new Error('gone'))
  Object.assign(store, { insertToken: gone, findTokens: gone })
  t.equal((await exchange(token)).statusCode, 503)
  Object.assign(store, { insertToken: insertToken.bind(store), findTokens: findTokens.bind(store) })
  t.match((await exchange(token)).json(), USED)
})

t.test('scopes(claims) limits the granted scopes', async (t) => {
  const seen: unknown[] = []
  const { provider, exchange } = await start(t, {
    trusted: {
      scopes: async (claims) => {
        seen.push(claims.sub)
        return claims['job'] === 'deploy' ? ['b', 'c'] : []
      },
    },
  })
  const sign = (job: string) => provider.sign({ job })
  const granted = await exchange(await sign('deploy'), { ...accessToken, scope: 'a b' })
  t.equal(granted.json().scope, 'b')
  t.match((await exchange(await sign('deploy'), { ...accessToken, scope: 'a' })).json(), {
    error: 'invalid_scope',
  })
  t.match((await exchange(await sign('test'), { ...accessToken, scope: 'a b' })).json(), {
    error: 'invalid_scope',
  })
  t.equal((await exchange(await sign('test'), accessToken)).statusCode, 200, 'nothing is asked for')
  t.same(new Set(seen), new Set(['ada']))
})

t.test('an error of scopes() is 503, an invalid result 500, and no token is issued', async (t) => {
  const fail = () => {
    throw new Error('the database is gone')
  }
  for (const [scopes, status] of [
    [fail, 503],
    [async () => fail(), 503],
    [() => undefined, 500],
    [() => null, 500],
    [() => 'a', 500],
    [() => [7], 500],
    [() => Object.assign(['a'], { length: 2 }), 500],
    [() => new Set(['a']), 500],
  ] as const) {
    const { provider, exchange, living } = await start(t, { trusted: { scopes: scopes as never } })
    const answer = await exchange(await provider.sign({}), { ...accessToken, scope: 'a' })
    t.equal(answer.statusCode, status)
    t.equal(await living(), 0)
  }
})
