/** The short examples run, each in its own folder, and do what they print. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Browser } from '../../examples/bodhi-host/tour/browser.ts'
import { ownDatabase } from '../support/databases.ts'
import { uncaughtEnvironment } from '../support/fail-on-uncaught.ts'
import { hs256Key } from '../support/keys.ts'

interface DeviceResponse {
  readonly device_code: string
  readonly user_code: string
  readonly access_token?: string
  readonly error?: string
}

const EXAMPLES = join(import.meta.dirname, '../../examples')

t.test('each has 30 to 60 lines', async (t) => {
  for (const name of ['device', 'minimal', 'page', 'postgres', 'scopes']) {
    const lines = readFileSync(join(EXAMPLES, `${name}.ts`), 'utf8')
      .trimEnd()
      .split('\n').length
    t.ok(lines >= 30 && lines <= 60, `${name}.ts has ${lines} lines`)
  }
})

t.test('scopes.ts: a token reaches what its scopes allow', async (t) => {
  const { url } = await start(t, 'scopes', 'curl $URL/reports')
  const ada = new Browser(url)
  await ada.send('POST', '/sign-in', {})
  t.same(await (await ada.request('/me')).json(), { user: 'ada' }, 'a session')
  t.equal((await ada.send('POST', '/tokens', { scopes: ['reports:admin'] })).status, 403)
  const issued = await ada.send('POST', '/tokens', { scopes: ['reports:write'] })
  const { token } = (await issued.json()) as { token: string }
  const status = async (method: string, path: string) =>
    (await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } })).status
  t.equal(await status('GET', '/reports'), 200)
  t.equal(await status('PUT', '/reports/2026'), 200)
  t.equal(await status('DELETE', '/reports/2026'), 403)
  t.equal(await status('GET', '/me'), 403, 'it lacks reports:read')
  t.equal((await fetch(`${url}/me`)).status, 401)
})

t.test('page.ts: the page and its routes are behind one session', async (t) => {
  const { url, printed } = await start(t, 'page', 'Open ')
  const password = /password (\S+)$/.exec(printed)?.[1] ?? ''
  const me = new Browser(url)
  t.equal((await me.send('POST', '/tokens', {})).status, 401)
  const page = await me.open('/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ password }).toString(),
  })
  t.match(page, { status: 200, url: `${url}/settings/api-tokens`, html: '<api-tokens' })
  const issued = await me.send('POST', '/tokens', {})
  const { token } = (await issued.json()) as { token: string }
  const hello = await fetch(`${url}/hello`, { headers: { authorization: `Bearer ${token}` } })
  t.same(await hello.json(), { hello: 'me' })
})

t.test('device.ts: a program gets a token once its user has approved', async (t) => {
  const { url } = await start(t, 'device', 'curl http')
  const ask = async (path: string, fields: Record<string, string>): Promise<DeviceResponse> => {
    const body = new URLSearchParams({ client_id: 'acme-cli', ...fields })
    return (await (await fetch(url + path, { method: 'POST', body })).json()) as DeviceResponse
  }
  const { device_code, user_code } = await ask('/oauth2/device_authorization', { scope: 'models:read' })
  const poll = () =>
    ask('/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code })
  t.match(await poll(), { error: 'authorization_pending' })

  const ada = new Browser(url)
  await ada.open('/sign-in')
  const decide = (fields: Record<string, string>) =>
    ada.open('/oauth2/device', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ user_code, ...fields }).toString(),
    })
  t.match(await decide({}), { status: 200, html: 'Acme on the command line' })
  t.match(await decide({ decision: 'approve' }), { status: 200, html: 'Approved' })

  // The interval between two polls, RFC 8628, section 3.5.
  await wait(5_000)
  const { access_token } = await poll()
  const models = await fetch(`${url}/models`, { headers: { authorization: `Bearer ${access_token}` } })
  t.same(await models.json(), ['small', 'large'])
})

t.test('postgres.ts: the first start makes the tables, and the credential works', async (t) => {
  const database = await ownDatabase(t, 'PostgreSQL')
  if (database === null) return
  const { url, printed } = await start(t, 'postgres', 'curl http', {
    DATABASE_URL: database.connectionString,
    API_TOKEN_KEYS: JSON.stringify({ keys: [hs256Key()] }),
    ISSUE_FOR: 'ci',
  })
  const token = /export TOKEN=(\S+)/.exec(printed)?.[1]
  const hello = await fetch(`${url}/hello`, { headers: { authorization: `Bearer ${token}` } })
  t.same(await hello.json(), { hello: 'ci' })
})

/** Starts an example, and waits for a line of its output. */
async function start(t: Test, name: string, line: string, env: NodeJS.ProcessEnv = {}) {
  const port = await freePort()
  const child = spawn(process.execPath, [join(EXAMPLES, `${name}.ts`)], {
    cwd: t.testdir(),
    env: { ...process.env, ...uncaughtEnvironment(), ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  })
  const lines: string[] = []
  for await (const text of createInterface({ input: child.stdout })) {
    lines.push(text)
    if (text.startsWith(line)) break
  }
  return { url: `http://localhost:${port}`, printed: lines.join('\n') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
