/** A hook at a position that cannot refuse a request fails the boot, and the error names hook and position. */

import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { requireScopes, verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'
import { HOOKS, newApp, put, register } from '../support/placed-hooks.ts'

const OF_ROUTES = [
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
  'onTimeout',
  'onRequestAbort',
] as const
const OF_APPLICATIONS = ['onRoute', 'onRegister', 'onReady', 'onListen', 'preClose', 'onClose'] as const

const placements = [
  ...OF_ROUTES.flatMap((position) => [
    { position, where: 'route' as const },
    { position, where: 'addHook' as const },
  ]),
  ...OF_APPLICATIONS.map((position) => ({ position, where: 'addHook' as const })),
]

/** The boot fails by name, and the application closes without a second error. */
async function failsToBoot(
  t: Test,
  app: FastifyInstance,
  boot: () => unknown,
  name: string,
  position: string,
) {
  const label = name.replace('app.', '')
  const booting = async () => {
    await boot()
    await app.ready()
  }
  await t.rejects(
    booting,
    {
      code: 'FST_API_TOKENS_MISPLACED_HOOK',
      message: `fastify-api-tokens: ${label} cannot refuse a request at ${position}`,
    },
    `${name} at ${position}`,
  )
  await app.close()
}

for (const [index, { position, where }] of placements.entries()) {
  t.test(`promise 16: a hook at ${position} fails the boot, by ${where}`, async (t) => {
    // Each hook in its turn.
    const [name = '', hookOf] = Object.entries(HOOKS)[index % Object.keys(HOOKS).length] ?? []
    const { app } = newApp(t)
    const boot = async () => {
      await register(app)
      put(app, where, position, hookOf?.(app))
      // There are positions that are called while other plugins load.
      app.register(async () => undefined)
    }
    await failsToBoot(t, app, boot, name, position)
  })

  t.test(`promise 16: before the plugin has loaded as well: ${position}, by ${where}`, async (t) => {
    const { app } = newApp(t)
    const boot = async () => {
      put(app, where, position, verifyApiToken)
      await register(app)
    }
    await failsToBoot(t, app, boot, 'verifyApiToken', position)
  })
}

t.test('promise 16: every hook of the package', async (t) => {
  for (const [name, hookOf] of Object.entries(HOOKS)) {
    const { app } = newApp(t)
    const boot = async () => {
      await register(app)
      put(app, 'route', 'onSend', hookOf(app))
    }
    await failsToBoot(t, app, boot, name, 'onSend')
  }
})

for (const position of OF_ROUTES) {
  t.test(`promise 16: in a list, and in a scope without routes: ${position}`, async (t) => {
    const listed = newApp(t)
    const inList = async () => {
      await register(listed.app)
      put(listed.app, 'route', position, [() => undefined, verifyApiToken])
    }
    await failsToBoot(t, listed.app, inList, 'verifyApiToken', position)
    const scoped = newApp(t)
    const inScope = async () => {
      await register(scoped.app)
      await scoped.app.register(async (scope) => {
        Reflect.apply(scope.addHook, scope, [position, verifyApiToken])
      })
    }
    await failsToBoot(t, scoped.app, inScope, 'verifyApiToken', position)
  })
}

t.test('promise 16: the error names the route', async (t) => {
  for (const order of ['before', 'after']) {
    const { app } = newApp(t)
    if (order === 'after') await register(app)
    app.get('/v1/models', async () => ({}))
    app.get('/v1/models/:id', { onSend: verifyApiToken as never }, async () => ({}))
    if (order === 'before')
      app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
    await t.rejects(async () => app.ready(), { message: /at onSend of .*\/v1\/models\/:id/ }, order)
  }
})

t.test('promise 16: in the non-authenticated mode as well', async (t) => {
  const { app } = newApp(t)
  const boot = async () => {
    await app.register(apiTokens, { authentication: 'none' })
    app.get('/', { onSend: app.verifyApiToken as never }, async () => ({}))
  }
  await failsToBoot(t, app, boot, 'verifyApiToken', 'onSend')
})

t.test('a function of the host with the name of a hook may be anywhere', async (t) => {
  const { app, warnings } = newApp(t)
  await register(app)
  async function verifyApiToken() {
    return undefined
  }
  app.get('/', { onResponse: verifyApiToken }, async () => ({}))
  app.addHook('onClose', verifyApiToken)
  await app.ready()
  t.same(warnings(), [])
})

t.test('called without a request it throws synchronously, without an unhandled rejection', (t) => {
  for (const hook of [verifyApiToken, requireScopes('read')]) {
    for (const args of [
      [],
      [undefined, undefined],
      [{}, {}],
      [Fastify(), {}],
      [{ raw: {} }, () => undefined],
    ])
      t.throws(() => Reflect.apply(hook, undefined, args), { code: 'FST_API_TOKENS_MISPLACED_HOOK' })
  }
  t.end()
})
