import t from 'tap'
import { call, generate, startTestHost, TOKENS, USERS } from './test-host.ts'

t.test('only an administrator, by session, administers users', async (t) => {
  const host = await startTestHost(t)
  const ada = await host.signedIn('ada')
  const grace = await host.signedIn('grace')
  const { credential } = await generate(ada)

  t.equal((await host.browser().send('GET', USERS)).status, 401)
  t.equal((await grace.send('GET', USERS)).status, 403)
  t.equal((await grace.send('POST', `${USERS}/ada/deactivate`)).status, 403)
  t.equal((await grace.send('DELETE', `${USERS}/ada`)).status, 403)
  t.equal((await call(`${host.url}${USERS}`, credential)).status, 401, 'a token administers nothing')

  const answer = await ada.send('GET', USERS)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('cache-control'), 'no-store')
  const { data } = (await answer.json()) as { data: { id: string }[] }
  t.same(
    data.map((user) => user.id),
    ['ada', 'grace'],
  )
  t.notMatch(JSON.stringify(data), /stamp/)
})

t.test('administrators cannot lock themselves out', async (t) => {
  const host = await startTestHost(t)
  const ada = await host.signedIn('ada')
  for (const [method, path] of [
    ['POST', `${USERS}/ada/deactivate`],
    ['DELETE', `${USERS}/ada`],
  ] as const) {
    const answer = await ada.send(method, path)
    t.equal(answer.status, 409)
    t.match(await answer.json(), { code: 'BODHI_OWN_ACCOUNT' })
  }
  t.equal((await ada.send('GET', USERS)).status, 200)
})

t.test('a user who does not exist is a 404', async (t) => {
  const host = await startTestHost(t)
  const ada = await host.signedIn('ada')
  for (const [method, path] of [
    ['POST', `${USERS}/nobody/deactivate`],
    ['POST', `${USERS}/nobody/reactivate`],
    ['DELETE', `${USERS}/nobody`],
  ] as const) {
    t.equal((await ada.send(method, path)).status, 404, path)
  }
})

t.test('requests of another site cannot administer users', async (t) => {
  const host = await startTestHost(t)
  const ada = await host.signedIn('ada')
  await host.signedIn('grace')
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const answer = await ada.request(`${USERS}/grace/deactivate`, { method: 'POST', headers })
    t.equal(answer.status, 403)
    t.match(await answer.json(), { code: 'BODHI_CROSS_SITE' })
  }
  for (const site of ['same-origin', 'none']) {
    const answer = await ada.request(`${USERS}/grace/reactivate`, {
      method: 'POST',
      headers: { 'sec-fetch-site': site },
    })
    t.equal(answer.status, 200, `${site} is no other site`)
  }
})

t.test('a deactivated user’s tokens stop at the next call, and work again after reactivation', async (t) => {
  const host = await startTestHost(t)
  const ada = await host.signedIn('ada')
  const { credential } = await generate(await host.signedIn('grace'))
  const models = () => call(`${host.url}/v1/models`, credential)

  t.equal((await models()).status, 200)
  t.equal((await ada.send('POST', `${USERS}/grace/deactivate`)).status, 200)
  t.equal((await models()).status, 401)
  t.equal((await ada.send('POST', `${USERS}/grace/reactivate`)).status, 200)
  t.equal((await models()).status, 200)
})

t.test('a removed user’s tokens are revoked permanently, also when the user returns', async (t) => {
  const host = await startTestHost(t)
  const ada = await host.signedIn('ada')
  const before = await generate(await host.signedIn('grace'))

  t.equal((await ada.send('DELETE', `${USERS}/grace`)).status, 204)
  t.equal((await call(`${host.url}/v1/models`, before.credential)).status, 401)

  const returned = await host.signedIn('grace')
  t.equal((await call(`${host.url}/v1/models`, before.credential)).status, 401)
  const after = await generate(returned)
  t.equal((await call(`${host.url}/v1/models`, after.credential)).status, 200)
})

t.test('the current user is found by session or token, never by a header', async (t) => {
  const host = await startTestHost(t)
  const grace = await host.signedIn('grace')
  const { credential } = await generate(grace, { scopes: ['models:read'] })
  const user = `${host.url}/bodhi/v1/user`

  t.match(await (await grace.send('GET', '/bodhi/v1/user')).json(), {
    id: 'grace',
    scopes: ['models:read', 'chat:write'],
    authenticated_by: 'session',
  })
  t.strictSame(((await (await call(user, credential)).json()) as { scopes: string[] }).scopes, [
    'models:read',
  ])

  const claims = {
    'x-bodhiapp-user-id': 'ada',
    'x-bodhiapp-role': 'resource_admin',
    'x-bodhiapp-scope': 'chat:write',
  }
  t.equal((await fetch(user, { headers: claims })).status, 401)
  t.equal((await fetch(`${host.url}${USERS}`, { headers: claims })).status, 401)
  t.equal((await fetch(`${host.url}/v1/models`, { headers: claims })).status, 401)
  t.match(await (await call(user, credential, { headers: claims })).json(), { id: 'grace' })
})

t.test('an invalid token with a valid session is refused', async (t) => {
  const host = await startTestHost(t)
  const grace = await host.signedIn('grace')
  const answer = await grace.request('/bodhi/v1/user', { headers: { authorization: 'Bearer bodhi_nothing' } })
  t.equal(answer.status, 401)
})

t.test('users can grant only the scopes of their role', async (t) => {
  const host = await startTestHost(t)
  const alan = await host.signedIn('alan')
  t.equal((await alan.send('POST', TOKENS, { scopes: ['chat:write'] })).status, 403)
  t.equal((await alan.send('POST', TOKENS, { scopes: ['models:read'] })).status, 201)
})
