/** The hook in all forms in which a host can call it, each cold, warm, with an invalid and a revoked token. */

import fastifyAuth from '@fastify/auth'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HookHandlerDoneFunction,
} from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, {
  requireAnyScope,
  requireScopes,
  verifyApiToken,
  verifyApiTokenOr,
} from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const options = () => ({ store: memoryTokenStore(), keys: [hs256Key()], routes: false as const })

/** A host whose `/guarded` is protected as the form says. `reached` counts how often its handler ran. */
interface GuardedHost {
  readonly app: FastifyInstance
  reached: number
}

type HostHook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** Declares `/guarded` with a hook in some form. */
type Form = (app: FastifyInstance, handler: () => Promise<unknown>) => void | Promise<void>

async function guardedHost(t: Test, declare: Form): Promise<GuardedHost> {
  const app = Fastify()
  t.teardown(() => app.close())
  const host = { app, reached: 0 }
  await declare(app, async () => {
    host.reached += 1
    return { ok: true }
  })
  await app.ready()
  return host
}

/** After the plugin has loaded. */
const loaded =
  (declare: Form): Form =>
  async (app, handler) => {
    await app.register(apiTokens, options())
    await declare(app, handler)
  }

const forms: Record<string, Form> = {
  'onRequest: app.verifyApiToken': loaded((app, handler) => {
    app.get('/guarded', { onRequest: app.verifyApiToken }, handler)
  }),
  'preHandler: app.verifyApiToken': loaded((app, handler) => {
    app.get('/guarded', { preHandler: app.verifyApiToken }, handler)
  }),
  'both, and in a list': loaded((app, handler) => {
    const { verifyApiToken } = app
    app.get(
      '/guarded',
      { onRequest: [verifyApiToken, verifyApiToken], preHandler: [verifyApiToken] },
      handler,
    )
  }),
  'awaited in an async function that passes done on': loaded((app, handler) => {
    const hook = async (...args: Parameters<HostHook>) => {
      await app.verifyApiToken(...args)
    }
    app.get('/guarded', { onRequest: hook }, handler)
  }),
  'returned by an async function that passes done on': loaded((app, handler) => {
    const hook = async (...args: Parameters<HostHook>) => verifyApiToken(...args)
    app.get('/guarded', { preHandler: hook }, handler)
  }),
  "called with done in a host's own hook": loaded((app, handler) => {
    app.get(
      '/guarded',
      { onRequest: (request, reply, done) => app.verifyApiToken(request, reply, done) },
      handler,
    )
  }),
  "awaited without done in a host's own async hook": loaded((app, handler) => {
    app.get(
      '/guarded',
      {
        preHandler: async (request, reply) => {
          await app.verifyApiToken(request, reply)
        },
      },
      handler,
    )
  }),
  'returned without done by an arrow function': loaded((app, handler) => {
    app.get('/guarded', { onRequest: async (request, reply) => app.verifyApiToken(request, reply) }, handler)
  }),
  "awaited in a host's own async handler": loaded((app, handler) => {
    app.get('/guarded', async (request, reply) => {
      await app.verifyApiToken(request, reply)
      return handler()
    })
  }),
  'addHook(onRequest) at the root': loaded((app, handler) => {
    app.addHook('onRequest', app.verifyApiToken)
    app.get('/guarded', handler)
  }),
  'addHook(preHandler) for one scope of routes': loaded((app, handler) => {
    app.register(async (scope) => {
      scope.addHook('preHandler', scope.verifyApiToken)
      scope.get('/guarded', handler)
    })
  }),
  'requireScopes() that asks for none': loaded((app, handler) => {
    app.get('/guarded', { preHandler: requireScopes() }, handler)
  }),
  'verifyApiTokenOr with a hook that refuses': loaded((app, handler) => {
    app.get(
      '/guarded',
      {
        preHandler: verifyApiTokenOr(async () => {
          throw Object.assign(new Error('sign in'), { statusCode: 401 })
        }),
      },
      handler,
    )
  }),
  '@fastify/auth, or': loaded(async (app, handler) => {
    await app.register(fastifyAuth)
    const refuse = (_request: unknown, _reply: unknown, done: (error?: Error) => void) =>
      done(new Error('no'))
    app.get('/guarded', { preHandler: app.auth([refuse, app.verifyApiToken], { relation: 'or' }) }, handler)
  }),
  '@fastify/auth, and': loaded(async (app, handler) => {
    await app.register(fastifyAuth)
    const agree = async () => undefined
    app.get('/guarded', { onRequest: app.auth([agree, app.verifyApiToken], { relation: 'and' }) }, handler)
  }),
  '@fastify/auth, and, run all': loaded(async (app, handler) => {
    await app.register(fastifyAuth)
    const agree = async () => undefined
    const both = app.auth([app.verifyApiToken, agree], { relation: 'and', run: 'all' })
    app.get('/guarded', { preHandler: both }, handler)
  }),
  '@fastify/auth, or, run all': loaded(async (app, handler) => {
    await app.register(fastifyAuth)
    const refuse = async () => {
      throw new Error('no')
    }
    const either = app.auth([app.verifyApiToken, refuse], { relation: 'or', run: 'all' })
    app.get('/guarded', { preHandler: either }, handler)
  }),
  'the exported hook, the plugin awaited': loaded((app, handler) => {
    app.get('/guarded', { onRequest: verifyApiToken }, handler)
  }),
  'the exported hook, register not awaited': (app, handler) => {
    app.register(apiTokens, options())
    app.get('/guarded', { onRequest: verifyApiToken }, handler)
  },
  'the exported hook, the route declared before register': (app, handler) => {
    app.get('/guarded', { preHandler: verifyApiToken }, handler)
    app.register(apiTokens, options())
  },
  'the exported hook by addHook at the root, before register': (app, handler) => {
    app.addHook('onRequest', verifyApiToken)
    app.get('/guarded', handler)
    app.register(apiTokens, options())
  },
  'the exported hook awaited without done': (app, handler) => {
    app.get(
      '/guarded',
      {
        onRequest: async (request, reply) => {
          await verifyApiToken(request, reply)
        },
      },
      handler,
    )
    app.register(apiTokens, options())
  },
  'the exported requireScopes, register not awaited': (app, handler) => {
    app.register(apiTokens, options())
    app.get('/guarded', { preHandler: requireScopes() }, handler)
  },
}

for (const [form, declare] of Object.entries(forms)) {
  t.test(`a request without a valid token never passes: ${form}`, async (t) => {
    const host = await guardedHost(t, declare)
    const { app } = host
    const { credential, token } = await app.apiTokens.issue({ userId: 'ada' })
    const forged = `${credential.slice(0, -6)}${credential.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`
    const statusOf = async (sent?: string) =>
      (await app.inject(sent === undefined ? { url: '/guarded' } : withToken(sent, '/guarded'))).statusCode
    const refused = async (moment: string, sent?: string) => {
      const reached = host.reached
      t.not(await statusOf(sent), 200, moment)
      t.equal(host.reached, reached, `${moment}: the handler was not reached`)
    }

    await refused('nothing sent')
    await refused('forged, nothing cached', forged)
    t.equal(await statusOf(credential), 200, 'cold')
    t.equal(await statusOf(credential), 200, 'warm')
    t.equal(host.reached, 2)
    await refused('forged, the genuine one cached', forged)
    await refused('nothing sent after that')
    await app.apiTokens.update(token.id, { status: 'inactive' })
    await refused('disabled, cold', credential)
    await refused('disabled, the refusal cached', credential)
    await app.apiTokens.update(token.id, { status: 'active' })
    t.equal(await statusOf(credential), 200, 'on again')
    await app.apiTokens.revoke(token.id)
    await refused('revoked, cold', credential)
    await refused('revoked, the refusal cached', credential)
    t.equal((await app.apiTokens.get(token.id)).useCount, 3, 'each request that passed was counted once')
  })
}

t.test('called without done it rejects, with the error of the route', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, options())
  const outcomes: unknown[] = []
  app.get('/', async (request, reply) => {
    outcomes.push(await app.verifyApiToken(request, reply).catch((error: Error) => error))
    outcomes.push(await verifyApiToken(request, reply).catch((error: Error) => error))
    return { id: request.apiToken?.id ?? null }
  })
  const { credential, token } = await app.apiTokens.issue({ userId: 'ada' })
  await app.inject('/')
  t.match(outcomes.splice(0), [{ code: 'FST_API_TOKENS_MISSING' }, { code: 'FST_API_TOKENS_MISSING' }])
  const forged = await app.inject(withToken(`${credential}x`, '/'))
  t.match(outcomes.splice(0), [{ code: 'FST_API_TOKENS_INVALID' }, { code: 'FST_API_TOKENS_INVALID' }])
  t.same(forged.json(), { id: null })
  const passed = await app.inject(withToken(credential, '/'))
  t.same(outcomes, [undefined, undefined])
  t.same(passed.json(), { id: token.id })
})

t.test('a bearer token on onRequest: the body of an unauthenticated request is never parsed', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, options())
  let parsed = 0
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
    parsed += 1
    done(null, body)
  })
  app.post('/early', { onRequest: verifyApiToken }, async () => ({}))
  const send = (url: string, authorization: string) =>
    app.inject({ method: 'POST', url, headers: { authorization, 'content-type': 'text/plain' }, body: 'x' })
  t.equal((await send('/early', 'Bearer forged')).statusCode, 401)
  t.equal(parsed, 0)
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  t.equal((await send('/early', `Bearer ${credential}`)).statusCode, 200)
  t.equal(parsed, 1)
})

t.test('a token that is revoked between two hooks of one request is refused by the second', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, options())
  const { credential, token } = await app.apiTokens.issue({ userId: 'ada' })
  let reached = false
  app.get(
    '/',
    {
      onRequest: app.verifyApiToken,
      preValidation: async () => void (await app.apiTokens.revoke(token.id)),
      preHandler: app.verifyApiToken,
    },
    async () => {
      reached = true
    },
  )
  t.equal((await app.inject(withToken(credential, '/'))).statusCode, 401)
  t.equal(reached, false)
})

t.test('@fastify/auth: an accepted request carries no challenge, a refused one does', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyAuth)
  await app.register(apiTokens, options())
  const session = async ({ headers }: FastifyRequest) => {
    if (headers['x-session'] !== 'good') throw Object.assign(new Error('no session'), { statusCode: 401 })
  }
  for (const [url, functions] of [
    ['/token-first', [app.verifyApiToken, session]],
    ['/session-first', [session, app.verifyApiToken]],
  ] as const) {
    app.get(url, { preHandler: app.auth([...functions], { relation: 'or' }) }, async () => ({ ok: true }))
    app.get(`${url}-all`, { preHandler: app.auth([...functions], { run: 'all' }) }, async () => ({
      ok: true,
    }))
  }
  const session200 = { 'x-session': 'good' }
  for (const url of ['/token-first', '/session-first', '/token-first-all', '/session-first-all']) {
    const accepted = await app.inject({ url, headers: session200 })
    t.equal(accepted.statusCode, 200, url)
    t.equal(accepted.headers['www-authenticate'], undefined, 'no challenge leaks onto a 200')
    const byHost = await app.inject({ url, headers: { ...session200, authorization: 'Bearer forged' } })
    t.equal(byHost.statusCode, 200, 'under `or` the host decides')
    t.equal(byHost.headers['www-authenticate'], undefined)
    t.equal((await app.inject(url)).statusCode, 401)
  }
  const refused = await app.inject('/session-first')
  t.equal(refused.json().code, 'FST_API_TOKENS_MISSING')
  t.equal(refused.headers['www-authenticate'], 'Bearer realm="fastify-api-tokens"')
  const forged = await app.inject(withToken('forged', '/session-first'))
  t.equal(forged.headers['www-authenticate'], 'Bearer realm="fastify-api-tokens", error="invalid_token"')
})

t.test("a hook at the root skips the plugin's own routes, which have their own checks", async (t) => {
  for (const when of ['before register', 'after register'] as const) {
    await t.test(when, async (t) => {
      const app = Fastify()
      t.teardown(() => app.close())
      if (when === 'before register') app.addHook('onRequest', verifyApiToken)
      await app.register(apiTokens, {
        ...options(),
        routes: { prefix: '/tokens' },
        authenticateUser: ({ headers }) => (headers.cookie === 'ada' ? { id: 'ada' } : null),
      })
      if (when === 'after register') app.addHook('onRequest', requireScopes('admin'))
      app.addHook('preHandler', app.verifyApiToken)
      app.get('/guarded', async () => ({ ok: true }))

      const signedIn = { cookie: 'ada' }
      const issued = await app.inject({ method: 'POST', url: '/tokens', headers: signedIn })
      t.equal(issued.statusCode, 201, 'the session alone manages tokens')
      const { token } = issued.json()
      t.equal((await app.inject({ url: '/tokens', headers: signedIn })).statusCode, 200)
      t.equal((await app.inject({ url: '/tokens' })).json().code, 'FST_API_TOKENS_USER_REQUIRED')
      t.equal((await app.inject(withToken(token, '/tokens'))).json().code, 'FST_API_TOKENS_SESSION_ONLY')
      t.equal((await app.inject(withToken(token, '/tokens/current'))).statusCode, 200)
      t.equal((await app.inject('/tokens/current')).statusCode, 401)

      t.equal((await app.inject({ url: '/guarded', headers: signedIn })).statusCode, 401)
      t.equal((await app.inject('/nowhere')).statusCode, 401, 'what is not there is behind the hook too')
      const guarded = when === 'before register' ? 200 : 403
      t.equal((await app.inject(withToken(token, '/guarded'))).statusCode, guarded)
    })
  }
})

t.test('without the plugin the exported hooks respond 500', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let reached = 0
  const handler = async () => {
    reached += 1
    return {}
  }
  app.get('/verify', { onRequest: verifyApiToken }, handler)
  app.get('/scopes', { preHandler: requireScopes('read') }, handler)
  app.get('/awaited', { onRequest: async (request, reply) => verifyApiToken(request, reply) }, handler)
  app.register(async (scope) => {
    await scope.register(async (inner) => {
      await inner.register(apiTokens, options())
    })
  })
  for (const url of ['/verify', '/scopes', '/awaited']) {
    for (const headers of [{}, { authorization: 'Bearer x' }]) {
      const response = await app.inject({ url, headers })
      t.equal(response.statusCode, 500)
      t.equal(response.json().code, 'FST_API_TOKENS_NOT_REGISTERED')
      t.match(response.json().message, 'await app.register(apiTokens')
    }
  }
  t.equal(reached, 0)
})

t.test('scopes of routes declared before the plugin loads can be granted, and are required', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/early', { onRequest: requireScopes('early:read') }, async () => ({ ok: true }))
  app.register(async (scope) => {
    scope.addHook('onRequest', requireScopes('scope:read'))
    scope.get('/inside', async () => ({ ok: true }))
  })
  app.register(apiTokens, options())
  app.get('/late', { preHandler: [requireScopes('late:read', 'late:write')] }, async () => ({ ok: true }))
  await app.ready()
  const scopes = ['early:read', 'scope:read', 'late:read', 'late:write']
  const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes })
  for (const url of ['/early', '/inside', '/late']) {
    t.equal((await app.inject(withToken(credential, url))).statusCode, 200, url)
  }
  const { credential: narrow } = await app.apiTokens.issue({ userId: 'ada', scopes: ['late:read'] })
  for (const [url, scope] of [
    ['/early', 'early:read'],
    ['/inside', 'scope:read'],
    ['/late', 'late:read late:write'],
  ] as const) {
    const response = await app.inject(withToken(narrow, url))
    t.equal(response.statusCode, 403, url)
    t.equal(
      response.headers['www-authenticate'],
      `Bearer realm="fastify-api-tokens", error="insufficient_scope", scope="${scope}"`,
    )
  }
})

t.test('one exported hook serves two instances, each with its own result', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const hook = requireScopes('shared:read')
  const credentials: string[] = []
  for (const prefix of ['/a', '/b']) {
    app.register(
      async (scope) => {
        await scope.register(apiTokens, { ...options(), issuer: `host${prefix}` })
        scope.get('/guarded', { onRequest: hook }, async () => ({ ok: true }))
        const issued = await scope.apiTokens.issue({ userId: 'ada', scopes: ['shared:read'] })
        credentials.push(issued.credential)
      },
      { prefix },
    )
  }
  await app.ready()
  const [ofA = '', ofB = ''] = credentials
  const statusOf = async (credential: string, url: string) =>
    (await app.inject(withToken(credential, url))).statusCode
  for (const state of ['cold', 'warm']) {
    t.equal(await statusOf(ofA, '/a/guarded'), 200, state)
    t.equal(await statusOf(ofB, '/b/guarded'), 200, state)
    t.equal(await statusOf(ofA, '/b/guarded'), 401, state)
    t.equal(await statusOf(ofB, '/a/guarded'), 401, state)
  }
})

t.test('a scope name that RFC 6749 §3.3 forbids throws when the hook is made', (t) => {
  for (const name of ['', 'a b', 'a"b', 'a\\b', 'é', 'a\n', 'x'.repeat(129)]) {
    t.throws(() => requireScopes(name), { code: 'FST_API_TOKENS_INVALID_OPTION', message: /scope name/ })
    t.throws(() => requireAnyScope('good', name), { code: 'FST_API_TOKENS_INVALID_OPTION' })
  }
  t.end()
})
