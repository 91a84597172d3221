import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import t from 'tap'
import { call, chat, generate, question, startTestHost, TOKENS, USERS } from './test-host.ts'

t.test('tokens survive a restart', async (t) => {
  const dataDir = t.testdir()
  const first = await startTestHost(t, { DATA_DIR: dataDir })
  const { id, credential } = await generate(await first.signedIn('grace'), { name: 'Survivor' })
  t.equal((await call(`${first.url}/v1/models`, credential)).status, 200)
  await first.app.close()

  const second = await startTestHost(t, { DATA_DIR: dataDir })
  t.equal((await call(`${second.url}/v1/models`, credential)).status, 200)
  const grace = await second.signedIn('grace')
  const token = (await (await grace.send('GET', `${TOKENS}/${id}`)).json()) as Record<string, unknown>
  t.match(token, { name: 'Survivor', status: 'active' })
  t.ok(token['last_used_at'], 'the use of before the restart was written')
})

t.test('the data directory holds no credential', async (t) => {
  const dataDir = t.testdir()
  const host = await startTestHost(t, { DATA_DIR: dataDir })
  const { credential } = await generate(await host.signedIn('grace'))
  await host.app.close()
  const { readFileSync } = await import('node:fs')
  for (const file of readdirSync(dataDir)) {
    t.notOk(readFileSync(join(dataDir, file)).includes(credential.slice(-20)), file)
  }
})

t.test('the non-authenticated mode opens the API, logs a warning and stores nothing', async (t) => {
  const dataDir = join(t.testdir(), 'never-made')
  const host = await startTestHost(t, { BODHI_AUTH: 'none', DATA_DIR: dataDir })

  const page = await host.browser().open('/')
  t.match(page.html, '<api-tokens ', 'which shows in a browser that tokens are not available')
  t.equal((await fetch(`${host.url}/v1/models`)).status, 200)
  t.equal((await call(`${host.url}/v1/models`, 'anything')).status, 200)
  const client = new OpenAI({ apiKey: 'none', baseURL: `${host.url}/v1`, maxRetries: 0 })
  const completion = await client.chat.completions.create(question('Hello'))
  t.equal(completion.choices[0]?.message.content, 'You said: Hello')
  const stream = await chat(host, 'none', { ...question('Count to 2'), stream: true })
  t.match(await stream.text(), /\[DONE\]/)

  const refused = await host.browser().send('POST', TOKENS, {})
  t.equal(refused.status, 403)
  t.match(await refused.json(), { code: 'FST_API_TOKENS_AUTHENTICATION_DISABLED' })
  t.same(await (await fetch(`${host.url}/bodhi/v1/user`)).json(), { authentication: 'none' })
  t.equal((await fetch(`${host.url}/sign-in`)).status, 404)
  t.equal((await fetch(`${host.url}${USERS}`)).status, 404)
  t.notOk(existsSync(dataDir))
})

t.test('the OpenAPI document describes the routes and the bearer scheme', async (t) => {
  const host = await startTestHost(t)
  const document = (await (await fetch(`${host.url}/docs/json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
    components: unknown
  }
  t.match(document.components, { securitySchemes: { apiToken: { type: 'http', scheme: 'bearer' } } })
  t.match(document.paths['/v1/models']?.['get'], { security: [{ apiToken: [] }], operationId: 'listModels' })
  for (const path of ['/v1/chat/completions', '/bodhi/v1/user', USERS, TOKENS])
    t.ok(document.paths[path], path)

  const page = await fetch(`${host.url}/docs`)
  t.equal(page.status, 200)
  t.notMatch(page.headers.get('content-security-policy'), /script-src [^;]*unsafe/)
})

t.test('a port in use is an error and leaves nothing running', async (t) => {
  const host = await startTestHost(t)
  const { port } = new URL(host.url)
  await t.rejects(startTestHost(t, { PORT: port }), { message: /PORT: another program listens on / })
})
