/** `request.apiToken`: its members, which routes cannot change. */

import Fastify, { type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { verifyApiTokenOr } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { START, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

async function hostWith(t: Test, look: (request: FastifyRequest) => void) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    clock: manualClock(START),
    routes: false,
    scopes: { read: '' },
  })
  const hook = verifyApiTokenOr(async () => undefined)
  app.get('/', { onRequest: hook }, async (request) => {
    look(request)
    return {}
  })
  return app
}

t.test('it has the owner, the scopes and the times of the token', async (t) => {
  const seen: unknown[] = []
  const app = await hostWith(t, ({ apiToken }) => seen.push({ ...apiToken }))
  const { credential, token } = await app.apiTokens.issue({
    userId: 'ada',
    name: 'ci',
    scopes: ['read'],
    expiresIn: '1m',
  })
  await app.inject(withToken(credential, '/'))
  t.match(seen, [
    {
      id: token.id,
      userId: 'ada',
      name: 'ci',
      scopes: ['read'],
      issuedAt: new Date(START),
      expiresAt: new Date(START + 60_000),
      signal: AbortSignal,
    },
  ])
  await app.inject('/')
  t.same(seen[1], {}, 'null if no token was verified')
})

t.test('it is read-only and frozen, and the same object each time', async (t) => {
  const app = await hostWith(t, (request) => {
    const { apiToken } = request
    t.equal(request.apiToken, apiToken)
    t.throws(() => Object.assign(request, { apiToken: { userId: 'root' } }), TypeError)
    t.throws(() => Object.assign(apiToken ?? {}, { userId: 'root' }), TypeError)
    t.throws(() => Object.assign(apiToken ?? {}, { extra: 1 }), TypeError)
    t.throws(() => Reflect.apply(Array.prototype.push, apiToken?.scopes, ['admin']), TypeError)
    apiToken?.issuedAt.setTime(0)
    t.equal(apiToken?.userId, 'ada')
  })
  const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['read'] })
  for (const _state of ['cold', 'warm', 'warm']) {
    t.equal((await app.inject(withToken(credential, '/'))).statusCode, 200)
  }
  const { issuedAt, scopes } = await app.apiTokens.verify(credential)
  t.same(issuedAt, new Date(START), 'one request cannot change what the next one sees')
  t.same(scopes, ['read'])
})
