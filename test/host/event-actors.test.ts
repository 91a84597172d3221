/** Every event says when, who and why. */

import Fastify from 'fastify'
import t from 'tap'
import apiTokens, { type Actor, type TokenEventName } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, issue, START, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const NAMES: readonly TokenEventName[] = [
  ...(['issued', 'updated', 'revoked', 'rotated', 'idle-warning', 'idle', 'rejected'] as const),
  ...(['user-deactivated', 'user-reactivated', 'user-removed'] as const),
  'user-tokens-revoked',
]

type Emitted = readonly [name: TokenEventName, by: Actor, reason: string | null]

/** A host, and a function that returns the events since its last call. */
async function start(t: Parameters<typeof startHost>[0], options: Parameters<typeof startHost>[1] = {}) {
  const host = await startHost(t, options)
  const emitted: Emitted[] = []
  for (const name of NAMES) {
    host.app.apiTokens.events.on(name, ({ at, by, reason }) => {
      t.same(at, new Date(host.clock.now()), `${name}: at`)
      emitted.push([name, { ...by }, reason])
    })
  }
  return { ...host, taken: () => emitted.splice(0) }
}

const remoteAddress = '203.0.113.7'
const ADA: Actor = { kind: 'user', id: 'ada', ip: remoteAddress }
const CODE: Actor = { kind: 'code', id: null, ip: null }
const SYSTEM: Actor = { kind: 'system', id: null, ip: null }

t.test('a management route names the signed-in user and the address of the request', async (t) => {
  const { app, clock, taken } = await start(t)
  const call = async (method: 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
    app.inject(as('ada', { method, url, remoteAddress, ...(payload === undefined ? {} : { payload }) }))
  const { id } = (await call('POST', '/tokens')).json()
  t.same(taken(), [['issued', ADA, null]])
  clock.advance('1h')
  await call('PATCH', `/tokens/${id}`, { name: 'ci' })
  t.same(taken(), [['updated', ADA, null]])
  await call('POST', `/tokens/${id}/rotate`)
  t.same(taken(), [
    ['issued', ADA, null],
    ['rotated', ADA, null],
  ])
  await call('DELETE', `/tokens/${id}?reason=leaked`)
  t.same(taken(), [['revoked', ADA, 'leaked']])
  const other = (await call('POST', '/tokens')).json()
  taken()
  await call('DELETE', `/tokens/${other.id}`)
  t.same(taken(), [['revoked', ADA, null]])
})

t.test('the address follows trustProxy', async (t) => {
  for (const [trustProxy, ip] of [
    [true, '198.51.100.9'],
    [false, remoteAddress],
  ] as const) {
    const app = Fastify({ trustProxy })
    t.teardown(() => app.close())
    const options = { store: memoryTokenStore(), keys: [hs256Key()], authenticateUser: () => ({ id: 'ada' }) }
    await app.register(apiTokens, options)
    let by: Actor | undefined
    app.apiTokens.events.on('issued', (event) => {
      by = event.by
    })
    const headers = { 'x-forwarded-for': '198.51.100.9' }
    await app.inject({ method: 'POST', url: '/tokens', remoteAddress, headers })
    t.same(by, { kind: 'user', id: 'ada', ip })
  }
})

t.test('a token that ends itself, and one that is refused, is named with the address', async (t) => {
  const { app, taken } = await start(t)
  const { id, token } = await issue(app, 'ada')
  taken()
  const by: Actor = { kind: 'token', id, ip: remoteAddress }
  const end = { ...withToken(token, '/tokens/current'), method: 'DELETE', remoteAddress } as const
  await app.inject(end)
  t.same(taken(), [['revoked', by, null]])
  await app.inject(end)
  await app.inject({ ...withToken(token), remoteAddress })
  t.same(taken(), [
    ['rejected', by, 'revoked'],
    ['rejected', by, 'revoked'],
  ])
  await app.inject({ ...withToken(`${token}x`), remoteAddress })
  t.same(taken(), [['rejected', { ...by, id: null }, 'forged']], 'an invalid signature names no token')
})

t.test('code is the actor of its calls, or states who acts', async (t) => {
  const { app, taken } = await start(t)
  const api = app.apiTokens
  for (const [by, actor] of [
    [undefined, CODE],
    [{ kind: 'admin', id: 'root', ip: '::1' } as const, { kind: 'admin', id: 'root', ip: '::1' } as const],
    [{ kind: 'user', id: 'ada' } as const, { kind: 'user', id: 'ada', ip: null } as const],
  ] as const) {
    const { token } = await api.issue({ userId: 'ada', by })
    await api.update(token.id, { name: 'ci' }, { userId: 'ada', by })
    const { token: successor } = await api.rotate(token.id, {}, { userId: 'ada', by })
    await api.revoke(successor.id, { userId: 'ada', by, reason: 'replaced' })
    await api.deactivateUser('ada', { by })
    await api.reactivateUser('ada', { by })
    await api.removeUser('ada', { by })
    await api.reactivateUser('ada', { by })
    await api.revokeAll({ userId: 'ada', by, reason: 'leaked' })
    const { credential } = await api.issue({ userId: 'ada', by })
    await api.revokeCredential(credential, { by, reason: 'unused' })
    t.same(taken(), [
      ['issued', actor, null],
      ['updated', actor, null],
      ['issued', actor, null],
      ['rotated', actor, null],
      ['revoked', actor, 'replaced'],
      ['user-deactivated', actor, null],
      ['user-reactivated', actor, null],
      ['user-removed', actor, null],
      ['user-reactivated', actor, null],
      ['user-tokens-revoked', actor, 'leaked'],
      ['issued', actor, null],
      ['revoked', actor, 'unused'],
    ])
  }
  const { token } = await api.issue({ userId: 'ada' })
  await api.rotate(token.id)
  await api.update(token.id, { name: 'x' })
  await api.revoke(token.id)
  t.same(
    taken().map(([, by]) => by),
    [CODE, CODE, CODE, CODE, CODE],
    'without the argument',
  )
})

t.test('with by and without userId, code finds the tokens of all users', async (t) => {
  const { app, taken } = await start(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  taken()
  const by = { kind: 'admin', id: 'root' } as const
  t.match(await app.apiTokens.revoke(token.id, { by, reason: 'leaked' }), {
    status: 'revoked',
    statusReason: 'leaked',
  })
  t.same(taken(), [['revoked', { ...by, ip: null }, 'leaked']])
})

t.test('the events of a user name the user', async (t) => {
  const { app } = await startHost(t)
  const users: string[] = []
  for (const name of ['user-deactivated', 'user-reactivated', 'user-removed'] as const)
    app.apiTokens.events.on(name, ({ userId }) => users.push(`${name} ${userId}`))
  await app.apiTokens.deactivateUser('ada')
  await app.apiTokens.reactivateUser('eve')
  await app.apiTokens.removeUser('bob')
  t.same(users, ['user-deactivated ada', 'user-reactivated eve', 'user-removed bob'])
  await t.rejects(app.apiTokens.removeUser(''))
  t.equal(users.length, 3)
})

t.test('no event is emitted for a change of a user that failed', async (t) => {
  const store = memoryTokenStore()
  const { app, taken } = await start(t, {
    store: Object.assign(store, {
      setOwnerStatus: async () => {
        throw new Error('the store is unavailable')
      },
    }),
  })
  await t.rejects(app.apiTokens.deactivateUser('ada'))
  t.same(taken(), [])
})

t.test('the first use of a successor ends its predecessor: the successor is named', async (t) => {
  const { app, taken } = await start(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  const { token: successor, credential } = await app.apiTokens.rotate(token.id)
  taken()
  await app.inject(withToken(credential))
  t.same(taken(), [['revoked', { kind: 'token', id: successor.id, ip: null }, 'rotated']])
})

t.test('the sweep acts as the system', async (t) => {
  const { app, clock, taken } = await start(t)
  await issue(app, 'ada')
  taken()
  clock.advance('26d')
  await app.apiTokens.sweep()
  t.same(taken(), [['idle-warning', SYSTEM, 'idle']])
  clock.advance('5d')
  await app.apiTokens.sweep()
  t.same(taken(), [['idle', SYSTEM, 'idle']])
})

t.test('a refusal for missing scopes is emitted and logged with the token and its owner', async (t) => {
  const lines: Record<string, unknown>[] = []
  const { app } = await startHost(t, {}, undefined, (line) => lines.push(JSON.parse(line)))
  const { id, token } = await issue(app, 'ada', { scopes: ['chat:write'] })
  const rejected: unknown[] = []
  app.apiTokens.events.on('rejected', (event) => rejected.push({ ...event }))
  const response = await app.inject({ ...withToken(token, '/models'), remoteAddress })
  t.equal(response.statusCode, 403)
  const by: Actor = { kind: 'token', id, ip: remoteAddress }
  t.same(rejected, [{ at: new Date(START), by, reason: 'missing_scopes', tokenId: id, userId: 'ada' }])
  t.match(
    lines.filter(({ msg }) => msg === 'API token refused'),
    [{ level: 30, reason: 'missing_scopes', tokenId: id }],
  )
  t.equal((await app.inject({ ...withToken(token, '/chat'), method: 'POST' })).statusCode, 200)
  t.equal(rejected.length, 1, 'no refusal, no event')
})

t.test('verify emits its refusals, without an address', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada')
  const rejected: unknown[] = []
  app.apiTokens.events.on('rejected', ({ by, reason, tokenId, userId }) =>
    rejected.push({ by, reason, tokenId, userId }),
  )
  await app.apiTokens.verify(token)
  await app.apiTokens.revoke(id)
  await t.rejects(app.apiTokens.verify(token), { code: 'FST_API_TOKENS_INVALID' })
  await t.rejects(app.apiTokens.verify('x'), { code: 'FST_API_TOKENS_INVALID' })
  const by: Actor = { kind: 'token', id, ip: null }
  t.same(rejected, [
    { by, reason: 'revoked', tokenId: id, userId: 'ada' },
    { by: { ...by, id: null }, reason: 'forged', tokenId: null, userId: null },
  ])
})

t.test(
  'a valid credential without a row names the token, and the owner if the credential does',
  async (t) => {
    for (const [credentials, userId] of [
      ['jwt', 'ada'],
      ['compact', null],
    ] as const) {
      const key = hs256Key()
      const options = { keys: [key], credentials, tokenPrefix: 'acme_' }
      const { app: issuer } = await startHost(t, options)
      const { token } = await issue(issuer, 'ada')
      const { app } = await startHost(t, options)
      const rejected: unknown[] = []
      app.apiTokens.events.on('rejected', (event) => rejected.push([event.reason, event.userId]))
      await app.inject(withToken(token))
      await app.inject({ ...withToken(token, '/tokens/current'), method: 'DELETE' })
      await t.rejects(app.apiTokens.verify(token))
      t.same(rejected, Array(3).fill(['unknown', userId]), credentials)
    }
  },
)
