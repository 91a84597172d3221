/** Events, and errors of their listeners. */

import Fastify from 'fastify'
import t from 'tap'
import apiTokens, { type TokenEventName } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const names: readonly TokenEventName[] = [
  'issued',
  'updated',
  'revoked',
  'rotated',
  'idle-warning',
  'idle',
  'rejected',
  'user-deactivated',
  'user-reactivated',
  'user-removed',
  'user-tokens-revoked',
]

t.test('each change is emitted once, with the changed token', async (t) => {
  const { app, clock } = await startHost(t)
  const emitted: [TokenEventName, Record<string, unknown>][] = []
  for (const name of names) app.apiTokens.events.on(name, (event) => emitted.push([name, { ...event }]))
  const taken = () => emitted.splice(0)

  const { id, token } = await issue(app, 'ada', { name: 'old' })
  t.match(taken(), [['issued', { token: { id, userId: 'ada', name: 'old', status: 'active' } }]])
  await app.inject(withToken(token))
  await app.inject(as('ada', { url: `/tokens/${id}` }))
  t.same(taken(), [], 'use and reading are no events')
  const patch = (payload: object) => app.inject(as('ada', { method: 'PATCH', url: `/tokens/${id}`, payload }))
  await patch({ name: 'new' })
  t.match(taken(), [['updated', { token: { id, name: 'new' }, changes: { name: 'new' } }]])
  await patch({ status: 'inactive' })
  t.match(taken(), [['updated', { token: { status: 'inactive' }, changes: { status: 'inactive' } }]])
  await patch({})
  t.same(taken(), [], 'nothing was changed')
  await app.inject(withToken(token))
  await app.inject(withToken(token))
  t.match(taken(), [
    ['rejected', { reason: 'inactive', tokenId: id, userId: 'ada' }],
    ['rejected', { reason: 'inactive', tokenId: id, userId: 'ada' }],
  ])
  await app.inject(withToken(`${token}x`))
  t.match(
    taken(),
    [['rejected', { reason: 'forged', tokenId: null, userId: null }]],
    'the claims of an invalid signature are not trusted',
  )
  await app.inject('/protected')
  await app.inject(withToken('a b'))
  t.same(taken(), [], 'no credential, no event')
  await patch({ status: 'active' })
  taken()
  clock.advance('26d')
  await app.apiTokens.sweep()
  t.match(taken(), [['idle-warning', { token: { id, userId: 'ada', status: 'active' } }]])
  clock.advance('5d')
  await app.apiTokens.sweep()
  t.match(taken(), [['idle', { token: { id, status: 'inactive', statusReason: 'idle' } }]])
  await patch({ status: 'active' })
  taken()
  const { token: successor, credential } = await app.apiTokens.rotate(id)
  t.match(taken(), [
    ['issued', { token: { id: successor.id, status: 'active' } }],
    ['rotated', { token: { id, status: 'active' }, successor: { id: successor.id } }],
  ])
  await app.apiTokens.verify(credential)
  await app.apiTokens.verify(credential)
  t.match(taken(), [['revoked', { token: { id, status: 'revoked', statusReason: 'rotated' } }]])
  await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${successor.id}` }))
  t.match(taken(), [['revoked', { token: { id: successor.id, status: 'revoked' } }]])
  await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${successor.id}` }))
  t.same(taken(), [], 'it was revoked already')
})

t.test('an error of a listener is logged, and the response does not change', async (t) => {
  const logged: { level: number; msg: string; err?: { message: string } }[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => logged.push(JSON.parse(line)) } } })
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    authenticateUser: () => ({ id: 'ada' }),
  })
  let later = 0
  for (const name of names) {
    app.apiTokens.events.on(name, () => {
      throw new Error(`thrown at ${name}`)
    })
    app.apiTokens.events.on(name, async () => {
      throw new Error(`rejected at ${name}`)
    })
    app.apiTokens.events.on(name, () => {
      later += 1
    })
  }
  app.get('/protected', { onRequest: app.verifyApiToken }, async () => ({}))
  const issued = await app.inject({ method: 'POST', url: '/tokens' })
  t.equal(issued.statusCode, 201)
  t.equal((await app.inject(withToken('forged'))).statusCode, 401)
  t.equal((await app.inject({ method: 'DELETE', url: `/tokens/${issued.json().id}` })).statusCode, 204)
  t.equal(later, 3, 'the listeners behind it are called, too')
  const failures = logged.filter(({ level }) => level === 50)
  t.same(
    failures.map(({ err }) => err?.message).sort(),
    ['issued', 'rejected', 'revoked'].flatMap((name) => [`rejected at ${name}`, `thrown at ${name}`]).sort(),
  )
  t.equal(new Set(failures.map(({ msg }) => msg)).size, 1)
})

t.test('once is called once, off removes a listener', async (t) => {
  const { app } = await startHost(t)
  let once = 0
  let always = 0
  const listener = () => {
    always += 1
  }
  app.apiTokens.events.once('issued', () => {
    once += 1
  })
  app.apiTokens.events.on('issued', listener)
  await issue(app, 'ada')
  await issue(app, 'ada')
  app.apiTokens.events.off('issued', listener)
  await issue(app, 'ada')
  t.equal(once, 1)
  t.equal(always, 2)
})
