/** The option `logTokenId`: the log lines of a request have its token's id. */

import t, { type Test } from 'tap'
import { requireScopes, verifyApiToken } from '../../src/index.ts'
import { issue, startHost, withToken } from '../support/host.ts'

async function start(t: Test, logTokenId?: boolean) {
  const lines: string[] = []
  const addRoutes: Parameters<typeof startHost>[2] = (app) => {
    app.get('/work', { onRequest: [verifyApiToken, requireScopes('a')] }, async (request, reply) => {
      request.log.info('of the request')
      reply.log.info('of the reply')
      return {}
    })
  }
  const { app } = await startHost(t, { logTokenId, scopes: { a: '' } }, addRoutes, (line) => lines.push(line))
  const { id, token } = await issue(app, 'ada', { scopes: ['a'] })
  lines.splice(0)
  return { app, id, token, lines }
}

t.test('with logTokenId every line after the hook has the id, once, cold and warm', async (t) => {
  const { app, id, token, lines } = await start(t, true)
  for (const state of ['cold', 'warm']) {
    t.equal((await app.inject(withToken(token, '/work'))).statusCode, 200)
    const logged = lines.splice(0)
    t.same(
      logged.map((line) => [JSON.parse(line).msg, line.split(id).length - 1]),
      [
        ['incoming request', 0],
        ['of the request', 1],
        ['of the reply', 1],
        ['request completed', 1],
      ],
      state,
    )
    t.equal(JSON.parse(logged[3] ?? '').tokenId, id)
    t.equal(JSON.parse(logged[1] ?? '').reqId, JSON.parse(logged[0] ?? '').reqId, 'the other bindings stay')
  }
})

t.test(
  'with logTokenId a request without a valid token has no id, and the next request has its own',
  async (t) => {
    const { app, id, token, lines } = await start(t, true)
    await app.inject(withToken(token, '/work'))
    lines.splice(0)
    await app.inject(withToken(`${token}x`, '/work'))
    await app.inject('/work')
    await app.inject('/open')
    t.notOk(lines.some((line) => line.includes(id)))
  },
)

t.test('with logTokenId a request that lacks scopes has the id', async (t) => {
  const { app, lines } = await start(t, true)
  const { id, token } = await issue(app, 'ada')
  lines.splice(0)
  t.equal((await app.inject(withToken(token, '/work'))).statusCode, 403)
  t.equal(JSON.parse(lines.at(-1) ?? '').tokenId, id)
})

t.test('without logTokenId the loggers of the request stay those of Fastify', async (t) => {
  for (const logTokenId of [undefined, false]) {
    const { app, id, token, lines } = await start(t, logTokenId)
    t.equal((await app.inject(withToken(token, '/work'))).statusCode, 200)
    t.equal(lines.length, 4)
    t.notOk(lines.some((line) => line.includes(id)))
  }
})

t.test('logTokenId works without a logger', async (t) => {
  const { app } = await startHost(t, { logTokenId: true })
  const { token } = await issue(app, 'ada')
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('a value that is no boolean fails the boot by name', async (t) => {
  await t.rejects(startHost(t, { logTokenId: 'yes' as unknown as boolean }), {
    code: 'FST_API_TOKENS_INVALID_OPTION',
    message: /logTokenId must be/,
  })
})
