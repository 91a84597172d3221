/** `fastify.apiTokens`: the operations of the routes for code, with the same errors. */

import t from 'tap'
import type { ListRequest, TokenSort } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { START, startHost, withToken } from '../support/host.ts'

const unknownId = '019b76da-a800-7fdc-bfcb-a521939f475d'

t.test('routes and code accept the tokens of each other', async (t) => {
  const { app } = await startHost(t)
  const { credential, token } = await app.apiTokens.issue({
    userId: 'ada',
    name: 'ci',
    description: 'of the build',
    scopes: ['models:read'],
    expiresIn: '60s',
  })
  t.match(token, {
    userId: 'ada',
    name: 'ci',
    description: 'of the build',
    scopes: ['models:read'],
    status: 'active',
    createdAt: new Date(START),
    expiresAt: new Date(START + 60_000),
    useCount: 0,
  })
  t.notOk('credential' in token)
  t.same((await app.inject(withToken(credential))).json(), {
    tokenId: token.id,
    userId: 'ada',
    scopes: ['models:read'],
  })
  t.match(await app.apiTokens.verify(credential), { id: token.id, userId: 'ada', name: 'ci' })
  t.equal((await app.apiTokens.get(token.id)).useCount, 2)
})

t.test('the errors are those of the routes', async (t) => {
  const { app } = await startHost(t, { maxTokensPerUser: 1 })
  const api = app.apiTokens
  const invalid = { code: 'FST_ERR_VALIDATION' }
  for (const name of ['', 'a\0', 'x'.repeat(101)]) {
    await t.rejects(api.issue({ userId: 'ada', name }), { ...invalid, message: /^name / })
    await t.rejects(api.update(unknownId, { name }), { ...invalid, message: /^name / })
    await t.rejects(api.update(unknownId, { description: '\ud800' }), {
      ...invalid,
      message: /^description /,
    })
  }
  for (const userId of ['', ' ', 'a\n', '\udc00', 'x'.repeat(256), 1, null, undefined] as string[]) {
    await t.rejects(api.issue({ userId }), { ...invalid, message: /^userId / }, JSON.stringify(userId))
    await t.rejects(api.list({ userId }), { ...invalid, message: /^userId / })
    await t.rejects(api.deactivateUser(userId), { ...invalid, message: /^userId / })
    await t.rejects(api.removeUser(userId), { ...invalid, message: /^userId / })
    t.throws(() => api.invalidateUser(userId), { ...invalid, message: /^userId / })
  }
  for (const expiresIn of [
    0,
    -1,
    999,
    1000.5,
    NaN,
    Infinity,
    3_155_760_000_001,
    '1ms',
    '101y',
    '',
    'soon',
    '60',
  ]) {
    await t.rejects(api.issue({ userId: 'ada', expiresIn }), { ...invalid, message: /^expiresIn / })
  }
  await t.rejects(api.issue({ userId: 'ada', scopes: ['root'] }), {
    ...invalid,
    message: /unknown scope root/,
  })
  const lists: [Partial<ListRequest>, RegExp][] = [
    [{ limit: 0 }, /^limit /],
    [{ limit: 101 }, /^limit /],
    [{ limit: 1.5 }, /^limit /],
    [{ sort: 'id' as TokenSort }, /^sort /],
    [{ cursor: 'x' }, /^cursor /],
    [{ q: 'x'.repeat(101) }, /^q /],
  ]
  for (const [request, message] of lists) {
    await t.rejects(api.list({ userId: 'ada', ...request }), { ...invalid, message })
  }
  await t.rejects(api.update(unknownId, { status: 'revoked' as 'active' }), {
    ...invalid,
    message: /^status /,
  })
  for (const id of [unknownId, 'x', '']) {
    for (const call of [() => api.get(id), () => api.update(id, { name: 'x' }), () => api.revoke(id)]) {
      await t.rejects(call as () => Promise<unknown>, { code: 'FST_API_TOKENS_NOT_FOUND' })
    }
  }
  const { token } = await api.issue({ userId: 'ada' })
  await t.rejects(api.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_CONFLICT' })
  await api.revoke(token.id)
  await t.rejects(api.update(token.id, { name: 'x' }), { code: 'FST_API_TOKENS_CONFLICT' })
  await api.deactivateUser('ada')
  await t.rejects(api.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_USER_INACTIVE' })
  await t.rejects(api.list({ userId: 'ada' }), { code: 'FST_API_TOKENS_USER_INACTIVE' })
})

t.test('promise 8: with a user id an operation reaches only this user’s tokens', async (t) => {
  const { app } = await startHost(t)
  const api = app.apiTokens
  const { token } = await api.issue({ userId: 'ada', name: 'hers' })
  const scope = { userId: 'bob' }
  for (const call of [
    () => api.get(token.id, scope),
    () => api.update(token.id, { name: 'his' }, scope),
    () => api.revoke(token.id, scope),
  ]) {
    await t.rejects(call as () => Promise<unknown>, { code: 'FST_API_TOKENS_NOT_FOUND' })
  }
  t.match(await api.get(token.id, { userId: 'ada' }), { name: 'hers', status: 'active' })
  t.match(await api.update(token.id, { name: 'new' }), { name: 'new' })
  t.match(await api.revoke(token.id), { status: 'revoked' })
})

t.test('verify refuses as the hook does, and counts as a use', async (t) => {
  const { app, clock } = await startHost(t)
  const api = app.apiTokens
  const { credential, token } = await api.issue({ userId: 'ada', expiresIn: 60_000 })
  const refused = { code: 'FST_API_TOKENS_INVALID', message: 'The API token is not active' }
  for (const wrong of ['', 'x', 'a b', `${credential}x`, credential.padEnd(4097, 'A'), '\0', 'é']) {
    await t.rejects(api.verify(wrong), refused)
  }
  const verified = await api.verify(credential)
  t.match(verified, { id: token.id, userId: 'ada', scopes: [], name: null, issuedAt: new Date(START) })
  t.equal(verified.signal.aborted, false)
  await api.update(token.id, { status: 'inactive' })
  t.equal(verified.signal.aborted, true)
  await t.rejects(api.verify(credential), refused)
  await api.update(token.id, { status: 'active' })
  await api.verify(credential)
  clock.advance('60s')
  await t.rejects(api.verify(credential), refused)
  t.equal((await api.get(token.id)).useCount, 2)
})

t.test('an outage is an error with its own code and its cause', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  const cause = new Error('the disk is gone')
  store.outage = cause
  const calls: (() => Promise<unknown>)[] = [
    () => app.apiTokens.issue({ userId: 'ada' }),
    () => app.apiTokens.list({ userId: 'ada' }),
    () => app.apiTokens.get(unknownId),
    () => app.apiTokens.update(unknownId, { name: 'x' }),
    () => app.apiTokens.revoke(unknownId),
    () => app.apiTokens.verify(credential),
    () => app.apiTokens.deactivateUser('ada'),
    () => app.apiTokens.removeUser('ada'),
    () => app.apiTokens.sweep(),
  ]
  for (const call of calls) {
    await t.rejects(call, {
      code: 'FST_API_TOKENS_STORE_UNAVAILABLE',
      statusCode: 503,
      message: /try again/,
      cause,
    })
  }
})

t.test('stats counts hits, misses, loads, entries and use', async (t) => {
  const { app } = await startHost(t, { cache: { max: 5 } })
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  t.same(app.apiTokens.stats(), {
    verification: { hits: 0, misses: 0, loads: 0 },
    cache: { size: 0, max: 5 },
    usage: { pending: 0, flushed: 0 },
    invalidation: {
      feed: 'available',
      feedLagMs: null,
      pubsubName: null,
      pubsub: null,
      pubsubLagMs: null,
    },
    sweep: { suspended: null, clockAheadMs: null },
  })
  for (let times = 0; times < 3; times += 1) await app.inject(withToken(credential))
  await app.inject(withToken('forged'))
  t.same(app.apiTokens.stats(), {
    verification: { hits: 2, misses: 2, loads: 1 },
    cache: { size: 1, max: 5 },
    usage: { pending: 1, flushed: 0 },
    invalidation: {
      feed: 'available',
      feedLagMs: null,
      pubsubName: null,
      pubsub: null,
      pubsubLagMs: null,
    },
    sweep: { suspended: null, clockAheadMs: null },
  })
  await app.apiTokens.flush()
  t.same(app.apiTokens.stats().usage, { pending: 0, flushed: 3 })
})

t.test('promise 8: an invalid or undefined user id does not reach the tokens of all users', async (t) => {
  const { app } = await startHost(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  const nobody = { userId: undefined }
  const refused = { code: 'FST_ERR_VALIDATION', message: 'userId must be a string' }
  await t.rejects(app.apiTokens.get(token.id, nobody), refused)
  await t.rejects(app.apiTokens.update(token.id, { name: 'mine' }, nobody), refused)
  await t.rejects(app.apiTokens.revoke(token.id, nobody), refused)
  t.match(await app.apiTokens.get(token.id), { name: null, status: 'active' })
})

t.test('promise 14: invalid arguments are refused by the name of the field', async (t) => {
  const { app } = await startHost(t)
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  // As plain JavaScript would call it.
  const untyped = app.apiTokens as unknown as Record<
    'issue' | 'update',
    (...args: unknown[]) => Promise<unknown>
  >
  const refused = (message: string) => ({ code: 'FST_ERR_VALIDATION', statusCode: 400, message })
  await t.rejects(untyped.issue({ userId: 7 }), refused('userId must be a string'))
  await t.rejects(untyped.issue({ userId: 'ada', name: 7 }), refused('name must be a string'))
  await t.rejects(
    untyped.issue({ userId: 'ada', scopes: 'a' }),
    refused('scopes must be an array of strings'),
  )
  await t.rejects(
    untyped.issue({ userId: 'ada', scopes: [7] }),
    refused('scopes must be an array of strings'),
  )
  await t.rejects(untyped.update(token.id, { description: {} }), refused('description must be a string'))
  t.match(await app.apiTokens.list({ userId: 'ada' }), { total: 1, data: [{ description: null }] })
})
