/** Promise 8: a token manages only itself. Our credentials never reach `authenticateUser`. */

import type { FastifyInstance, InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import * as forge from '../support/forge.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { rawGet } from '../support/raw-http.ts'

const id = '019b76da-a800-7fdc-bfcb-a521939f475d'

const management: InjectOptions[] = [
  { method: 'POST', url: '/tokens', payload: { name: 'from a token' } },
  { method: 'GET', url: '/tokens' },
  { method: 'GET', url: '/tokens/scopes' },
  { method: 'GET', url: `/tokens/${id}` },
  { method: 'GET', url: `/tokens/${id}/usage` },
  { method: 'PATCH', url: `/tokens/${id}`, payload: { name: 'x' } },
  { method: 'DELETE', url: `/tokens/${id}` },
  { method: 'POST', url: `/tokens/${id}/rotate` },
  { method: 'HEAD', url: '/tokens' },
]

const bearer = (request: InjectOptions, credential: string): InjectOptions => ({
  ...request,
  headers: { ...request.headers, authorization: `Bearer ${credential}` },
})

async function refusedEverywhere(t: Test, app: FastifyInstance, credential: string, name: string) {
  for (const request of management) {
    const label = `${name}: ${request.method} ${request.url}`
    const alone = await app.inject(bearer(request, credential))
    t.equal(alone.statusCode, 403, label)
    const besideSession = await app.inject(bearer(as('ada', request), credential))
    t.equal(besideSession.statusCode, 403, `${label}, signed in as well`)
    if (request.method !== 'HEAD') t.equal(besideSession.json().code, 'FST_API_TOKENS_SESSION_ONLY')
    t.equal(besideSession.headers['cache-control'], 'no-store')
  }
}

t.test('promise 8: a token cannot issue, read or revoke tokens, valid or not', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  const { header, claims } = forge.read(token)
  const credentials = {
    genuine: token,
    'its signature wrong': `${token.slice(0, -4)}AAAA`,
    'of a stranger': await forge.sign(hs256Key(), header, claims),
    'typ in capitals': await forge.sign(hs256Key(), { ...header, typ: 'API-TOKEN+JWT' }, claims),
    'typ as a media type (RFC 7515 §4.1.9)': await forge.sign(
      hs256Key(),
      { ...header, typ: 'application/api-token+jwt' },
      claims,
    ),
    'the header alone': token.split('.')[0] ?? '',
    'with more behind it': `${token} and more`,
  }
  for (const [name, credential] of Object.entries(credentials)) {
    await refusedEverywhere(t, app, credential, name)
  }
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1, 'nothing was issued')
})

t.test('promise 8: a credential is recognized by its prefix alone', async (t) => {
  const { app } = await startHost(t, { tokenPrefix: 'bodhi_' })
  const { token } = await issue(app, 'ada')
  await refusedEverywhere(t, app, token, 'genuine')
  await refusedEverywhere(t, app, 'bodhi_anything', 'forged')
  await refusedEverywhere(t, app, token.slice('bodhi_'.length), 'its prefix cut off')
})

t.test('promise 8: every prefix of the list is recognized', async (t) => {
  const { app } = await startHost(t, { tokenPrefix: ['new_', 'old_', ''] })
  const { token } = await issue(app, 'ada')
  await refusedEverywhere(t, app, token, 'genuine')
  await refusedEverywhere(t, app, 'old_anything', 'with an older prefix')
  await refusedEverywhere(t, app, token.slice('new_'.length), 'without a prefix')
})

t.test('any other bearer credential is passed to authenticateUser', async (t) => {
  const others = [
    'opaque',
    await forge.sign(hs256Key(), { typ: 'JWT' }, { sub: 'ada' }),
    'e30.e30.',
    'bnVsbA.x',
  ]
  const { app } = await startHost(t, {
    authenticateUser: ({ headers }) =>
      others.some((credential) => headers.authorization === `Bearer ${credential}`) ? { id: 'ada' } : null,
  })
  for (const credential of others) {
    t.equal((await app.inject(withToken(credential, '/tokens'))).statusCode, 200, credential)
  }
  t.equal((await app.inject(withToken('unknown', '/tokens'))).json().code, 'FST_API_TOKENS_USER_REQUIRED')
})

t.test('promise 8: a token is found on either of two Authorization lines, and in a list', async (t) => {
  const asked: (string | undefined)[] = []
  const { app } = await startHost(t, {
    authenticateUser: ({ headers }) => {
      asked.push(headers.authorization)
      return { id: 'ada' }
    },
  })
  const { credential: token } = await app.apiTokens.issue({ userId: 'ada' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const session = 'Authorization: Bearer opaque'
  for (const lines of [
    [`Authorization: Bearer ${token}`, session],
    [session, `authorization: bearer ${token}`],
    [`Authorization: Bearer opaque, Bearer ${token}`],
  ]) {
    const answer = await rawGet(app, '/tokens', lines)
    t.equal(answer.status, 403, lines.map((line) => line.replace(token, '<token>')).join(' + '))
  }
  t.same(asked, [], 'authenticateUser was never asked')
  t.equal((await rawGet(app, '/tokens', [session])).status, 200)
})
