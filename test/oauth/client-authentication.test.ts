/** Client authentication by all methods, and attacks on each: RFC 6749 §2.3, §5.2, RFC 7521, RFC 7523. */

import { join } from 'node:path'
import formbody from '@fastify/formbody'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { generateKeyPair, SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import apiTokens from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { startHost } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import {
  BASIC,
  basic,
  clients,
  form,
  insecure,
  keyClient,
  POST,
  PUBLIC,
  SECRET,
  startOAuthHost,
} from './oauth-host.ts'

const ISSUER = 'https://app.example.com'
const INTROSPECT = '/oauth2/introspect'
const REVOKE = '/oauth2/revoke'
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

async function startInjected(t: Parameters<typeof startHost>[0], ...list: Parameters<typeof clients>) {
  return startHost(t, { issuer: ISSUER, oauth: clients(...list) })
}

t.test('RFC 6749 §2.3.1: oauth4webapi authenticates by each method', async (t) => {
  const { client: signer, key } = await keyClient()
  const { server } = await startOAuthHost(t, { oauth: clients(BASIC, POST, signer) })
  for (const [{ client_id }, auth] of [
    [BASIC, oauth.ClientSecretBasic(SECRET)],
    [POST, oauth.ClientSecretPost(SECRET)],
    [signer, oauth.PrivateKeyJwt({ key, kid: 'client-key' })],
  ] as const) {
    const response = await oauth.introspectionRequest(server, { client_id }, auth, 'x.y.z', insecure)
    const answer = await oauth.processIntrospectionResponse(server, { client_id }, response)
    t.same(answer, { active: false }, client_id)
  }
})

t.test(
  'RFC 6749 §5.2: every failed client authentication gets the same 401 invalid_client with a challenge',
  async (t) => {
    const { app } = await startInjected(t, BASIC, POST, PUBLIC)
    const answers = new Set<string>()
    const encoded = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    for (const [why, members, headers] of [
      ['nothing', {}, {}],
      ['wrong secret', {}, basic(BASIC.client_id, `${SECRET}x`)],
      ['no secret', {}, basic(BASIC.client_id, '')],
      ['unknown client', {}, basic('nobody', SECRET)],
      ['by another method', {}, basic(POST.client_id, SECRET)],
      ['by another method', { client_id: BASIC.client_id, client_secret: SECRET }, {}],
      ['public by a secret', { client_id: PUBLIC.client_id, client_secret: SECRET }, {}],
      ['confidential by id alone', { client_id: BASIC.client_id }, {}],
      ['unknown public client', { client_id: 'nobody' }, {}],
      ['unknown client', { client_id: 'nobody', client_secret: SECRET }, {}],
      ['another id in the body', { client_id: POST.client_id }, basic(BASIC.client_id, SECRET)],
      ['a bearer', {}, { authorization: 'Bearer x.y.z' }],
      ['no base64', {}, { authorization: 'Basic ???' }],
      ['no colon', {}, encoded('abc')],
      ['a wrong percent sign', {}, encoded('a%zz:b')],
      ['a wrong percent sign', {}, encoded('a:%')],
    ] as const) {
      const answer = await app.inject(form(INTROSPECT, { token: 'x', ...members }, headers))
      t.equal(answer.statusCode, 401, why)
      t.equal(answer.headers['www-authenticate'], `Basic realm="${ISSUER}", charset="UTF-8"`)
      t.equal(answer.headers['cache-control'], 'no-store')
      answers.add(answer.body)
    }
    t.equal(answers.size, 1)
    t.match(JSON.parse([...answers][0] ?? ''), {
      error: 'invalid_client',
      error_description: /^[\x20-\x7E]+$/,
    })
  },
)

t.test('RFC 6749 §2.3.1: id and secret are form-encoded within Basic', async (t) => {
  const { app } = await startInjected(t, BASIC)
  const answer = await app.inject(form(INTROSPECT, { token: 'x' }, basic(BASIC.client_id, SECRET)))
  t.equal(answer.statusCode, 200)
  const same = { token: 'x', client_id: BASIC.client_id }
  t.equal((await app.inject(form(INTROSPECT, same, basic(BASIC.client_id, SECRET)))).statusCode, 200)
  const bare = { authorization: `Basic ${Buffer.from(`${BASIC.client_id}:${SECRET}`).toString('base64')}` }
  t.equal((await app.inject(form(INTROSPECT, { token: 'x' }, bare))).statusCode, 401)
})

t.test('RFC 6749 §2.3: two methods in a request are invalid_request', async (t) => {
  const { app } = await startInjected(t, BASIC, POST)
  for (const members of [
    { client_secret: SECRET },
    { client_assertion: 'x.y.z', client_assertion_type: JWT_BEARER },
  ]) {
    const answer = await app.inject(
      form(INTROSPECT, { token: 'x', ...members }, basic(BASIC.client_id, SECRET)),
    )
    t.match(answer.json(), { error: 'invalid_request' })
    t.equal(answer.statusCode, 400)
  }
})

t.test(
  'RFC 6749 §3.2: a repeated parameter is refused, and one without a value counts as absent',
  async (t) => {
    const { app } = await startInjected(t, POST)
    const secret = encodeURIComponent(SECRET)
    for (const [body, error] of [
      ['token=a&token=b', 'invalid_request'],
      ['token=&token=b', 'invalid_request'],
      ['token=a&client%5Fid=poster', 'invalid_request'],
      ['token=', 'invalid_request'],
      ['token=%zz', 'invalid_request'],
      ['token=a&unknown=b&__proto__=c', undefined],
    ] as const) {
      const answer = await app.inject(form(INTROSPECT, `client_id=poster&client_secret=${secret}&${body}`))
      t.equal(answer.json().error, error, body)
      t.equal(answer.statusCode, error === undefined ? 200 : 400, body)
    }
  },
)

t.test('RFC 6749 §2.3.1: parameters in the URI, and bodies that are not forms, are refused', async (t) => {
  const { app } = await startInjected(t, BASIC)
  const headers = basic(BASIC.client_id, SECRET)
  t.equal((await app.inject(form(`${INTROSPECT}?token=x`, { token: 'x' }, headers))).statusCode, 400)
  const json = await app.inject({ method: 'POST', url: INTROSPECT, headers, payload: { token: 'x' } })
  t.equal(json.statusCode, 415)
  t.match(json.json(), { error: 'invalid_request' })
  const nothing = await app.inject({ method: 'POST', url: INTROSPECT, headers })
  t.equal(nothing.statusCode, 400)
  const huge = await app.inject(form(INTROSPECT, { token: 'x'.repeat(70_000) }, headers))
  t.equal(huge.statusCode, 413)
  t.match(huge.json(), { error: 'invalid_request' })
})

t.test("the host's own form parser, error handler and Zod make no difference", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((_error, _request, reply) => reply.code(418).send({ host: true }))
  await app.register(formbody)
  await app.register(apiTokens, {
    ...{
      store: memoryTokenStore(),
      keys: [hs256Key()],
      routes: false,
      issuer: ISSUER,
      oauth: clients(BASIC),
    },
  })
  const headers = basic(BASIC.client_id, SECRET)
  t.same((await app.inject(form(INTROSPECT, { token: 'x' }, headers))).json(), { active: false })
  const twice = await app.inject(form(INTROSPECT, 'token=x&token=y', headers))
  t.equal(twice.statusCode, 400)
  t.match(twice.json(), { error: 'invalid_request' })
  t.equal((await app.inject('/.well-known/oauth-authorization-server')).json().issuer, ISSUER)
})

t.test(
  'RFC 7523 §3: an assertion is accepted once, for this server, unexpired, signed by the client’s key',
  async (t) => {
    const { client, key } = await keyClient()
    const { client: other } = await keyClient('other')
    const { app, clock } = await startInjected(t, client, other, PUBLIC)
    const stranger = (await generateKeyPair('ES256')).privateKey
    const now = () => Math.floor(clock.now() / 1000)
    let serial = 0
    const nextId = () => {
      serial += 1
      return `j${serial}`
    }
    const assert = (claims: Record<string, unknown> = {}, by = key) => {
      const all = {
        iss: 'signer',
        sub: 'signer',
        aud: ISSUER,
        jti: nextId(),
        exp: now() + 60,
        ...claims,
      }
      return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid: 'client-key' }).sign(by)
    }
    const send = async (assertion: string, members: Record<string, string> = {}) =>
      app.inject(
        form(INTROSPECT, {
          ...{ token: 'x', client_assertion: assertion, client_assertion_type: JWT_BEARER },
          ...members,
        }),
      )

    for (const aud of [ISSUER, `${ISSUER}/oauth2/introspect`, `${ISSUER}/oauth2/token`, [ISSUER]])
      t.equal((await send(await assert({ aud }))).statusCode, 200, String(aud))
    t.equal((await send(await assert(), { client_id: 'signer' })).statusCode, 200)

    const both = await assert()
    const statuses = (await Promise.all([send(both), send(both)])).map(({ statusCode }) => statusCode)
    t.same(statuses.toSorted(), [200, 401], 'one of two concurrent requests succeeds')

    const once = await assert()
    t.equal((await send(once)).statusCode, 200)
    t.equal((await send(once)).statusCode, 401, 'replayed')
    t.equal(
      (await send(await assert({ jti: `j${serial}` }))).statusCode,
      401,
      'the same jti in another assertion',
    )
    clock.advance('40s')
    t.equal((await send(once)).statusCode, 401, 'replayed before it expires')
    clock.advance('1h')
    t.equal((await send(once)).statusCode, 401, 'replayed after it expired')

    for (const [why, claims, by] of [
      ['the key of a stranger', {}, stranger],
      ['for another audience', { aud: 'https://other.example' }, key],
      ['for others too', { aud: [ISSUER, 'https://other.example'] }, key],
      ['for nobody', { aud: [] }, key],
      ['expired', { exp: now() - 60 }, key],
      ['without expiry', { exp: undefined }, key],
      ['too long a life', { exp: now() + 3_600 }, key],
      ['not yet good', { nbf: now() + 120 }, key],
      ['issued in the future', { iat: now() + 90 }, key],
      ['without jti', { jti: undefined }, key],
      ['an empty jti', { jti: '' }, key],
      ['issued by another', { iss: 'other' }, key],
      ['for another client', { iss: 'other', sub: 'other' }, key],
      ['for a client without keys', { iss: 'cli', sub: 'cli' }, key],
      ['for an unknown client', { iss: 'nobody', sub: 'nobody' }, key],
      ['without subject', { sub: undefined }, key],
    ] as const) {
      const answer = await send(await assert(claims, by))
      t.equal(answer.statusCode, 401, why)
      t.equal(answer.json().error, 'invalid_client', why)
    }
    const unsigned = `${(await assert()).split('.').slice(0, 2).join('.')}.`
    for (const text of ['x', 'a.b.c', unsigned]) t.equal((await send(text)).statusCode, 401, text)
    t.equal((await send(await assert(), { client_id: 'other' })).statusCode, 401, 'another client_id')
    const another = await send(await assert(), { client_assertion_type: 'urn:ietf:params:oauth:saml2' })
    t.match(another.json(), { error: 'invalid_request' })
  },
)

t.test(
  'RFC 6749 §3.2: a hook of the whole application skips the endpoints, which have their own checks',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(apiTokens, {
      ...{
        store: memoryTokenStore(),
        keys: [hs256Key()],
        routes: false,
        issuer: ISSUER,
        oauth: clients(BASIC),
      },
    })
    app.addHook('onRequest', app.verifyApiToken)
    for (const [name, status] of [
      ['introspect', 200],
      ['revoke', 200],
      ['token', 400],
    ] as const) {
      const answer = await app.inject(form(`/oauth2/${name}`, { token: 'x' }, basic(BASIC.client_id, SECRET)))
      t.equal(answer.statusCode, status, name)
      t.equal(answer.headers.pragma, 'no-cache')
    }
  },
)

t.test('RFC 6749 §5.2: errors of the token endpoint', async (t) => {
  const { app } = await startInjected(t, POST)
  const known = { client_id: 'poster', client_secret: SECRET }
  for (const [members, status, error] of [
    [{}, 401, 'invalid_client'],
    [known, 400, 'invalid_request'],
    [{ ...known, grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ ...known, grant_type: 'constructor' }, 400, 'unsupported_grant_type'],
  ] as const) {
    const answer = await app.inject(form('/oauth2/token', members))
    t.equal(answer.statusCode, status)
    t.equal(answer.json().error, error)
    t.equal(answer.headers['cache-control'], 'no-store')
  }
})

t.test(
  'RFC 7523 §3 (7): only one of the instances that share a store accepts an assertion, also after a restart',
  async (t) => {
    const { client, key } = await keyClient()
    const filename = join(t.testdir(), 'tokens.db')
    const options = { issuer: ISSUER, oauth: clients(client), keys: [hs256Key()], clock: systemClock }
    const open = async () => (await startHost(t, { ...options, store: sqliteTokenStore({ filename }) })).app
    const assertion = await new SignJWT({ jti: 'once' })
      .setProtectedHeader({ alg: 'ES256', kid: 'client-key' })
      .setIssuer('signer')
      .setSubject('signer')
      .setAudience(ISSUER)
      .setExpirationTime('5m')
      .sign(key)
    const members = { token: 'x', client_assertion: assertion, client_assertion_type: JWT_BEARER }
    const instances = [await open(), await open(), await open()]
    const answers = await Promise.all(instances.map((app) => app.inject(form(INTROSPECT, members))))
    t.same(answers.map(({ statusCode }) => statusCode).toSorted(), [200, 401, 401])
    for (const app of instances) {
      await app.apiTokens.sweep()
      await app.close()
    }
    t.equal((await (await open()).inject(form(INTROSPECT, members))).statusCode, 401)
  },
)

t.test('an assertion whose use cannot be stored is 503 and not accepted', async (t) => {
  const { client, key } = await keyClient()
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { issuer: ISSUER, oauth: clients(client), store })
  const assertion = await new SignJWT({ jti: 'once', exp: clock.now() / 1000 + 60 })
    .setProtectedHeader({ alg: 'ES256', kid: 'client-key' })
    .setIssuer('signer')
    .setSubject('signer')
    .setAudience(ISSUER)
    .sign(key)
  const members = { token: 'x', client_assertion: assertion, client_assertion_type: JWT_BEARER }
  store.outage = new Error('gone')
  const answer = await app.inject(form(REVOKE, members))
  t.equal(answer.statusCode, 503)
  t.ok(answer.headers['retry-after'])
})
