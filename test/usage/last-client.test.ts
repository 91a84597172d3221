/** The last client of a token is personal data, and stored only with `usage.lastClient`. */

import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const KEPT = { usage: { flushInterval: '1d', lastClient: true } }

t.test('by default the client is neither stored nor returned', async (t) => {
  const store = memoryTokenStore()
  const { app } = await startHost(t, { store })
  const { id, token } = await issue(app, 'ada')
  await call(app, token, '192.0.2.1', 'curl/8.0')
  await app.apiTokens.flush()
  t.equal((await findToken(store, id))?.token.lastClient, null)
  t.notOk('last_used_ip' in (await viewOf(app, id)) || 'last_used_user_agent' in (await viewOf(app, id)))
  t.notOk('lastClient' in (await app.apiTokens.get(id)))
})

t.test('with usage.lastClient the latest client is returned, before and after its flush', async (t) => {
  const { app } = await startHost(t, KEPT)
  const { id, token } = await issue(app, 'ada')
  t.match(await viewOf(app, id), { last_used_ip: null, last_used_user_agent: null })
  for (const userAgent of ['curl/8.0', 'openai-node/6.1']) {
    await call(app, token, '192.0.2.1', userAgent)
    t.match(await viewOf(app, id), { last_used_ip: '192.0.2.1', last_used_user_agent: userAgent })
  }
  await call(app, token, '2001:db8::7', 'curl/8.0')
  const latest = { last_used_ip: '2001:db8::7', last_used_user_agent: 'curl/8.0' }
  t.match(await viewOf(app, id), latest)
  await app.apiTokens.flush()
  t.match(await viewOf(app, id), latest)
  const list = (await app.inject(as('ada', { url: '/tokens' }))).json()
  t.match(list.data[0], latest)
  t.strictSame((await app.apiTokens.get(id)).lastClient, { ip: '2001:db8::7', userAgent: 'curl/8.0' })
  const { statusCode } = await app.inject({ ...withToken(token, '/models'), remoteAddress: '192.0.2.9' })
  t.equal(statusCode, 403)
  t.match(
    await viewOf(app, id),
    { last_used_ip: '192.0.2.9' },
    'a request without a required scope is a use, too',
  )
})

t.test('another instance with a later use returns the client of that use', async (t) => {
  const store = memoryTokenStore()
  const options = { ...KEPT, store, keys: [hs256Key()] }
  const [first, second] = [await startHost(t, options), await startHost(t, options)]
  const { id, token } = await issue(first.app, 'ada')
  await call(first.app, token, '192.0.2.1')
  second.clock.advance('1s')
  await call(second.app, token, '192.0.2.2')
  t.match(await viewOf(first.app, id), { last_used_ip: '192.0.2.1' })
  await second.app.apiTokens.flush()
  t.match(await viewOf(first.app, id), { last_used_ip: '192.0.2.2' })
  await first.app.apiTokens.flush()
  t.match(await viewOf(second.app, id), { last_used_ip: '192.0.2.2' })
})

t.test('promise 14: the client’s data is cut to fit every database', async (t) => {
  const { app } = await startHost(t, KEPT)
  const { id, token } = await issue(app, 'ada')
  await call(app, token, 'x'.repeat(300), `a\0\u001b[31m\ud800${'é'.repeat(300)}`)
  const expected = { last_used_ip: 'x'.repeat(64), last_used_user_agent: `a  [31m\ufffd${'é'.repeat(247)}` }
  t.match(await viewOf(app, id), expected)
  await app.apiTokens.flush()
  t.match(await viewOf(app, id), expected)
})

t.test('without usage.lastClient the next use erases a stored client', async (t) => {
  const store = memoryTokenStore()
  const options = { store, keys: [hs256Key()] }
  const keeping = await startHost(t, { ...options, ...KEPT })
  const { id, token } = await issue(keeping.app, 'ada')
  await call(keeping.app, token, '192.0.2.1')
  await keeping.app.apiTokens.flush()
  t.strictSame((await findToken(store, id))?.token.lastClient, {
    ip: '192.0.2.1',
    userAgent: 'lightMyRequest',
  })
  const forgetting = await startHost(t, options)
  await call(forgetting.app, token, '192.0.2.1')
  await forgetting.app.apiTokens.flush()
  t.equal((await findToken(store, id))?.token.lastClient, null)
})

async function call(
  app: FastifyInstance,
  token: string,
  remoteAddress: string,
  userAgent = 'lightMyRequest',
) {
  const { headers } = withToken(token)
  const { statusCode } = await app.inject({
    url: '/protected',
    headers: { ...headers, 'user-agent': userAgent },
    remoteAddress,
  })
  if (statusCode !== 200) throw new Error(`refused: ${statusCode}`)
}

async function viewOf(app: FastifyInstance, id: string): Promise<Record<string, unknown>> {
  return (await app.inject(as('ada', { url: `/tokens/${id}` }))).json()
}
