/** Host functions that throw or call back twice: no request passes, and the process keeps running. */

import { setImmediate } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, {
  type ApiTokensOptions,
  requireAnyScope,
  requireScopes,
  verifyApiToken,
  verifyApiTokenOr,
} from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

async function startHost(t: Test, options: ApiTokensOptions = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    routes: false,
    scopes: { read: '' },
    ...options,
  })
  return app
}

t.test('promise 16: an error thrown by the host in done becomes the response, cold and warm', async (t) => {
  for (const hook of [verifyApiToken, requireScopes('read')]) {
    const app = await startHost(t)
    app.get(
      '/refused',
      {
        onRequest: (request, reply, done) => {
          hook(request, reply, (error) => {
            if (error !== undefined) throw error
            done()
          })
        },
      },
      async () => 'reached',
    )
    app.get(
      '/passed',
      {
        onRequest: (request, reply, _done) => {
          hook(request, reply, () => {
            throw Object.assign(new Error('of the host'), { statusCode: 418 })
          })
        },
      },
      async () => 'reached',
    )
    const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['read'] })
    const forged = `${credential.slice(0, -4)}AAAA`
    for (const state of ['cold', 'warm']) {
      t.equal((await app.inject(withToken(credential, '/passed'))).statusCode, 418, state)
      t.equal((await app.inject(withToken(forged, '/refused'))).statusCode, 401, state)
      t.equal((await app.inject(withToken(credential, '/refused'))).body, 'reached', state)
    }
  }
})

t.test('promise 16: a done that throws after the response was sent is logged', async (t) => {
  const app = await startHost(t)
  app.get(
    '/',
    {
      onRequest: (request, reply, _done) => {
        verifyApiToken(request, reply, () => {
          reply.send('sent')
          reply.hijack()
          throw new Error('of the host')
        })
      },
    },
    async () => 'reached',
  )
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  t.equal((await app.inject(withToken(credential, '/'))).body, 'sent')
  await setImmediate()
})

t.test('promise 16: a findUser that rejects without an error lets no request pass', async (t) => {
  const failing: Record<string, () => never> = {
    'throws undefined': () => {
      throw undefined
    },
    'throws null': () => {
      throw null
    },
  }
  for (const [how, fail] of Object.entries(failing)) {
    let isFailing = false
    const app = await startHost(t, { findUser: () => (isFailing ? fail() : { active: true }) })
    app.get('/', { onRequest: verifyApiToken }, async () => 'reached')
    const { credential } = await app.apiTokens.issue({ userId: 'ada' })
    isFailing = true
    t.not((await app.inject(withToken(credential, '/'))).statusCode, 200, how)
  }
})

t.test('promise 16: a hijacked reply does not let a token pass', async (t) => {
  const app = await startHost(t)
  app.get('/', async (request, reply) => {
    reply.hijack()
    const word = await verifyApiToken(request, reply).then(
      () => `passed ${request.apiToken?.userId}`,
      (error: Error & { code: string }) => `refused ${error.code} ${request.apiToken}`,
    )
    reply.raw.end(word)
  })
  const { credential, token } = await app.apiTokens.issue({ userId: 'ada' })
  t.equal((await app.inject(withToken(credential, '/'))).body, 'passed ada')
  await app.apiTokens.revoke(token.id)
  t.equal((await app.inject(withToken(credential, '/'))).body, 'refused FST_API_TOKENS_INVALID null')
})

t.test('a hook of the host that calls back twice lets the request pass once', async (t) => {
  const app = await startHost(t)
  let reached = 0
  const twice = verifyApiTokenOr(async (_request, _reply, done) => {
    done()
    done()
  })
  const both = verifyApiTokenOr(async (_request, _reply, done) => {
    done(new Error('refused'))
  })
  for (const [url, hook] of [
    ['/twice', twice],
    ['/both', both],
  ] as const) {
    app.get(url, { onRequest: hook }, async () => {
      reached += 1
      return 'reached'
    })
  }
  t.equal((await app.inject('/twice')).body, 'reached')
  t.equal((await app.inject('/both')).statusCode, 500)
  await setImmediate()
  t.equal(reached, 1)
})

t.test('promise 16: wrong arguments throw when the hook is made', async (t) => {
  const wrong = { code: 'FST_API_TOKENS_INVALID_OPTION' }
  for (const hook of [undefined, null, {}, 'read', [async () => undefined]])
    t.throws(() => verifyApiTokenOr(hook as never), wrong)
  for (const scope of ['', 'a b', ['read'], undefined, 1]) {
    t.throws(() => verifyApiTokenOr(async () => undefined, scope as never), wrong)
    t.throws(() => requireAnyScope('read', scope as never), wrong)
    t.throws(() => requireScopes('read', scope as never), wrong)
  }
  t.throws(() => requireAnyScope(), { ...wrong, message: /at least one scope/ })
  t.end()
})

t.test('a request without a socket is verified too', async (t) => {
  const app = await startHost(t)
  app.addHook('onRequest', async ({ raw }) => void Object.defineProperty(raw, 'socket', { value: undefined }))
  app.get('/', { onRequest: verifyApiToken }, async ({ apiToken }) => apiToken?.userId)
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  for (const state of ['cold', 'warm', 'warm'])
    t.equal((await app.inject(withToken(credential, '/'))).body, 'ada', state)
  t.equal((await app.inject('/')).statusCode, 401)
})

t.test('the names of the other hooks are free for decorators of the host', async (t) => {
  for (const when of ['before', 'after']) {
    const app = Fastify()
    t.teardown(() => app.close())
    const names = ['verifyApiTokenOr', 'requireScopes', 'requireAnyScope']
    const decorate = () => names.forEach((name) => void app.decorate(name, () => name))
    if (when === 'before') decorate()
    await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
    if (when === 'after') decorate()
    await t.resolves(async () => app.ready(), when)
  }
})

t.test('a decorator of the host with the name of a hook is not taken for the plugin', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const open: unknown = (_request: unknown, _reply: unknown, done: () => void) => done()
  app.decorate('verifyApiToken', open as typeof verifyApiToken)
  app.get('/', { onRequest: verifyApiToken }, async () => 'reached')
  const response = await app.inject('/')
  t.equal(response.statusCode, 500)
  t.equal(response.json().code, 'FST_API_TOKENS_NOT_REGISTERED')
})
