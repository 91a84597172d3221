/** The routes for administrators in the host's OpenAPI document. */

import fastifySwagger from '@fastify/swagger'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { ADMIN, adminOption } from '../support/admin-host.ts'
import { hs256Key } from '../support/keys.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly object[]
  readonly requestBody?: { readonly required?: boolean }
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

async function operationsOf(
  t: Test,
  options: ApiTokensOptions = {},
): Promise<ReadonlyMap<string, Operation>> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifySwagger, { openapi: { openapi: '3.1.0' } })
  await app.register(apiTokens, {
    ...{ store: memoryTokenStore(), keys: [hs256Key()], authenticateUser: () => null, admin: adminOption },
    ...options,
  })
  await app.ready()
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  )
  return new Map(all)
}

t.test('every route is described, with an id of its own', async (t) => {
  const operations = await operationsOf(t)
  const own = [...operations].filter(([name]) => name.includes(ADMIN))
  t.equal(own.length, 13)
  const ids = [...operations.values()].map(({ operationId }) => operationId)
  t.equal(new Set(ids).size, ids.length)
  for (const [name, { summary, tags, security, responses }] of own) {
    t.match(summary, /\w/, name)
    t.same([tags, security], [['API tokens'], [{ session: [] }]], name)
    t.equal(responses['401']?.description, 'No administrator is signed in', name)
  }
  t.notOk(
    [...operations.keys()].some((name) => name.includes('*')),
    'the routes for long ids are hidden',
  )
})

t.test('a body is required where an empty one is refused', async (t) => {
  const operations = await operationsOf(t)
  const required = (name: string) => operations.get(`${name}`)?.requestBody?.required
  for (const path of ['', '/revoke']) t.equal(required(`post ${ADMIN}${path}`), true, path)
  t.equal(required(`patch ${ADMIN}/{id}`), false)
  for (const change of ['deactivate', 'reactivate', 'remove'])
    t.equal(required(`post ${ADMIN}/owners/{id}/${change}`), false, change)
})

t.test('openapi: false hides them, too', async (t) => {
  t.same([...(await operationsOf(t, { openapi: false })).keys()], [])
})
