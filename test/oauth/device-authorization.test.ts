/** Device authorization (RFC 8628): from the first request to the token, with all errors. */

import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t from 'tap'
import { devicesOf } from '../../src/store/devices-of.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { statusOf } from '../support/host.ts'
import { ed25519Key, es256Key, hs256Key } from '../support/keys.ts'
import { pausedStore } from '../support/paused-store.ts'
import {
  approve,
  CLI,
  DEVICE_CODE,
  enter,
  ISSUER,
  poll,
  rejectionOf,
  start,
  startDeviceHost,
} from './device-host.ts'
import { BASIC, basic, form, insecure, keyClient, SECRET, startOAuthHost } from './oauth-host.ts'

const START = '/oauth2/device_authorization'

t.test('RFC 8628 §3: openid-client gets a token while its user approves', async (t) => {
  const { app, issuer } = await startOAuthHost(t, {
    oauth: { clients: [CLI], device: { interval: '1s' } },
    scopes: { 'models:read': 'List the models' },
  })
  const config = await openid.discovery(new URL(issuer), 'bodhi-cli', undefined, openid.None(), {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
  })
  const codes = await openid.initiateDeviceAuthorization(config, { scope: 'models:read chat:write' })
  t.equal(codes.verification_uri, `${issuer}/oauth2/device`)
  const approved = enter(app, 'ada', codes.user_code, { decision: 'approve', name: 'My laptop' })
  const token = await openid.pollDeviceAuthorizationGrant(config, codes)
  t.equal((await approved).statusCode, 200)
  t.match(token, { token_type: 'bearer', scope: 'models:read chat:write', expires_in: 7_776_000 })
  t.equal(await statusOf(app, token.access_token), 200)
  const { data } = await app.apiTokens.list({ userId: 'ada' })
  t.match(data, [{ userId: 'ada', name: 'My laptop', scopes: ['models:read', 'chat:write'] }])
})

t.test('RFC 8628 §3.1, §3.4: oauth4webapi, with a client of each method', async (t) => {
  const { client: signer, key } = await keyClient()
  const grant_types = [DEVICE_CODE]
  const { app, server } = await startOAuthHost(t, {
    oauth: { clients: [CLI, { ...BASIC, grant_types }, { ...signer, grant_types }], device: {} },
  })
  for (const [{ client_id }, auth] of [
    [CLI, oauth.None()],
    [BASIC, oauth.ClientSecretBasic(SECRET)],
    [signer, oauth.PrivateKeyJwt({ key, kid: 'client-key' })],
  ] as const) {
    const client = { client_id }
    const asked = await oauth.deviceAuthorizationRequest(
      server,
      client,
      auth,
      new URLSearchParams(),
      insecure,
    )
    const codes = await oauth.processDeviceAuthorizationResponse(server, client, asked)
    await enter(app, 'ada', codes.user_code, { decision: 'approve' })
    const answer = await oauth.deviceCodeGrantRequest(server, client, auth, codes.device_code, insecure)
    const token = await oauth.processDeviceCodeResponse(server, client, answer)
    t.equal(await statusOf(app, token.access_token), 200, client_id)
  }
  const { data } = await app.apiTokens.list({ userId: 'ada' })
  t.same(new Set(data.map(({ name }) => name)), new Set(['Bodhi on the command line', 'gate: way', 'signer']))
})

t.test('RFC 8628 §4: the metadata names the endpoint and the grant if they are enabled', async (t) => {
  const metadata = '/.well-known/oauth-authorization-server'
  const { app } = await startDeviceHost(t)
  t.match((await app.inject(metadata)).json(), {
    device_authorization_endpoint: `${ISSUER}${START}`,
    grant_types_supported: [DEVICE_CODE],
  })
  const { app: without } = await startDeviceHost(t, { oauth: { clients: [CLI] } })
  const said = (await without.inject(metadata)).json()
  t.notOk('device_authorization_endpoint' in said)
  t.same(said.grant_types_supported, [])
  for (const url of [START, '/oauth2/device']) {
    t.equal((await without.inject(form(url, { client_id: 'bodhi-cli' }))).statusCode, 404)
  }
  t.same(await rejectionOf(poll(without, { device_code: 'x' })), [400, 'unsupported_grant_type'])
})

t.test('RFC 8628 §3.2: the response has all members, no-store and URLs of the issuer', async (t) => {
  const { app } = await startDeviceHost(t, {
    oauth: { clients: [CLI], device: { expiresIn: '20m', interval: 7_000 } },
  })
  const answer = await app.inject({
    ...form(START, { client_id: 'bodhi-cli' }),
    headers: { host: 'evil.example', 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.equal(answer.headers['cache-control'], 'no-store')
  const { user_code: code, device_code: device, ...rest } = answer.json()
  t.match(code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  t.match(device, /^[\w-]{43}$/)
  t.strictSame(rest, {
    verification_uri: `${ISSUER}/oauth2/device`,
    verification_uri_complete: `${ISSUER}/oauth2/device?user_code=${code}`,
    expires_in: 1_200,
    interval: 7,
  })
})

t.test('RFC 8628 §3.1: an invalid request is refused at the start', async (t) => {
  const other = { ...CLI, client_id: 'other', grant_types: [] }
  const secret = { ...BASIC, grant_types: [DEVICE_CODE] }
  const { app } = await startDeviceHost(t, { oauth: { clients: [CLI, other, secret], device: {} } })
  for (const [members, status, error] of [
    [{ client_id: 'nobody' }, 401, 'invalid_client'],
    [{}, 401, 'invalid_client'],
    [{ client_id: 'other' }, 400, 'unauthorized_client'],
    [{ client_id: BASIC.client_id }, 401, 'invalid_client'],
    [{ client_id: 'bodhi-cli', scope: 'nothing:known' }, 400, 'invalid_scope'],
    [{ client_id: 'bodhi-cli', scope: 'a"b' }, 400, 'invalid_scope'],
    [{ client_id: 'bodhi-cli', name: 'x'.repeat(101) }, 400, 'invalid_request'],
    [{ client_id: 'bodhi-cli', name: 'a\u0000b' }, 400, 'invalid_request'],
  ] as const) {
    t.same(await rejectionOf(app.inject(form(START, members))), [status, error], JSON.stringify(members))
  }
  const wrong = basic(BASIC.client_id, 'x'.repeat(32))
  t.same(await rejectionOf(app.inject(form(START, { scope: '' }, wrong))), [401, 'invalid_client'])
  const { user_code: code } = await start(app, { scope: 'models:read nothing:known' })
  t.match((await enter(app, 'ada', code)).body, /models:read/)
  t.notMatch((await enter(app, 'ada', code)).body, /nothing:known/)
})

t.test('RFC 8628 §3.5: pending, slow_down that lasts, approved', async (t) => {
  const { app, clock } = await startDeviceHost(t)
  const codes = await start(app)
  const PENDING = [400, 'authorization_pending']
  t.same(await rejectionOf(poll(app, codes)), PENDING)
  clock.advance('5s')
  t.same(await rejectionOf(poll(app, codes)), PENDING)
  clock.advance('4s')
  t.same(await rejectionOf(poll(app, codes)), [400, 'slow_down'])
  clock.advance('9s')
  t.same(await rejectionOf(poll(app, codes)), [400, 'slow_down'], 'five seconds more, for all that follow')
  clock.advance('15s')
  t.same(await rejectionOf(poll(app, codes)), PENDING)
  await approve(app, 'ada', codes)
  const answer = await poll(app, codes)
  t.equal(answer.statusCode, 200, 'an approved authorization does not count as pending')
  t.equal(answer.headers['cache-control'], 'no-store')
  const { access_token: credential, ...rest } = answer.json()
  t.strictSame(rest, { token_type: 'Bearer', scope: 'models:read', expires_in: 7_776_000 })
  t.equal(await statusOf(app, credential), 200)
})

t.test('promise 9: an approval ends with all tokens of its user, also of one who returns', async (t) => {
  for (const known of [true, false]) {
    for (const end of ['revoke all', 'remove'] as const) {
      const { app } = await startDeviceHost(t)
      if (known) await app.apiTokens.issue({ userId: 'ada' })
      const [before, after] = [await start(app), await start(app)]
      await approve(app, 'ada', before)
      if (end === 'revoke all') await app.apiTokens.revokeAll({ userId: 'ada', reason: 'leaked' })
      else {
        await app.apiTokens.removeUser('ada')
        await app.apiTokens.reactivateUser('ada')
      }
      t.same(await rejectionOf(poll(app, before)), [400, 'access_denied'], end)
      await approve(app, 'ada', after)
      t.equal((await poll(app, after)).statusCode, 200, 'a later approval counts')
    }
  }
})

t.test('RFC 8628 §3.5: denied, expired, used twice, of another client, guessed', async (t) => {
  const other = { ...CLI, client_id: 'other' }
  const { app, clock } = await startDeviceHost(t, { oauth: { clients: [CLI, other], device: {} } })
  const [denied, expired, used] = [await start(app), await start(app), await start(app)]
  t.equal((await enter(app, 'ada', denied.user_code, { decision: 'deny' })).statusCode, 200)
  t.same(await rejectionOf(poll(app, denied)), [400, 'access_denied'])
  t.same(await rejectionOf(poll(app, { device_code: 'x'.repeat(43) })), [400, 'invalid_grant'])
  t.same(await rejectionOf(poll(app, { device_code: '' })), [400, 'invalid_request'])
  t.same(await rejectionOf(poll(app, used, 'other')), [400, 'invalid_grant'])
  await approve(app, 'ada', used)
  t.equal((await poll(app, used)).statusCode, 200)
  t.same(await rejectionOf(poll(app, used)), [400, 'invalid_grant'])
  clock.advance('10m')
  t.same(await rejectionOf(poll(app, expired)), [400, 'expired_token'])
  t.equal((await enter(app, 'ada', expired.user_code, { decision: 'approve' })).statusCode, 400)
  clock.advance('9m')
  await app.apiTokens.sweep()
  t.same(await rejectionOf(poll(app, expired)), [400, 'expired_token'])
  clock.advance('2m')
  await app.apiTokens.sweep()
  t.same(await rejectionOf(poll(app, expired)), [400, 'invalid_grant'], 'and then it is deleted')
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
})

t.test('an approval that is not redeemed in time gives no token', async (t) => {
  const { app, clock } = await startDeviceHost(t)
  const codes = await start(app)
  await approve(app, 'ada', codes)
  clock.advance('10m')
  t.same(await rejectionOf(poll(app, codes)), [400, 'expired_token'])
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
})

t.test('ten concurrent polls after the approval get one token', async (t) => {
  const { app } = await startDeviceHost(t)
  const codes = await start(app)
  await approve(app, 'ada', codes)
  const answers = await Promise.all(Array.from({ length: 10 }, () => poll(app, codes)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1)
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
})

t.test('while a token is being issued, a second poll gets authorization_pending and no token', async (t) => {
  const store = pausedStore(memoryTokenStore())
  const { app } = await startDeviceHost(t, { store })
  const codes = await start(app)
  await approve(app, 'ada', codes)
  const { held, release } = store.hold('insertToken', 'before')
  const first = poll(app, codes)
  await held
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'])
  release()
  t.equal((await first).statusCode, 200)
  t.same(await rejectionOf(poll(app, codes)), [400, 'invalid_grant'])
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
})

t.test('promise 9: the owner is checked again when the token is issued', async (t) => {
  const users = new Map<string, { active: boolean; scopes?: string[] }>()
  const { app } = await startDeviceHost(t, { findUser: (id) => users.get(id) ?? { active: true } })
  const approved = async () => {
    const codes = await start(app, { scope: 'models:read chat:write' })
    await approve(app, 'ada', codes)
    return codes
  }
  const [deactivated, gone, cut, bare] = [
    await approved(),
    await approved(),
    await approved(),
    await approved(),
  ]
  await app.apiTokens.deactivateUser('ada')
  t.same(await rejectionOf(poll(app, deactivated)), [400, 'access_denied'])
  await app.apiTokens.reactivateUser('ada')
  users.set('ada', { active: false })
  t.same(await rejectionOf(poll(app, gone)), [400, 'access_denied'])
  users.set('ada', { active: true, scopes: ['chat:write'] })
  t.equal((await poll(app, cut)).json().scope, 'chat:write')
  users.set('ada', { active: true, scopes: [] })
  t.same(await rejectionOf(poll(app, bare)), [400, 'access_denied'])
})

t.test(
  'the event of a device token names the user who approved and the address of the program',
  async (t) => {
    const { app } = await startDeviceHost(t)
    const issued: unknown[] = []
    app.apiTokens.events.on('issued', ({ by }) => issued.push(by))
    const codes = await start(app)
    await approve(app, 'ada', codes)
    await poll(app, codes)
    t.same(issued, [{ kind: 'user', id: 'ada', ip: '127.0.0.1' }])
  },
)

t.test('a device token is issued with one call of findUser, and so is its approval', async (t) => {
  const asked: string[] = []
  const findUser = (id: string) => {
    asked.push(id)
    return { active: true }
  }
  const { app } = await startDeviceHost(t, { findUser })
  const codes = await start(app)
  t.same(asked, [], 'a code has no user yet')
  await approve(app, 'ada', codes)
  t.same(asked.splice(0), ['ada'], 'the approval')
  t.equal((await poll(app, codes)).statusCode, 200)
  t.same(asked, ['ada'], 'the token')
})

t.test('the clock of a memory store is checked', async (t) => {
  const wrong = /memoryTokenStore: clock must have a now\(\)/
  for (const clock of [null, 1, {}]) t.throws(() => memoryTokenStore({ clock } as never), { message: wrong })
  t.throws(() => memoryTokenStore({ now: 1 } as never), { message: /memoryTokenStore: now is not an option/ })
})

t.test('a user at the limit of tokens gets no other, and the program gets access_denied', async (t) => {
  const { app } = await startDeviceHost(t, { maxTokensPerUser: 1 })
  const [first, second] = [await start(app), await start(app)]
  await approve(app, 'ada', first)
  await approve(app, 'ada', second)
  t.equal((await poll(app, first)).statusCode, 200)
  t.same(await rejectionOf(poll(app, second)), [400, 'access_denied'])
})

t.test('the token expires after 90 days, tokenLifetime or expiry.max', async (t) => {
  for (const [tokenLifetime, max, expected] of [
    [undefined, undefined, 7_776_000],
    ['30d', undefined, 2_592_000],
    [undefined, '1h', 3_600],
    ['1h', '2h', 3_600],
    ['2h', '1h', 3_600],
  ] as const) {
    const { app } = await startDeviceHost(t, {
      ...(max && { expiry: { max } }),
      oauth: { clients: [CLI], device: { ...(tokenLifetime && { tokenLifetime }) } },
    })
    const codes = await start(app)
    await approve(app, 'ada', codes)
    t.match((await poll(app, codes)).json(), { expires_in: expected })
  }
})

t.test(
  'RFC 8628 §3.2: a client with too many pending authorizations gets 429, another does not',
  async (t) => {
    const other = { ...CLI, client_id: 'other' }
    const { app, clock } = await startDeviceHost(t, {
      oauth: { clients: [CLI, other], device: { maxPending: 2 } },
    })
    const begin = (client_id = 'bodhi-cli') => app.inject(form(START, { client_id }))
    const [first] = [await start(app), await start(app)]
    const refused = await begin()
    t.same([refused.statusCode, refused.json().error], [429, 'temporarily_unavailable'])
    t.equal(refused.headers['retry-after'], '60')
    t.equal(refused.headers['cache-control'], 'no-store')
    t.equal((await begin('other')).statusCode, 200)
    await approve(app, 'ada', first)
    t.equal((await begin()).statusCode, 200, 'one was decided')
    t.equal((await begin()).statusCode, 429)
    clock.advance('10m')
    const starts = await Promise.all(Array.from({ length: 8 }, () => begin()))
    t.equal(starts.filter(({ statusCode }) => statusCode === 200).length, 2, 'the others have expired')
  },
)

t.test(
  'a client that keeps its interval never gets slow_down from instances whose clocks differ by five minutes',
  async (t) => {
    const filename = join(t.testdir(), 'tokens.db')
    const key = ed25519Key()
    const apart = async (ms: number) =>
      (
        await startDeviceHost(t, {
          ...{ keys: [key], clock: { now: () => Date.now() + ms } },
          store: sqliteTokenStore({ filename }),
          oauth: { clients: [CLI], device: { interval: '1s', expiresIn: '2m' } },
        })
      ).app
    const apps = [await apart(0), await apart(-300_000), await apart(300_000)] as const
    const codes = await start(apps[1])
    for (const app of [0, 1, 2, 0, 2, 1] as const) {
      t.same(await rejectionOf(poll(apps[app], codes)), [400, 'authorization_pending'])
      await wait(1_020)
    }
    await approve(apps[2], 'ada', codes)
    t.equal((await poll(apps[1], codes)).statusCode, 200, 'nor have its codes expired')
  },
)

for (const [algorithm, key] of [
  ['HS256', hs256Key()],
  ['EdDSA', ed25519Key()],
  ['ES256', es256Key()],
] as const) {
  t.test(`codes survive a restart and work across instances that share ${algorithm} keys`, async (t) => {
    const filename = join(t.testdir(), 'tokens.db')
    const open = async (keys = [key]) =>
      (await startDeviceHost(t, { keys, store: sqliteTokenStore({ filename }) })).app
    const first = await open()
    const codes = await start(first)
    await first.close()
    // The key that signs now is another than the one by which the code was digested.
    const [second, third] = [await open([hs256Key(), key]), await open()]
    await approve(second, 'ada', codes)
    const answer = await poll(third, codes)
    t.equal(answer.statusCode, 200)
    t.equal(await statusOf(second, answer.json().access_token), 200)
  })
}

t.test('promise 2: the store has no code, and the user code cannot be derived from it', async (t) => {
  const store = memoryTokenStore()
  const kept: unknown[] = []
  const insert = devicesOf(store).insert.bind(devicesOf(store))
  devicesOf(store).insert = async (device, rules) => {
    kept.push(device)
    return insert(device, rules)
  }
  const one = await startDeviceHost(t, { store })
  const codes = await start(one.app)
  const text = JSON.stringify(kept)
  t.notOk(text.includes(codes.device_code))
  const letters = codes.user_code.replace('-', '')
  const { createHash } = await import('node:crypto')
  for (const spelled of [codes.user_code, letters, letters.toLowerCase()]) {
    t.notOk(text.includes(spelled))
    const digest = createHash('sha256').update(spelled).digest()
    for (const form of ['base64url', 'hex', 'base64'] as const) t.notOk(text.includes(digest.toString(form)))
  }
  const other = await startDeviceHost(t, { store, keys: [hs256Key()] })
  const page = await enter(other.app, 'ada', codes.user_code)
  t.equal(page.statusCode, 400, 'an instance with another key finds nothing')
})

t.test('an outage of the store is 503 with Retry-After at each step', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startDeviceHost(t, { store })
  const codes = await start(app)
  await approve(app, 'ada', codes)
  store.outage = new Error('gone')
  const answer = await poll(app, codes)
  t.equal(answer.statusCode, 503)
  t.equal((await enter(app, 'ada', codes.user_code)).statusCode, 503)
  store.outage = undefined
  t.equal((await poll(app, codes)).statusCode, 200, 'nothing was lost by it')
})

for (const step of ['insertToken', 'redeem'] as const) {
  t.test(`an outage at ${step} leaves the approval unchanged, and no active token`, async (t) => {
    const store = memoryTokenStore()
    const { app } = await startDeviceHost(t, { store })
    const codes = await start(app)
    await approve(app, 'ada', codes)
    const down = async () => Promise.reject(new Error('gone'))
    const part = step === 'redeem' ? devicesOf(store) : store
    Object.assign(part, { [step]: down })
    t.same(await rejectionOf(poll(app, codes)), [503, 'temporarily_unavailable'])
    Reflect.deleteProperty(part, step)
    const { data } = await app.apiTokens.list({ userId: 'ada', status: 'active' })
    t.same(data, [])
    t.equal((await poll(app, codes)).statusCode, 200)
    t.equal((await app.apiTokens.list({ userId: 'ada', status: 'active' })).total, 1)
  })
}

t.test('promise 13: in the non-authenticated mode no codes are issued', async (t) => {
  const { app } = await startDeviceHost(t, { authentication: 'none' })
  const page = await app.inject('/oauth2/device')
  const started = await app.inject(form(START, { client_id: 'bodhi-cli' }))
  for (const { statusCode, json } of [page, started, await enter(app, 'ada', 'WDJB-MJHT')]) {
    t.same([statusCode, json().code], [403, 'FST_API_TOKENS_AUTHENTICATION_DISABLED'])
  }
})
