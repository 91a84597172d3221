import OpenAI from 'openai'
import t from 'tap'
import { reply } from '../../examples/bodhi-host/openai/model.ts'
import { call, chat, generate, question, startTestHost, type TestHost, TOKENS } from './test-host.ts'

const BOTH = { scopes: ['models:read', 'chat:write'] }

t.test('the openai client lists models and chats, with and without a stream', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'), BOTH)
  const client = clientOf(host, credential)

  t.match(await client.models.list(), { data: [{ id: 'bodhi-tiny', object: 'model' }] })

  const completion = await client.chat.completions.create(question('Hello there'))
  t.equal(completion.choices[0]?.message.content, 'You said: Hello there')
  t.match(completion.usage, { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 })

  const stream = await client.chat.completions.create({
    ...question('Count to 4'),
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let finish: string | null = null
  let total = 0
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
    total = chunk.usage?.total_tokens ?? total
  }
  t.equal(text, '1 2 3 4')
  t.equal(finish, 'stop')
  t.equal(total, 7)
})

t.test('the client’s stream helper reads the stream', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'), BOTH)
  const stream = clientOf(host, credential).chat.completions.stream(question('Count to 3'))
  t.equal((await stream.finalChatCompletion()).choices[0]?.message.content, '1 2 3')
})

t.test('a stream is server-sent events and ends with [DONE]', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'), BOTH)
  const answer = await chat(host, credential, { ...question('Count to 2'), stream: true })
  t.match(answer.headers.get('content-type'), /^text\/event-stream/)
  const events = (await answer.text()).trim().split('\n\n')
  t.equal(events.at(-1), 'data: [DONE]')
  for (const event of events.slice(0, -1)) {
    t.match(JSON.parse(event.replace(/^data: /, '')), {
      object: 'chat.completion.chunk',
      model: 'bodhi-tiny',
    })
  }
})

t.test('max_tokens limits the response and sets finish_reason', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'), BOTH)
  const cut = await clientOf(host, credential).chat.completions.create({
    ...question('Count to 9'),
    max_tokens: 2,
  })
  t.match(cut.choices[0], { message: { content: '1 2' }, finish_reason: 'length' })
})

t.test('each route requires its scope, with a challenge and in OpenAI’s format', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'), { scopes: ['models:read'] })

  t.equal((await call(`${host.url}/v1/models`, credential)).status, 200)
  const refused = await chat(host, credential, question('Hello'))
  t.equal(refused.status, 403)
  t.match(refused.headers.get('www-authenticate'), /error="insufficient_scope", scope="chat:write"/)
  t.match(await refused.json(), {
    error: { type: 'permission_error', code: 'FST_API_TOKENS_INSUFFICIENT_SCOPE', param: null },
  })

  const anonymous = await fetch(`${host.url}/v1/models`)
  t.equal(anonymous.status, 401)
  t.match(anonymous.headers.get('www-authenticate'), /^Bearer realm=/)
  t.equal(anonymous.headers.get('cache-control'), 'no-store')
})

t.test('an invalid body is an error in OpenAI’s format that names the field', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'), BOTH)
  const bad: [unknown, number, string | null][] = [
    [{ messages: [{ role: 'user', content: 'x' }] }, 400, 'model'],
    [{ model: 'bodhi-tiny' }, 400, 'messages'],
    [{ model: 'bodhi-tiny', messages: [] }, 400, 'messages'],
    [{ model: 'bodhi-tiny', messages: 'hello' }, 400, 'messages'],
    [{ model: 'bodhi-tiny', messages: [{ content: 'x' }] }, 400, 'messages[0].role'],
    [{ ...question('x'), stream: 'yes' }, 400, 'stream'],
    [{ ...question('x'), max_tokens: 0 }, 400, 'max_tokens'],
    [{ ...question('x'), n: 2 }, 400, 'n'],
    [{ ...question('x'), model: 'gpt-none' }, 404, 'model'],
  ]
  for (const [body, status, param] of bad) {
    const answer = await chat(host, credential, body)
    t.equal(answer.status, status)
    t.match(await answer.json(), { error: { type: 'invalid_request_error', param } })
  }

  const broken = await call(`${host.url}/v1/chat/completions`, credential, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":',
  })
  t.equal(broken.status, 400)
  t.match(await broken.json(), { error: { type: 'invalid_request_error' } })

  const unknown = await call(`${host.url}/v1/embeddings`, credential)
  t.equal(unknown.status, 404)
  t.match(await unknown.json(), { error: { code: 'unknown_url' } })
})

t.test('a content of parts is read, and optional fields may be null', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'), BOTH)
  const content = [
    { type: 'text', text: 'two' },
    { type: 'text', text: 'parts' },
  ]
  const answer = await chat(host, credential, {
    model: 'bodhi-tiny',
    messages: [{ role: 'user', content }],
    stream: null,
    max_tokens: null,
  })
  t.match(await answer.json(), { choices: [{ message: { content: 'You said: two parts' } }] })
})

t.test('a stream ends when its token is revoked or disabled, or its owner is deactivated', async (t) => {
  const host = await startTestHost(t, { MODEL_WORD_DELAY_MS: '20' })
  const grace = await host.signedIn('grace')
  const ada = await host.signedIn('ada')
  const ends: Record<string, (id: string) => Promise<Response>> = {
    revoked: (id) => grace.send('DELETE', `${TOKENS}/${id}`),
    disabled: (id) => grace.send('PATCH', `${TOKENS}/${id}`, { status: 'inactive' }),
    'owner deactivated': () => ada.send('POST', '/bodhi/v1/users/grace/deactivate'),
  }
  for (const [how, end] of Object.entries(ends)) {
    const { id, credential } = await generate(grace, BOTH)
    const stream = await clientOf(host, credential).chat.completions.create({
      ...question('Count to 1000'),
      stream: true,
    })
    let words = 0
    const read = async () => {
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta.content) words++
        if (words === 2) t.ok((await end(id)).ok)
      }
    }
    await t.rejects(read(), { code: 'token_ended' }, how)
    t.ok(words < 1000, `${how}: ended after ${words} words`)
  }
})

t.test('a stream ends with an error when the host stops, and does not delay it', async (t) => {
  const host = await startTestHost(t, { MODEL_WORD_DELAY_MS: '20' })
  const { credential } = await generate(await host.signedIn('grace'), BOTH)
  const stream = await clientOf(host, credential).chat.completions.create({
    ...question('Count to 1000'),
    stream: true,
  })
  let closed: Promise<void> | undefined
  const read = async () => {
    for await (const _ of stream) closed ??= host.app.close()
  }
  await t.rejects(read(), { code: 'host_stopping' })
  await closed
})

t.test('the responses of the routes have the cache headers of the host', async (t) => {
  const host = await startTestHost(t)
  const { credential } = await generate(await host.signedIn('grace'))
  const answer = await call(`${host.url}/v1/models`, credential)
  t.equal(answer.headers.get('cache-control'), 'no-cache')
  t.notOk(answer.headers.has('etag'))
})

t.test('the model gives the same reply to the same message', async (t) => {
  t.same(reply('count to 3'), ['1', '2', '3'])
  t.same(reply('  a  b '), ['You', 'said:', 'a', 'b'])
  t.equal(reply('Count to 9999').length, 1000)
  t.same(reply(''), reply('   '))
})

function clientOf(host: TestHost, credential: string): OpenAI {
  return new OpenAI({ apiKey: credential, baseURL: `${host.url}/v1`, maxRetries: 0 })
}
