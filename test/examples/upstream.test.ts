import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { call, chat, generate, question, startTestHost, type TestHost, TOKENS } from './test-host.ts'

const BOTH = { scopes: ['models:read', 'chat:write'] }
const KEY = 'the-host-has-a-key-of-its-own'

t.test('requests are forwarded with the host’s key, never with the client’s token', async (t) => {
  const seen: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[] = []
  const { host, credential } = await hostBefore(t, async (request, response) => {
    const { method, url, headers } = request
    seen.push({ ...(method && { method }), ...(url && { url }), headers, body: await text(request) })
    response.setHeader('content-type', 'application/json').end('{"object":"list","data":[]}')
  })

  const models = await call(`${host.url}/v1/models`, credential)
  t.same(await models.json(), { object: 'list', data: [] })
  const body = { ...question('Hello'), temperature: 0.5, tools: [] }
  await chat(host, credential, body)

  t.match(seen[0], { method: 'GET', url: '/base/models', headers: { authorization: `Bearer ${KEY}` } })
  t.match(seen[1], { method: 'POST', url: '/base/chat/completions' })
  t.same(JSON.parse(seen[1]?.body ?? ''), body, 'with fields that the host does not know')
  t.notMatch(JSON.stringify(seen), credential)
  t.notOk(seen.some(({ headers }) => headers.cookie))
})

t.test('a stream is forwarded without buffering', async (t) => {
  const { host, credential } = await hostBefore(t, (_, response) => {
    response.setHeader('content-type', 'text/event-stream')
    response.write(event('first'))
    response.write(event('second'))
    response.end('data: [DONE]\n\n')
  })
  const stream = await clientOf(host, credential).chat.completions.create({
    ...question('Hello'),
    stream: true,
  })
  const words: string[] = []
  for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? '')
  t.same(words, ['first', 'second'])
})

t.test('a stream ends at both sides when its token is revoked', async (t) => {
  const { host, credential, id, owner, upstreamClosed } = await hostBefore(t, (_, response) => {
    response.setHeader('content-type', 'text/event-stream')
    response.write(event('first'))
  })
  const stream = await clientOf(host, credential).chat.completions.create({
    ...question('Hello'),
    stream: true,
  })
  const read = async () => {
    for await (const _ of stream) t.equal((await owner.send('DELETE', `${TOKENS}/${id}`)).status, 204)
  }
  await t.rejects(read(), { code: 'token_ended' })
  await upstreamClosed
})

t.test('a token that is revoked before the upstream responds gets 401', async (t) => {
  const { host, credential, id, owner, asked, upstreamClosed } = await hostBefore(t, () => {})
  const answering = chat(host, credential, question('Hello'))
  await asked
  await owner.send('DELETE', `${TOKENS}/${id}`)
  const answer = await answering
  t.equal(answer.status, 401)
  t.match(await answer.json(), { error: { code: 'token_ended' } })
  await upstreamClosed
})

t.test('when the client disconnects, the upstream request is aborted', async (t) => {
  const { host, credential, upstreamClosed } = await hostBefore(t, (_, response) => {
    response.setHeader('content-type', 'text/event-stream')
    response.write(event('first'))
  })
  const stream = await clientOf(host, credential).chat.completions.create({
    ...question('Hello'),
    stream: true,
  })
  for await (const _ of stream) break
  await upstreamClosed
  t.pass('the upstream saw its connection close')
})

t.test('an error of the upstream about the request is forwarded unchanged', async (t) => {
  const error = {
    error: { message: 'No such model', type: 'invalid_request_error', param: 'model', code: 'x' },
  }
  const { host, credential } = await hostBefore(t, (_, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(error))
  })
  const answer = await chat(host, credential, question('Hello'))
  t.equal(answer.status, 404)
  t.same(await answer.json(), error)
})

t.test('a refusal of the host’s own key is 502 without the upstream’s message', async (t) => {
  const { host, credential } = await hostBefore(t, (_, response) => {
    response.writeHead(401).end(`the key ${KEY} is wrong`)
  })
  const answer = await chat(host, credential, question('Hello'))
  t.equal(answer.status, 502)
  const body = await answer.text()
  t.match(JSON.parse(body), { error: { type: 'server_error', code: 'upstream_refused' } })
  t.notMatch(body, KEY)
})

t.test('an unavailable upstream is 502, a slow one 504', async (t) => {
  const { host: late, credential } = await hostBefore(t, () => {}, { UPSTREAM_TIMEOUT_MS: '50' })
  const timeout = await chat(late, credential, question('Hello'))
  t.equal(timeout.status, 504)
  t.match(await timeout.json(), { error: { type: 'timeout_error', code: 'upstream_timeout' } })

  const down = await startTestHost(t, { UPSTREAM_URL: 'http://127.0.0.1:9/v1' })
  const token = await generate(await down.signedIn('grace'), BOTH)
  const unreachable = await chat(down, token.credential, question('Hello'))
  t.equal(unreachable.status, 502)
  t.match(await unreachable.json(), { error: { code: 'upstream_unreachable' } })
})

t.test('an upstream that disconnects is an error, in a stream and in a complete response', async (t) => {
  const { host, credential } = await hostBefore(t, async (request, response) => {
    const isStream = JSON.parse(await text(request)).stream === true
    response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json')
    response.write(isStream ? event('first').slice(0, 40) : '{"id":', () => response.destroy())
  })

  const whole = await chat(host, credential, question('Hello'))
  t.equal(whole.status, 502)
  t.match(await whole.json(), { error: { code: 'upstream_failed' } })

  const stream = await chat(host, credential, { ...question('Hello'), stream: true })
  const events = (await stream.text()).trim().split('\n\n')
  t.match(JSON.parse(events.at(-1)?.replace('data: ', '') ?? ''), { error: { code: 'upstream_failed' } })
})

interface Upstream {
  readonly host: TestHost
  readonly id: string
  readonly credential: string
  readonly owner: Awaited<ReturnType<TestHost['signedIn']>>
  /** The first request has arrived at the upstream. */
  readonly asked: Promise<unknown>
  /** The connection of the first request to the upstream has closed. */
  readonly upstreamClosed: Promise<unknown>
}

/** A host with a real server behind it that answers as the test says. */
async function hostBefore(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  environment: Record<string, string> = {},
): Promise<Upstream> {
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const asked = once(server, 'request')
  const upstreamClosed = asked.then(([, response]) => once(response, 'close'))

  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const host = await startTestHost(t, {
    UPSTREAM_URL: `http://127.0.0.1:${port}/base/`,
    UPSTREAM_API_KEY: KEY,
    ...environment,
  })
  const owner = await host.signedIn('grace')
  return { host, owner, ...(await generate(owner, BOTH)), asked, upstreamClosed }
}

function event(content: string): string {
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })}\n\n`
}

function clientOf(host: TestHost, credential: string): OpenAI {
  return new OpenAI({ apiKey: credential, baseURL: `${host.url}/v1`, maxRetries: 0 })
}
