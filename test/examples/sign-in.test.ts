import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startIdentityProvider } from '../../examples/bodhi-host/identity-provider/identity-provider.ts'
import { signInFault } from '../../examples/bodhi-host/sign-in/sign-in-fault.ts'
import { freePort } from '../oauth/oauth-host.ts'
import { json, startFaultyProvider } from '../oauth/provider.ts'
import { startTestHost, TOKENS, USERS } from './test-host.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

t.test('a user signs in by authorization code with PKCE and has a session', async (t) => {
  const host = await startTestHost(t)
  const browser = host.browser()

  const start = await browser.request('/sign-in')
  const asked = new URL(start.headers.get('location') ?? '').searchParams
  t.equal(asked.get('response_type'), 'code')
  t.equal(asked.get('code_challenge_method'), 'S256')
  t.equal(asked.get('redirect_uri'), `${host.url}/sign-in/callback`)
  t.ok(asked.get('state'))

  const arrival = await browser.signIn('grace')
  t.equal(arrival.url, `${host.url}/settings/api-tokens`)
  t.match(await (await browser.send('GET', '/bodhi/v1/user')).json(), {
    id: 'grace',
    role: 'power_user',
    authenticated_by: 'session',
  })
})

t.test('the session cookie is httpOnly, lax, and signed', async (t) => {
  const host = await startTestHost(t)
  const callback = await callbackOf(host.browser(), 'grace')
  const cookie = (await callback.finish()).headers
    .getSetCookie()
    .find((line) => line.startsWith('bodhi_session='))
  t.match(cookie, /; HttpOnly/)
  t.match(cookie, /; SameSite=Lax/)

  const forged = host.browser()
  forged.plantCookie('bodhi_session', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.forged')
  t.equal((await forged.send('GET', '/bodhi/v1/user')).status, 401)
})

t.test('a sign-in that was started in another browser is refused', async (t) => {
  const host = await startTestHost(t)
  const attacker = await callbackOf(host.browser(), 'grace')

  const victim = host.browser()
  t.equal((await victim.request(attacker.url)).status, 400, 'without any state')

  await victim.request('/sign-in')
  const answer = await victim.request(attacker.url)
  t.equal(answer.status, 400, 'with the state of a sign-in of its own')
  t.match(await answer.text(), /not started in this browser/)
  t.equal((await victim.send('GET', '/bodhi/v1/user')).status, 401)
})

t.test('a code works once', async (t) => {
  const host = await startTestHost(t)
  const browser = host.browser()
  const callback = await callbackOf(browser, 'grace')
  const state = browser.cookie('oauth2-redirect-state') ?? ''
  const verifier = browser.cookie('oauth2-code-verifier') ?? ''
  t.equal((await callback.finish()).status, 302)

  const again = host.browser()
  again.plantCookie('oauth2-redirect-state', state)
  again.plantCookie('oauth2-code-verifier', verifier)
  const answer = await again.request(callback.url)
  t.equal(answer.status, 400)
  t.match(await answer.text(), /refused this sign-in/)
})

t.test('a session id from before the sign-in is invalid after it', async (t) => {
  const host = await startTestHost(t)
  const browser = await host.signedIn('grace')
  const before = browser.cookie('bodhi_session') ?? ''
  await browser.signIn('grace')
  t.not(browser.cookie('bodhi_session'), before)

  const other = host.browser()
  other.plantCookie('bodhi_session', before)
  t.equal((await other.send('GET', '/bodhi/v1/user')).status, 401)
})

t.test('a user who signs out has no session, and must sign in again', async (t) => {
  const host = await startTestHost(t)
  const browser = await host.signedIn('grace')
  const session = browser.cookie('bodhi_session') ?? ''

  t.equal((await browser.request('/sign-out', { method: 'POST', headers: FORM })).status, 303)
  t.equal((await browser.send('GET', '/bodhi/v1/user')).status, 401)
  const thief = host.browser()
  thief.plantCookie('bodhi_session', session)
  t.equal((await thief.send('GET', '/bodhi/v1/user')).status, 401, 'the session itself is over')

  t.match((await browser.open('/sign-in')).html, /Choose who you are/)
})

t.test('another site cannot sign a user out', async (t) => {
  const host = await startTestHost(t)
  const browser = await host.signedIn('grace')
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const answer = await browser.request('/sign-out', { method: 'POST', headers: { ...FORM, ...headers } })
    t.equal(answer.status, 403, JSON.stringify(headers))
  }
  t.equal((await browser.send('GET', '/bodhi/v1/user')).status, 200)
})

t.test(
  'a deactivated user loses all sessions, cannot sign in, and signs in again after reactivation',
  async (t) => {
    const host = await startTestHost(t)
    const grace = await host.signedIn('grace')
    const ada = await host.signedIn('ada')

    await ada.send('POST', `${USERS}/grace/deactivate`)
    t.equal((await grace.send('GET', TOKENS)).status, 401)
    const arrival = await host.browser().signIn('grace')
    t.equal(arrival.status, 403)
    t.match(arrival.html, /deactivated/)

    await ada.send('POST', `${USERS}/grace/reactivate`)
    t.equal((await grace.send('GET', TOKENS)).status, 401, 'the old session stays over')
    t.equal((await (await host.signedIn('grace')).send('GET', TOKENS)).status, 200)
  },
)

t.test('a refusal by the provider is shown, and no user is signed in', async (t) => {
  const host = await startTestHost(t)
  const browser = host.browser()
  const start = await browser.request('/sign-in')
  const state = new URL(start.headers.get('location') ?? '').searchParams.get('state')
  const answer = await browser.request(`/sign-in/callback?error=access_denied&state=${state}`)
  t.equal(answer.status, 400)
  t.equal((await browser.send('GET', '/bodhi/v1/user')).status, 401)
})

t.test('the provider knows only the demo users', async (t) => {
  const host = await startTestHost(t)
  t.equal((await host.browser().signIn('mallory')).status, 400)
})

t.test('a sign-in at another loopback name is redirected to the name that it returns to', async (t) => {
  const host = await startTestHost(t)
  const answer = await host.browser().request(`http://127.0.0.1:${new URL(host.url).port}/sign-in`)
  t.equal(answer.headers.get('location'), `${host.url}/sign-in`)
})

t.test('the session secret is created once with mode 0600', async (t) => {
  const dataDir = t.testdir()
  await startTestHost(t, { DATA_DIR: dataDir })
  const file = join(dataDir, 'session-secret')
  const secret = readFileSync(file, 'utf8')
  t.equal(statSync(file).mode & 0o777, 0o600)
  await startTestHost(t, { DATA_DIR: dataDir })
  t.equal(readFileSync(file, 'utf8'), secret)
})

t.test('another OpenID provider replaces the built-in one', async (t) => {
  let origin = 'http://localhost' // until the host listens
  const client = { clientId: 'my-client', clientSecret: 'my-client-has-a-secret' }
  const redirectUri = () => `${origin}/sign-in/callback`
  const provider = await startIdentityProvider({ ...client, port: 0, redirectUri })
  t.teardown(() => provider.close())

  const host = await startTestHost(t, {
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: client.clientId,
    OIDC_CLIENT_SECRET: client.clientSecret,
    ADMINISTRATORS: 'alan',
  })
  origin = host.url

  const role = async (subject: string) =>
    ((await (await (await host.signedIn(subject)).send('GET', '/bodhi/v1/user')).json()) as { role: string })
      .role
  t.equal(await role('ada'), 'power_user', 'the host alone says who administers it')
  t.equal(await role('alan'), 'administrator')
})

t.test('the same id at another provider is a different account', async (t) => {
  const dataDir = t.testdir()
  const first = await startTestHost(t, { DATA_DIR: dataDir })
  await first.signedIn('ada')
  await first.app.close()

  let origin = 'http://localhost' // until the host listens
  const provider = await startIdentityProvider({
    port: 0,
    clientId: 'x',
    clientSecret: 'another-secret',
    redirectUri: () => `${origin}/sign-in/callback`,
  })
  t.teardown(() => provider.close())
  const second = await startTestHost(t, {
    DATA_DIR: dataDir,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: 'x',
    OIDC_CLIENT_SECRET: 'another-secret',
  })
  origin = second.url
  const arrival = await second.browser().signIn('ada')
  t.equal(arrival.status, 403)
  t.match(arrival.html, /another identity provider/)
})

t.test('an access token of the same id from another provider is refused', async (t) => {
  const dataDir = t.testdir()
  const port = String(await freePort())
  const first = await startTestHost(t, { DATA_DIR: dataDir, PORT: port })
  await first.signedIn('ada')
  await first.app.close()

  const provider = await startFaultyProvider(t)
  provider.answer = (path, response) => {
    if (!path.endsWith('openid-configuration')) return false
    const { issuer } = provider
    return json(response, {
      ...{ issuer, jwks_uri: `${issuer}/jwks` },
      ...{ authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
      code_challenge_methods_supported: ['S256'],
    })
  }
  const second = await startTestHost(t, {
    ...{ DATA_DIR: dataDir, PORT: port, OIDC_ISSUER: provider.issuer },
    ...{ OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'another-secret', ADMINISTRATORS: 'ada' },
  })
  const exchange = async (host: typeof first, subject_token: string) => {
    const response = await fetch(`${host.url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        ...{ client_id: 'bodhi-ci', subject_token },
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
    })
    return [response.status, ((await response.json()) as { error?: string }).error]
  }
  const ada = await provider.sign({ aud: second.url, sub: 'ada' })
  t.same(await exchange(second, ada), [400, 'invalid_grant'])
  const nobody = await provider.sign({ aud: second.url, sub: 'nobody' })
  t.same(await exchange(second, nobody), [400, 'invalid_grant'])
})

t.test('the log has the failure of a sign-in without any text of the provider', async (t) => {
  const secret = 'xyzzy'
  const payload = { error: 'invalid_grant', error_description: secret, access_token: secret }
  const refused = Object.assign(new Error(secret), { output: { statusCode: 400 }, data: { payload } })
  t.same(signInFault(refused), { status: 400, code: 'invalid_grant' })
  const odd = Object.assign(new Error(secret), {
    output: { statusCode: 400 },
    data: { payload: { error: secret } },
  })
  t.same(signInFault(odd), { status: 400, code: 'Error' })
  const gone = Object.assign(new Error(secret), { code: 'ECONNREFUSED' })
  t.same(signInFault(gone), { status: null, code: 'ECONNREFUSED' })
  t.same(signInFault(undefined), { status: null, code: 'unknown' })
})

t.test('an unavailable provider fails the start and is named', async (t) => {
  const environment = { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'y' }
  await t.rejects(startTestHost(t, environment), { message: /^OIDC_ISSUER: .*127\.0\.0\.1:9/ })
})

/** Walks a sign-in up to the callback, and stops before it. */
async function callbackOf(
  browser: ReturnType<Awaited<ReturnType<typeof startTestHost>>['browser']>,
  subject: string,
) {
  const login = await browser.open('/sign-in')
  const action = new URL(/action="([^"]+)"/.exec(login.html)?.[1] ?? '', login.url).href
  const resume = await browser.request(action, {
    method: 'POST',
    headers: FORM,
    body: `subject=${subject}`,
  })
  const back = await browser.request(new URL(resume.headers.get('location') ?? '', action).href)
  const url = back.headers.get('location') ?? ''
  return { url, finish: () => browser.request(url) }
}
