/** Scopes of a hook are added to the catalogue of the applications that use it, and of no other. */

import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fastifyAuth from '@fastify/auth'
import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import * as built from 'fastify-api-tokens'
import t from 'tap'
import * as original from '../../src/index.ts'
import { requireAnyScope, requireScopes, verifyApiToken, verifyApiTokenOr } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'
import { newApp, register } from '../support/placed-hooks.ts'

const options = () => ({
  store: memoryTokenStore(),
  keys: [hs256Key()],
  authenticateUser: () => ({ id: 'ada' }),
})

async function scopesOf(app: FastifyInstance): Promise<string[]> {
  const { data } = (await app.inject('/tokens/scopes')).json()
  return data.map(({ name }: { name: string }) => name)
}

const ok = async () => ({ ok: true })

/** Ways to use a hook with the scope `own`, before the plugin has loaded and after it. */
const USES: Record<string, (app: FastifyInstance) => void> = {
  'in a route': (app) => app.get('/own', { onRequest: requireScopes('own') }, ok),
  'by requireAnyScope': (app) => app.get('/own', { onRequest: requireAnyScope('own') }, ok),
  'by verifyApiTokenOr': (app) => app.get('/own', { preHandler: verifyApiTokenOr(ok, 'own') }, ok),
  'in a list': (app) => app.get('/own', { preHandler: [verifyApiToken, requireScopes('own')] }, ok),
  'by addHook': (app) => app.addHook('preParsing', requireScopes('own')),
  'by addHook of a scope': (app) =>
    void app.register(async (scope) => {
      scope.addHook('onRequest', requireScopes('own'))
      scope.get('/own', ok)
    }),
  'for what is not found': (app) => app.setNotFoundHandler({ preHandler: requireScopes('own') }, ok),
  'in app.auth': (app) => app.get('/own', { preHandler: app.auth([requireScopes('own')]) }, ok),
  'bound by the host': (app) => app.get('/own', { preHandler: requireScopes('own').bind(app) as never }, ok),
}

for (const [how, use] of Object.entries(USES)) {
  for (const when of ['before', 'after']) {
    t.test(
      `promise 16: a scope joins the catalogue of its application: ${how}, ${when} the plugin`,
      async (t) => {
        const { app } = newApp(t)
        await app.register(fastifyAuth)
        if (when === 'before') use(app)
        await app.register(original.default, options())
        if (when === 'after') use(app)
        // Neither a hook that no route has, nor one of another application.
        requireScopes('unused')
        const other = Fastify()
        t.teardown(() => other.close())
        other.get('/', { onRequest: requireScopes('other') }, ok)
        await other.ready()
        await app.ready()
        t.same(await scopesOf(app), ['own'])
      },
    )
  }
}

t.test('promise 16: of two plugins in one application each has the scopes of its own routes', async (t) => {
  const { app, warnings } = newApp(t)
  const shared = requireScopes('shared')
  for (const prefix of ['/a', '/b']) {
    app.register(
      async (scope) => {
        scope.get('/early', { onRequest: requireScopes(`${prefix}:early`) }, ok)
        scope.get('/shared', { onRequest: shared }, ok)
        await scope.register(original.default, { ...options(), issuer: prefix })
      },
      { prefix },
    )
  }
  await app.ready()
  for (const prefix of ['/a', '/b']) {
    const { data } = (await app.inject(`${prefix}/tokens/scopes`)).json()
    t.same(
      data,
      [`${prefix}:early`, 'shared'].map((name) => ({ name, description: null })),
    )
  }
  t.same(warnings(), [], 'nothing wraps hooks')
})

t.test('promise 15: a hook that is made per request uses no memory after it', async (t) => {
  const { app, warnings } = newApp(t)
  await app.register(fastifyAuth)
  await app.register(original.default, options())
  const made: WeakRef<object>[] = []
  app.get('/:n', async (request: FastifyRequest<{ Params: { n: string } }>, reply) => {
    const scope = `project:${request.params.n}`
    for (const hook of [requireScopes(scope), requireAnyScope(scope), verifyApiTokenOr(ok, scope)]) {
      made.push(new WeakRef(hook), new WeakRef(hook.bind(app)))
      await hook(request, reply).catch(() => undefined)
      await new Promise((resolve) => Reflect.apply(app.auth([hook]), app, [request, reply, resolve]))
    }
    return ok()
  })
  await app.ready()
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  const headers = { authorization: `Bearer ${credential}` }
  for (let n = 0; n < 300; n += 1) await app.inject({ url: `/${n}`, headers })
  t.same(await scopesOf(app), [], 'the catalogue does not grow')
  t.ok(warnings().length <= 100, `${warnings().length} warnings`)
  await collectGarbage()
  const alive = made.filter((hook) => hook.deref() !== undefined).length
  t.ok(alive < made.length / 10, `${alive} of ${made.length} are alive`)
})

t.test('a scope that no token can have is logged once as a warning', async (t) => {
  const { app, warnings } = newApp(t)
  await app.register(original.default, options())
  const hook = requireScopes('hidden:read')
  app.get('/', { onRequest: async (request, reply) => hook(request, reply) }, ok)
  await app.ready()
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  for (let n = 0; n < 3; n += 1)
    t.equal(
      (await app.inject({ url: '/', headers: { authorization: `Bearer ${credential}` } })).statusCode,
      403,
    )
  t.match(warnings(), [{ msg: /add it to the option scopes/, scopes: ['hidden:read'] }])
})

// The built files export the same as their sources.
const copy = built as unknown as typeof original

interface Document {
  readonly paths: Record<string, Record<string, { readonly security?: unknown }>>
}

for (const [which, { plugin, hooks }] of Object.entries({
  'the hooks are of the copy': { plugin: original, hooks: copy },
  'the plugin is of the copy': { plugin: copy, hooks: original },
})) {
  t.test(`promise 16: with two copies of the package in one process: ${which}`, async (t) => {
    const { app, warnings } = newApp(t)
    await app.register(fastifySwagger, { openapi: {} })
    app.get('/early', { onRequest: hooks.requireScopes('early') }, ok)
    await app.register(plugin.default, { ...options(), keys: [hs256Key()] })
    app.get('/late', { onRequest: hooks.requireScopes('late') }, ok)
    app.addHook('preHandler', hooks.verifyApiToken)
    await app.ready()
    t.same(await scopesOf(app), ['early', 'late'])
    const { paths } = app.swagger() as unknown as Document
    t.same(paths['/late']?.['get']?.security, [{ apiToken: [] }])
    const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['late'] })
    const headers = { authorization: `Bearer ${credential}` }
    t.equal((await app.inject({ url: '/late', headers })).statusCode, 200)
    t.equal((await app.inject({ url: '/early', headers })).statusCode, 403)
    t.equal((await app.inject('/late')).statusCode, 401)
    t.same(warnings(), [])
  })

  t.test(`promise 16: and a hook that cannot refuse fails the boot: ${which}`, async (t) => {
    for (const when of ['before', 'after']) {
      const { app } = newApp(t)
      const use = () => app.get('/', { onSend: hooks.verifyApiToken as never }, ok)
      if (when === 'before') use()
      await app.register(plugin.default, options())
      if (when === 'after') use()
      await t.rejects(async () => app.ready(), { code: 'FST_API_TOKENS_MISPLACED_HOOK' }, when)
    }
  })
}

type AnyFunction = (...args: unknown[]) => unknown

/** Wraps hooks as @fastify/otel does: what a route has by `onRoute`, what is added by another `addHook`. */
function instrument(app: FastifyInstance, wrap: (hook: AnyFunction) => AnyFunction): void {
  const { addHook } = app
  app.addHook('onRoute', (route) => {
    for (const position of ['onRequest', 'preHandler', 'onSend'] as const) {
      const hook = route[position]
      if (typeof hook === 'function') Object.assign(route, { [position]: wrap(hook as AnyFunction) })
    }
  })
  const patched = function (this: FastifyInstance, name: string, hook: AnyFunction) {
    return Reflect.apply(addHook, this, [name, name === 'onRoute' ? hook : wrap(hook)])
  }
  Object.assign(app, { addHook: patched })
}

t.test('if another plugin wraps all hooks, the boot warns, and hooks still refuse', async (t) => {
  const { app, warnings } = newApp(t)
  instrument(
    app,
    (hook) =>
      function wrapped(this: unknown, ...args: unknown[]) {
        return Reflect.apply(hook, this, args)
      },
  )
  await register(app)
  app.get('/route', { onRequest: requireScopes('read') }, ok)
  app.register(async (scope) => {
    scope.addHook('preHandler', verifyApiToken)
    scope.get('/added', ok)
  })
  await app.ready()
  t.match(warnings(), [{ msg: /wraps hooks.*name their scopes in the option scopes/ }])
  for (const url of ['/route', '/added']) t.equal((await app.inject(url)).statusCode, 401, url)
})

t.test('the hook behind a wrapper that exposes it is recognized', async (t) => {
  const showing: Record<string, (hook: AnyFunction) => AnyFunction> = {
    'by __original, as shimmer': (hook) =>
      Object.assign((...args: unknown[]) => hook(...args), { __original: hook }),
    'by the same members': (hook) => Object.assign((...args: unknown[]) => hook(...args), hook),
  }
  for (const [how, wrap] of Object.entries(showing)) {
    const { app } = newApp(t)
    await app.register(fastifySwagger, { openapi: {} })
    instrument(app, wrap)
    await app.register(original.default, options())
    app.get('/route', { onRequest: requireScopes('read') }, ok)
    app.register(async (scope) => scope.addHook('onRequest', requireScopes('added')))
    await app.ready()
    t.same(await scopesOf(app), ['added', 'read'], how)
    const { paths } = app.swagger() as unknown as Document
    t.same(paths['/route']?.['get']?.security, [{ apiToken: [] }])
    const misplaced = newApp(t)
    instrument(misplaced.app, wrap)
    await register(misplaced.app)
    // Not GET: Fastify gives its route for HEAD the hooks as they were before they were wrapped.
    misplaced.app.post('/', { onSend: verifyApiToken as never }, ok)
    await t.rejects(async () => misplaced.app.ready(), { code: 'FST_API_TOKENS_MISPLACED_HOOK' }, how)
  }
})

t.test('a wrapper with the members of a hook is called itself, never what it wraps', async (t) => {
  const { app } = newApp(t)
  await register(app)
  const closed = Object.assign(async () => {
    throw Object.assign(new Error('closed'), { statusCode: 418 })
  }, verifyApiToken)
  app.get('/', { onRequest: closed }, ok)
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  t.equal(
    (await app.inject({ url: '/', headers: { authorization: `Bearer ${credential}` } })).statusCode,
    418,
  )
})

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let n = 0; n < 3; n += 1) {
    await wait(10)
    gc()
  }
}
