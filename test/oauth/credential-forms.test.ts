/** Both forms of credentials at the OAuth 2.0 endpoints: the grants issue the present one, the others take both. */

import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import type { ApiTokensOptions, OAuthClient } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import * as compact from '../support/compact.ts'
import { type Host, issue, startHost, statusOf } from '../support/host.ts'
import { es256Key } from '../support/keys.ts'
import { approve, CLI, DEVICE_CODE, ISSUER, start as startDevice } from './device-host.ts'
import { BASIC, basic, form, SECRET } from './oauth-host.ts'
import { AUDIENCE, startFaultyProvider } from './provider.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const CI: OAuthClient = { client_id: 'ci', token_endpoint_auth_method: 'none', grant_types: [EXCHANGE] }
const FORMS = { jwt: /^acme_eyJ[\w-]+\.[\w-]+\.[\w-]+$/, compact: /^acme_[a-z2-7]{62}$/ } as const
const known = basic(BASIC.client_id, SECRET)

/** Two hosts with one store and one key, each with a form of its own. */
async function bothHosts(t: Test, options: ApiTokensOptions = {}): Promise<Record<'jwt' | 'compact', Host>> {
  const shared = {
    ...{ store: memoryTokenStore(), keys: [es256Key()], issuer: ISSUER, tokenPrefix: 'acme_' },
    oauth: { clients: [BASIC, CI, CLI], device: {} },
    ...options,
  }
  return {
    jwt: await startHost(t, { ...shared, credentials: 'jwt' }),
    compact: await startHost(t, { ...shared, credentials: 'compact' }),
  }
}

t.test('RFC 7662: each host introspects both forms, with the same members', async (t) => {
  const hosts = await bothHosts(t)
  for (const issuing of Object.values(hosts)) {
    const { id, token } = await issue(issuing.app, 'ada', { scopes: ['models:read'], expires_in: 3600 })
    for (const { app, clock } of Object.values(hosts)) {
      const ask = () => app.inject(form('/oauth2/introspect', { token }, known))
      t.same((await ask()).json(), {
        ...{ active: true, token_type: 'Bearer', iss: ISSUER, aud: ISSUER, sub: 'ada', jti: id },
        ...{ iat: clock.now() / 1000, exp: clock.now() / 1000 + 3600, scope: 'models:read' },
      })
      const cut = await app.inject(form('/oauth2/introspect', { token: token.slice(0, -1) }, known))
      t.equal(cut.body, '{"active":false}')
    }
    await issuing.app.apiTokens.revoke(id)
    const answer = await issuing.app.inject(form('/oauth2/introspect', { token }, known))
    t.equal(answer.body, '{"active":false}')
  }
})

t.test('RFC 7009: each host revokes both forms, but not by a MAC of another row', async (t) => {
  const key = es256Key()
  const hosts = await bothHosts(t, { keys: [key] })
  for (const issuing of Object.values(hosts)) {
    for (const { app } of Object.values(hosts)) {
      const { id, token } = await issue(issuing.app, 'ada')
      const revoke = (credential: string) => app.inject(form('/oauth2/revoke', { token: credential }, known))
      t.equal((await revoke(token.slice(0, -1))).statusCode, 200)
      t.equal((await app.apiTokens.get(id)).status, 'active')
      t.equal((await revoke(token)).statusCode, 200)
      t.equal((await app.apiTokens.get(id)).status, 'revoked')
    }
  }
  const { id } = await issue(hosts.jwt.app, 'ada')
  const other = compact.sign(key, `acme_${compact.keyHintOf(key)}${compact.idOf(id)}`)
  await hosts.jwt.app.inject(form('/oauth2/revoke', { token: other }, known))
  t.equal((await hosts.jwt.app.apiTokens.get(id)).status, 'active', 'the row is that of a JWT')
})

t.test('RFC 8693 and RFC 8628: exchange and device flow issue the present form', async (t) => {
  const provider = await startFaultyProvider(t)
  const trusted = {
    ...{ issuer: provider.issuer, audience: AUDIENCE },
    user: ({ sub }: { sub: string }) => ({ id: `idp:${sub}` }),
  }
  const hosts = await bothHosts(t, {
    clock: systemClock,
    oauth: { clients: [BASIC, CI, CLI], device: {}, trustedIssuers: [trusted] },
  })
  for (const [name, { app }] of Object.entries(hosts) as ['jwt' | 'compact', Host][]) {
    const exchange = (subject_token: string) =>
      app.inject(
        form('/oauth2/token', {
          ...{ grant_type: EXCHANGE, client_id: 'ci', subject_token_type: ACCESS_TOKEN, subject_token },
        }),
      )
    const exchanged = (await exchange(await provider.sign())).json().access_token
    t.match(exchanged, FORMS[name])
    t.equal(await statusOf(app, exchanged), 200)
    const again = await exchange(exchanged)
    t.equal(again.statusCode, 400, 'an API token is no subject token')
    t.match(again.json().error_description, /is an API token/)

    const codes = await startDevice(app)
    await approve(app, 'ada', codes)
    const polled = await app.inject(
      form('/oauth2/token', {
        ...{ grant_type: DEVICE_CODE, client_id: 'bodhi-cli', device_code: codes.device_code },
      }),
    )
    t.match(polled.json().access_token, FORMS[name])
    t.equal(await statusOf(app, polled.json().access_token), 200)
  }
})
