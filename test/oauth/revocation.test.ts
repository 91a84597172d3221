/** Revocation (RFC 7009): a client gives a credential back. */

import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import { read, sign } from '../support/forge.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { ed25519Key, hs256Key } from '../support/keys.ts'
import { BASIC, basic, clients, form, insecure, PUBLIC, SECRET, startOAuthHost } from './oauth-host.ts'

const ISSUER = 'https://app.example.com'
const REVOKE = '/oauth2/revoke'
const known = basic(BASIC.client_id, SECRET)

const start = (t: Test, key = hs256Key()) =>
  startHost(t, { issuer: ISSUER, oauth: clients(BASIC, PUBLIC), keys: [key], tokenPrefix: 'acme_' })

t.test('RFC 7009 §2.1: oauth4webapi and openid-client revoke, and the next request is refused', async (t) => {
  const { app, issuer, server } = await startOAuthHost(t)
  const first = await issue(app, 'ada')
  t.equal((await app.inject(withToken(first.token))).statusCode, 200)
  const client = { client_id: BASIC.client_id }
  const auth = oauth.ClientSecretBasic(SECRET)
  const response = await oauth.revocationRequest(server, client, auth, first.token, insecure)
  await oauth.processRevocationResponse(response)
  t.equal((await app.inject(withToken(first.token))).statusCode, 401)
  const second = await issue(app, 'ada')
  const config = await openid.discovery(new URL(issuer), PUBLIC.client_id, {}, openid.None(), {
    ...{ algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
  })
  await openid.tokenRevocation(config, second.token)
  t.equal((await app.inject(withToken(second.token))).statusCode, 401)
  t.match(await app.apiTokens.get(second.id), { status: 'revoked' }, 'permanently')
})

t.test('RFC 7009 §2.2: an unknown, invalid or revoked token is 200 with an empty body', async (t) => {
  const { app } = await start(t)
  const { token } = await issue(app, 'ada')
  const hinted = await app.inject(form(REVOKE, { token: 'x', token_type_hint: 'unheard_of' }, known))
  t.equal(hinted.statusCode, 200, '§2.1: a hint that is not known is left aside')
  for (const given of [token, token, 'x', 'acme_x.y.z', 'x'.repeat(5_000)]) {
    const answer = await app.inject(form(REVOKE, { token: given }, known))
    t.equal(answer.statusCode, 200)
    t.equal(answer.body, '')
    t.equal(answer.headers['cache-control'], 'no-store')
  }
})

t.test('the event names the token and the address of the client', async (t) => {
  const { app } = await start(t)
  const { id, token } = await issue(app, 'ada')
  const revoked: unknown[] = []
  app.apiTokens.events.on('revoked', ({ by, reason }) => revoked.push([by, reason]))
  await app.inject({ ...form(REVOKE, { token }, known), remoteAddress: '203.0.113.7' })
  t.same(revoked, [[{ kind: 'token', id, ip: '203.0.113.7' }, null]])
})

t.test('a disabled token can be revoked', async (t) => {
  const { app } = await start(t)
  const { id, token } = await issue(app, 'ada')
  await app.apiTokens.update(id, { status: 'inactive' })
  t.equal((await app.inject(form(REVOKE, { token }, known))).statusCode, 200)
  t.match(await app.apiTokens.get(id), { status: 'revoked' })
})

t.test(
  'the id of a token does not revoke it: a valid signature over the row’s claims is needed',
  async (t) => {
    const key = ed25519Key()
    const { app } = await start(t, key)
    const { token } = await issue(app, 'ada')
    const { header, claims } = read(token.slice('acme_'.length))
    for (const forged of [
      `acme_${await sign(ed25519Key(), header, claims)}`,
      `acme_${await sign(key, header, { ...claims, sub: 'eve' })}`,
      `acme_${await sign(key, header, { ...claims, aud: 'other' })}`,
      token.slice('acme_'.length),
    ]) {
      t.equal((await app.inject(form(REVOKE, { token: forged }, known))).statusCode, 200)
    }
    t.equal((await app.inject(withToken(token))).statusCode, 200)
  },
)

t.test('RFC 7009 §2.1, §2.2.1: an unknown client and a missing token are refused', async (t) => {
  const { app } = await start(t)
  const { token } = await issue(app, 'ada')
  const unknown = await app.inject(form(REVOKE, { token, client_id: 'nobody' }))
  t.equal(unknown.statusCode, 401)
  t.match(unknown.json(), { error: 'invalid_client' })
  const nothing = await app.inject(form(REVOKE, { token_type_hint: 'access_token' }, known))
  t.equal(nothing.statusCode, 400)
  t.match(nothing.json(), { error: 'invalid_request' })
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})
