/** The routes in the host's OpenAPI document, and their responses compared with it. */

import fastifySwagger from '@fastify/swagger'
import Fastify, { type InjectOptions } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import t, { type Test } from 'tap'
import { z } from 'zod'
import apiTokens, {
  type ApiTokensOptions,
  bearerSecurityScheme,
  requireAnyScope,
  requireScopes,
  verifyApiTokenOr,
} from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { hs256Key } from '../support/keys.ts'

interface Operation {
  operationId?: string
  tags?: string[]
  summary?: string
  security?: Record<string, string[]>[]
  parameters?: { in: string; name: string; required?: boolean; schema: Record<string, unknown> }[]
  requestBody?: {
    required?: boolean
    content: Record<string, { schema: { properties: Record<string, unknown> } }>
  }
  responses: Record<string, { description?: string; content?: Record<string, { schema: object }> }>
}

interface Document {
  components?: { securitySchemes?: Record<string, unknown> }
  paths: Record<string, Record<string, Operation>>
}

async function documentedHost(t: Test, options: ApiTokensOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      components: { securitySchemes: { cookie: { type: 'apiKey', in: 'cookie', name: 'session' } } },
    },
  })
  const store = countingStore(memoryTokenStore())
  await app.register(apiTokens, {
    store,
    keys: [hs256Key()],
    maxTokensPerUser: 2,
    authenticateUser: ({ headers }) =>
      headers['x-user'] === 'ada'
        ? { id: 'ada', scopes: ['models:read'] }
        : headers['x-user'] === 'bob'
          ? { id: 'bob' }
          : null,
    ...options,
  })
  app.get('/models', { onRequest: requireScopes('models:read') }, async () => ({}))
  app.get('/listed', { preHandler: [async () => undefined, app.verifyApiToken] }, async () => ({}))
  app.get('/exported', { preValidation: requireScopes('chat:write') }, async () => ({}))
  app.get('/own', { onRequest: app.verifyApiToken, schema: { security: [{ cookie: [] }] } }, async () => ({}))
  app.get('/any', { onRequest: requireAnyScope('a', 'b') }, async () => ({}))
  app.get('/or', { onRequest: verifyApiTokenOr(async () => undefined, 'c') }, async () => ({}))
  app.get('/open', async () => ({}))
  await app.ready()
  return { app, store, document: app.swagger() as unknown as Document }
}

t.test('every operation has an id, the tag, a summary and its parameters', async (t) => {
  const { document } = await documentedHost(t)
  const operations = Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/tokens'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
    )
  t.strictSame(Object.fromEntries(operations.map(({ name, operationId }) => [name, operationId])), {
    'post /tokens': 'issueApiToken',
    'get /tokens': 'listApiTokens',
    'get /tokens/scopes': 'listApiTokenScopes',
    'get /tokens/{id}': 'getApiToken',
    'get /tokens/{id}/usage': 'getApiTokenUsage',
    'patch /tokens/{id}': 'updateApiToken',
    'delete /tokens/{id}': 'revokeApiToken',
    'post /tokens/{id}/rotate': 'rotateApiToken',
    'get /tokens/current': 'getCurrentApiToken',
    'delete /tokens/current': 'revokeCurrentApiToken',
  })
  for (const { name, requestBody, responses } of operations) {
    t.equal(requestBody?.required ?? false, false, `${name}: an empty body is {}`)
    const descriptions = Object.values(responses).map(({ description = '' }) => description)
    t.notMatch(descriptions.join(), 'Default Response', name)
    t.equal(new Set(descriptions).size, descriptions.length, `${name}: each response has its own`)
  }
  for (const { name, tags, summary, parameters = [] } of operations) {
    t.same(tags, ['API tokens'], name)
    t.match(summary, /^[A-Z].+[a-z]$/)
    const inPath = parameters.filter((parameter) => parameter.in === 'path')
    t.same(
      inPath.map((parameter) => parameter.name),
      name.includes('{id}') ? ['id'] : [],
      name,
    )
  }
  for (const { name, parameters = [] } of operations) {
    const owner = parameters.find((parameter) => parameter.name === 'owner')
    if (name.endsWith('/current')) t.equal(owner, undefined, name)
    else t.match(owner, { in: 'query', required: false, schema: { type: 'string' } }, name)
  }
  const list = document.paths['/tokens']?.['get']
  t.strictSame(
    list?.parameters?.map(({ name, required, schema }) => [name, required, schema['type'] ?? schema['enum']]),
    [
      ['owner', false, 'string'],
      ['limit', false, 'integer'],
      ['cursor', false, 'string'],
      ['status', false, 'array'],
      ['q', false, 'string'],
      ['sort', false, ['created_at', '-created_at', 'name', '-name', 'last_used_at', '-last_used_at']],
    ],
  )
  const status = list?.parameters?.find(({ name }) => name === 'status')?.schema['items']
  t.match(status, { enum: ['active', 'inactive', 'revoked', 'expired'] }, 'status may be repeated')
  const body = document.paths['/tokens']?.['post']?.requestBody?.content['application/json']?.schema
  t.same(Object.keys(body?.properties ?? {}), ['name', 'description', 'scopes', 'expires_in'])
})

t.test('routes that take a token name the bearer scheme, the others do not', async (t) => {
  const { document } = await documentedHost(t)
  const scheme = [{ apiToken: [] }]
  t.match(document.components?.securitySchemes, { apiToken: { type: 'http', scheme: 'bearer' } })
  for (const path of ['/models', '/listed', '/exported', '/any', '/or']) {
    t.strictSame(document.paths[path]?.['get']?.security, scheme, path)
  }
  t.strictSame(document.paths['/own']?.['get']?.security, [{ cookie: [] }], 'what the host says stands')
  t.equal(document.paths['/open']?.['get']?.security, undefined)
  t.strictSame(document.paths['/tokens/current']?.['get']?.security, scheme)
  t.strictSame(document.paths['/tokens/current']?.['delete']?.security, scheme)
  t.strictSame(document.paths['/tokens']?.['get']?.security, [{ session: [] }])
})

t.test('a document is made also by a host that declares no schemes, or that one itself', async (t) => {
  const declared = { ...bearerSecurityScheme.apiToken, description: 'as the host says' }
  for (const [options, expected] of [
    [{ openapi: {} }, { components: { securitySchemes: bearerSecurityScheme } }],
    [
      { openapi: { components: { securitySchemes: { apiToken: declared } } } },
      { components: { securitySchemes: { apiToken: declared } } },
    ],
    [{}, { securityDefinitions: { apiToken: { type: 'apiKey', name: 'authorization', in: 'header' } } }],
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(fastifySwagger, options)
    await app.register(apiTokens, {
      store: memoryTokenStore(),
      keys: [hs256Key()],
      authenticateUser: () => ({ id: 'ada' }),
    })
    app.get('/models', { onRequest: app.verifyApiToken }, async () => ({}))
    await app.ready()
    t.match(app.swagger(), expected)
    t.match(app.swagger(), { paths: { '/models': { get: { security: [{ apiToken: [] }] } } } })
  }
})

t.test('routes of the signed-in user name a security scheme that the host can replace', async (t) => {
  const { document } = await documentedHost(t)
  const issue = (one: Document) => one.paths['/tokens']?.['post']?.security
  t.same(issue(document), [{ session: [] }])
  t.match(document.components?.securitySchemes, {
    session: { type: 'apiKey', in: 'cookie', name: 'session' },
  })
  const named = await documentedHost(t, { openapi: { security: [{ cookie: [] }] } })
  t.same(issue(named.document), [{ cookie: [] }])
  t.notOk(Object.hasOwn(named.document.components?.securitySchemes ?? {}, 'session'))
  const none = await documentedHost(t, { openapi: { security: [] } })
  t.same(issue(none.document), [])
  const app = Fastify()
  t.teardown(() => app.close())
  const session = { type: 'http', scheme: 'basic', description: 'as the host says' } as const
  await app.register(fastifySwagger, { openapi: { components: { securitySchemes: { session } } } })
  await app.register(apiTokens, {
    ...{ store: memoryTokenStore(), keys: [hs256Key()], authenticateUser: () => ({ id: 'ada' }) },
  })
  await app.ready()
  t.match(app.swagger(), { components: { securitySchemes: { session } } })
})

t.test('a scheme that the document does not declare is named', async (t) => {
  await t.rejects(documentedHost(t, { openapi: { security: [{ cookies: [] }] } }), {
    code: 'FST_API_TOKENS_INVALID_OPTION',
    message: /openapi\.security names the scheme cookies, which components\.securitySchemes/,
  })
})

t.test('the tag is the host’s to choose, and openapi: false hides everything', async (t) => {
  const tagged = await documentedHost(t, { openapi: { tag: 'Settings' } })
  t.same(tagged.document.paths['/tokens']?.['post']?.tags, ['Settings'])
  const hidden = await documentedHost(t, { openapi: false })
  t.same(
    Object.keys(hidden.document.paths).filter((path) => path.startsWith('/tokens')),
    [],
  )
  t.equal(hidden.document.paths['/models']?.['get']?.security, undefined)
  const off = await documentedHost(t, { authentication: 'none' })
  t.equal(off.document.paths['/models']?.['get']?.security, undefined, 'it is open')
  t.same(
    Object.keys(off.document.paths).filter((path) => path.startsWith('/tokens')),
    [],
  )
})

t.test('every response status is in the document with its schema', async (t) => {
  const { app, store, document } = await documentedHost(t)
  const ada = { 'x-user': 'ada' }
  const json = { 'content-type': 'application/json' }
  const issue = async (user: string) =>
    (await app.inject({ method: 'POST', url: '/tokens', headers: { 'x-user': user } })).json()
  const { id } = await issue('ada')
  const { token } = await issue('ada')
  const revoked = await issue('bob')
  await app.apiTokens.revoke(revoked.id)
  const bearer = { authorization: `Bearer ${token}` }
  const tokens = ['post', 'get'].map((method) => [method, '/tokens', '/tokens'])
  const routes = [
    ...tokens,
    ['get', '/tokens/scopes', '/tokens/scopes'],
    ['get', '/tokens/{id}', `/tokens/${id}`],
    ['get', '/tokens/{id}/usage', `/tokens/${id}/usage`],
    ['patch', '/tokens/{id}', `/tokens/${id}`],
    ['post', '/tokens/{id}/rotate', `/tokens/${id}/rotate`],
    ['delete', '/tokens/{id}', `/tokens/${id}`],
    ['get', '/tokens/current', '/tokens/current'],
    ['delete', '/tokens/current', '/tokens/current'],
  ] as const
  const faults: { headers: Record<string, string>; query?: string; payload?: string; url?: string }[] = [
    { headers: {} },
    { headers: { authorization: 'Bearer a b' } },
    { headers: { ...bearer, ...json }, payload: JSON.stringify({ name: 'x'.repeat(70_000) }) },
    { headers: { ...bearer, 'content-type': 'text/plain' }, payload: 'x' },
    // A token that ends itself does not exist after this.
    { headers: bearer },
    { headers: ada, query: '?x=1' },
    { headers: ada, query: '?owner=org:acme' },
    { headers: { ...bearer, ...json }, payload: '{' },
    { headers: { ...ada, ...json }, payload: '{' },
    { headers: { ...ada, ...json }, payload: JSON.stringify({ name: 'x'.repeat(70_000) }) },
    { headers: { ...ada, 'content-type': 'text/plain' }, payload: 'x' },
    { headers: { ...ada, 'sec-fetch-site': 'cross-site' } },
    { headers: { 'x-user': 'bob' } },
    { headers: ada },
  ]
  const seen = new Set<string>()
  for (const outage of [undefined, new Error('gone')]) {
    for (const [method = '', path = '', url = ''] of routes) {
      for (const { headers, query = '', payload } of faults) {
        store.outage = outage
        if (outage !== undefined) app.apiTokens.invalidateUser('ada')
        const response = await app.inject({
          method: method.toUpperCase(),
          url: url + query,
          headers,
          ...(payload === undefined ? {} : { payload }),
        } as InjectOptions)
        const status = String(response.statusCode)
        const answer = document.paths[path]?.[method]?.responses[status]
        seen.add(`${method} ${path} ${status}`)
        t.ok(answer, `${method} ${path} answers ${status}: ${response.body}`)
        if (status !== '204') t.ok(answer?.content?.['application/json']?.schema, `${status} has a schema`)
      }
    }
  }
  const conflict = {
    method: 'PATCH',
    url: `/tokens/${revoked.id}`,
    headers: { 'x-user': 'bob' },
    payload: { name: 'x' },
  }
  store.outage = undefined
  t.equal((await app.inject(conflict as InjectOptions)).statusCode, 409)
  seen.add('patch /tokens/{id} 409')
  const rotation = { method: 'POST', url: `/tokens/${revoked.id}/rotate`, headers: { 'x-user': 'bob' } }
  t.equal((await app.inject(rotation as InjectOptions)).statusCode, 409)
  seen.add('post /tokens/{id}/rotate 409')
  const documented = Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/tokens'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method} ${path} ${status}`),
      ),
    )
  t.same(documented.filter((one) => !seen.has(one)).sort(), [], 'and it lists no response that never occurs')
})

t.test(
  'a host with a Zod type provider and its transform boots, documents and serves the routes',
  async (t) => {
    const app = Fastify().withTypeProvider<ZodTypeProvider>()
    t.teardown(() => app.close())
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(serializerCompiler)
    await app.register(fastifySwagger, { openapi: {}, transform: jsonSchemaTransform })
    await app.register(apiTokens, {
      store: memoryTokenStore(),
      keys: [hs256Key()],
      authenticateUser: () => ({ id: 'ada' }),
    })
    const schema = {
      querystring: z.object({ n: z.coerce.number() }),
      response: { 200: z.object({ n: z.number() }) },
    }
    app.get('/zod', { schema, onRequest: app.verifyApiToken }, async ({ query }) => ({ n: query.n }))
    await app.ready()
    const document = app.swagger() as unknown as Document
    t.equal(document.paths['/tokens']?.['post']?.operationId, 'issueApiToken')
    t.ok(document.paths['/tokens']?.['post']?.responses['201']?.content)
    t.strictSame(document.paths['/zod']?.['get']?.security, [{ apiToken: [] }])
    const issued = await app.inject({ method: 'POST', url: '/tokens', payload: { name: 'ci' } })
    t.equal(issued.statusCode, 201)
    t.equal((await app.inject({ method: 'POST', url: '/tokens', payload: { name: 1 } })).statusCode, 400)
    t.equal((await app.inject('/tokens?limit=1')).json().total, 1)
    const headers = { authorization: `Bearer ${issued.json().token}` }
    t.same((await app.inject({ url: '/zod?n=5', headers })).json(), { n: 5 })
  },
)

t.test('such a host boots and documents in the non-authenticated mode too', async (t) => {
  const app = Fastify().withTypeProvider<ZodTypeProvider>()
  t.teardown(() => app.close())
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(fastifySwagger, { openapi: {}, transform: jsonSchemaTransform })
  await app.register(apiTokens, { authentication: 'none' })
  const schema = { querystring: z.object({ n: z.coerce.number() }) }
  app.get('/zod', { schema, onRequest: app.verifyApiToken }, async ({ query }) => ({ n: query.n }))
  await app.ready()
  t.same(Object.keys((app.swagger() as unknown as Document).paths), ['/zod'])
  t.same((await app.inject('/zod?n=5')).json(), { n: 5 })
})
