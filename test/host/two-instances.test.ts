/** Two instances of the plugin in one application: each with its own store, keys and names. */

import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions, requireScopes } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

async function twoInstances(t: Test, first: ApiTokensOptions, second: ApiTokensOptions) {
  const app = Fastify()
  t.teardown(() => app.close())
  const scopes: FastifyInstance[] = []
  for (const [prefix, options] of [
    ['/a', first],
    ['/b', second],
  ] as const) {
    app.register(
      async (scope) => {
        await scope.register(apiTokens, {
          store: memoryTokenStore(),
          keys: [hs256Key()],
          authenticateUser: () => ({ id: 'ada' }),
          ...options,
        })
        scope.get('/guarded', { onRequest: scope.verifyApiToken }, async ({ apiToken }) => ({
          id: apiToken?.id,
        }))
        scope.get('/scoped', { onRequest: requireScopes(`${prefix}:read`) }, async () => ({}))
        scopes.push(scope)
      },
      { prefix },
    )
  }
  await app.ready()
  const [a, b] = scopes
  if (a === undefined || b === undefined) throw new Error('both instances are registered')
  return { app, a, b }
}

/** Each other's credentials, cold and warm, on guarded routes, by code, and for management. */
async function areApart(
  t: Test,
  { app, a, b }: { app: FastifyInstance; a: FastifyInstance; b: FastifyInstance },
) {
  const ofA = await a.apiTokens.issue({ userId: 'ada' })
  const ofB = await b.apiTokens.issue({ userId: 'ada' })
  for (const state of ['cold', 'warm']) {
    for (const [own, other, prefix] of [
      [ofA, ofB, '/a'],
      [ofB, ofA, '/b'],
    ] as const) {
      const accepted = await app.inject(withToken(own.credential, `${prefix}/guarded`))
      t.equal(accepted.statusCode, 200, state)
      t.equal(accepted.json().id, own.token.id)
      t.equal((await app.inject(withToken(other.credential, `${prefix}/guarded`))).statusCode, 401, state)
      t.equal((await app.inject(withToken(other.credential, `${prefix}/tokens/current`))).statusCode, 401)
    }
  }
  await t.rejects(a.apiTokens.verify(ofB.credential), { code: 'FST_API_TOKENS_INVALID' })
  await a.apiTokens.revoke(ofA.token.id)
  t.equal((await app.inject(withToken(ofA.credential, '/a/guarded'))).statusCode, 401)
  t.equal((await app.inject(withToken(ofB.credential, '/b/guarded'))).statusCode, 200)
}

t.test('with nothing in common', async (t) => {
  await areApart(
    t,
    await twoInstances(t, { issuer: 'a', tokenPrefix: 'a_' }, { issuer: 'b', tokenPrefix: 'b_', realm: 'B' }),
  )
})

t.test('with names in common, the keys keep them apart', async (t) => {
  await areApart(t, await twoInstances(t, {}, {}))
})

t.test('with keys and store in common, the issuers keep them apart', async (t) => {
  const keys = [hs256Key()]
  const store = memoryTokenStore()
  await areApart(t, await twoInstances(t, { keys, store, issuer: 'a' }, { keys, store, issuer: 'b' }))
})

t.test('with keys, store and issuer in common, the audiences keep them apart', async (t) => {
  const keys = [hs256Key()]
  const store = memoryTokenStore()
  await areApart(t, await twoInstances(t, { keys, store, audience: 'a' }, { keys, store, audience: 'b' }))
})

t.test('with all but the prefix in common, the prefixes keep them apart', async (t) => {
  const keys = [hs256Key()]
  const store = memoryTokenStore()
  await areApart(
    t,
    await twoInstances(t, { keys, store, tokenPrefix: 'a_' }, { keys, store, tokenPrefix: 'b_' }),
  )
})

t.test('with all but the store in common, the stores keep them apart', async (t) => {
  const keys = [hs256Key()]
  await areApart(t, await twoInstances(t, { keys }, { keys }))
})

t.test('each has its own catalogue, challenges, events and numbers', async (t) => {
  const { app, a, b } = await twoInstances(t, { realm: 'A' }, { realm: 'B' })
  const emitted: string[] = []
  a.apiTokens.events.on('issued', () => emitted.push('a'))
  b.apiTokens.events.on('issued', () => emitted.push('b'))
  await b.apiTokens.issue({ userId: 'ada', scopes: ['/b:read'] })
  t.same(emitted, ['b'])
  await t.rejects(b.apiTokens.issue({ userId: 'ada', scopes: ['/a:read'] }), { code: 'FST_ERR_VALIDATION' })
  t.same((await app.inject('/a/tokens/scopes')).json().data, [{ name: '/a:read', description: null }])
  t.equal((await app.inject('/a/guarded')).headers['www-authenticate'], 'Bearer realm="A"')
  t.equal((await app.inject('/b/guarded')).headers['www-authenticate'], 'Bearer realm="B"')
  t.equal((await app.inject('/a/tokens')).json().total, 0)
  t.equal((await app.inject('/b/tokens')).json().total, 1)
  await app.inject(withToken('forged', '/a/guarded'))
  t.equal(a.apiTokens.stats().verification.misses, 1)
  t.equal(b.apiTokens.stats().verification.misses, 0)
})

t.test('one beside another that is open', async (t) => {
  const { app, a } = await twoInstances(t, {}, { authentication: 'none' })
  const { credential } = await a.apiTokens.issue({ userId: 'ada' })
  t.equal((await app.inject(withToken(credential, '/a/guarded'))).statusCode, 200)
  t.equal((await app.inject('/a/guarded')).statusCode, 401)
  t.equal((await app.inject('/b/guarded')).statusCode, 200)
})
