/** Arguments of `app.apiTokens` are checked as strictly as the routes' bodies, by name, in both modes. */

import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens from '../../src/index.ts'
import { startHost } from '../support/host.ts'

const id = '019b76da-a800-7fdc-bfcb-a521939f475d'
const DURATION = (name: string) => new RegExp(`^${name} must be whole milliseconds`)
const ada = { userId: 'ada' }
const ADMIN = { kind: 'admin', id: 'root' }

/** Methods as plain JavaScript calls them. */
type Untyped = Record<string, (...args: unknown[]) => unknown>

/** A method, its arguments, and what the error says. */
type Case = readonly [method: string, args: readonly unknown[], message: RegExp]

class Request {
  readonly userId = 'ada'
}

const inherited = Object.create({ expiresIn: 60 }, { userId: { value: 'ada', enumerable: true } })

/** A proxy of which nothing can be read any more. */
const { proxy: revoked, revoke } = Proxy.revocable<unknown[]>([], {})
revoke()

/** Values of a wrong type for a member or an argument that is an object. */
const NOT_OBJECTS = [null, 'eve', 7, true, [], [ada], () => ada, Symbol('x')]
/** Objects whose members could stay unseen. */
const NOT_PLAIN = [new Request(), inherited, new Map([['userId', 'ada']]), new Date(), Buffer.from('x')]

const requests = (method: string, call: (request: unknown) => readonly unknown[]): Case[] => [
  ...NOT_OBJECTS.map((value): Case => [method, call(value), /^the (request|changes) must be an object$/]),
  ...NOT_PLAIN.map((value): Case => [method, call(value), /^the (request|changes) must be a plain object/]),
]

const scopes = (method: string, ...before: unknown[]): Case[] => [
  [method, [id, ...before, undefined], /^the scope must be an object$/],
  ...NOT_OBJECTS.map((value): Case => [method, [id, ...before, value], /^the scope must be an object$/]),
  ...NOT_PLAIN.map((value): Case => [method, [id, ...before, value], /^the scope must be a plain object/]),
  [method, [id, ...before, {}], /^userId must be a string$/],
  [method, [id, ...before, { userId: undefined }], /^userId must be a string$/],
  [method, [id, ...before, { userId: null }], /^userId must be a string$/],
  [method, [id, ...before, { userId: ['ada'] }], /^userId must be a string$/],
  [method, [id, ...before, { userId: '' }], /^userId must not be blank$/],
  [
    method,
    [id, ...before, { user_id: 'eve' }],
    /^user_id is not a member of the scope: did you mean userId\?$/,
  ],
  [method, [id, ...before, { ...ada, owner: 'eve' }], /^owner is not a member of the scope$/],
  [method, [id, ...before, { ...ada, [Symbol('owner')]: 1 }], /^Symbol\(owner\) is not a member/],
  [method, [id, ...before, ada, 'extra'], new RegExp(`^${method} takes at most \\d arguments`)],
]

const ids = (method: string, ...rest: unknown[]): Case[] =>
  [undefined, null, 7, NaN, [id], { id }, Buffer.from(id), new String(id)].map(
    (value): Case => [method, [value, ...rest], /^id must be a string$/],
  )

const users = (method: string): Case[] => [
  ...[undefined, null, 7, ['ada'], ada, new String('ada')].map(
    (value): Case => [method, [value], /^userId must be a string$/],
  ),
  [method, [''], /^userId must not be blank$/],
]

/** `call` passes the value on as `by`. */
const actors = (method: string, call: (by: unknown) => readonly unknown[]): Case[] => [
  ...NOT_OBJECTS.map((value): Case => [method, call(value), /^by must be an object$/]),
  ...NOT_PLAIN.map((value): Case => [method, call(value), /^by must be a plain object/]),
  ...[{}, { id: 'root' }, { kind: 'system', id: 'root' }, { kind: 'token', id }, { kind: ['admin'], id }].map(
    (by): Case => [method, call(by), /^by\.kind must be one of admin, user$/],
  ),
  ...[{ kind: 'admin' }, { kind: 'admin', id: 7 }, { kind: 'user', id: null }].map(
    (by): Case => [method, call(by), /^by\.id must be a string$/],
  ),
  [method, call({ kind: 'user', id: '' }), /^by\.id must not be blank$/],
  [method, call({ kind: 'user', id: 'ada', ip: 7 }), /^by\.ip must be an IP address$/],
  [method, call({ kind: 'user', id: 'ada', ip: '192.0.2.1\nadmin' }), /^by\.ip must be an IP address$/],
  [method, call({ kind: 'user', id: 'ada', Ip: '::1' }), /^Ip is not a member of by: did you mean ip\?$/],
]

const userChanges = (method: string): Case[] => [
  ...users(method),
  ...actors(method, (by) => ['ada', { by }]),
  ...NOT_OBJECTS.map((value): Case => [method, ['ada', value], /^the options must be an object$/]),
  ...NOT_PLAIN.map((value): Case => [method, ['ada', value], /^the options must be a plain object/]),
  [method, ['ada', { By: ada }], /^By is not a member of the options: did you mean by\?$/],
  [method, ['ada', {}, ada], new RegExp(`^${method} takes at most 2 arguments, not 3$`)],
]

const CASES: Case[] = [
  ...requests('issue', (request) => [request]),
  ['issue', [], /^the request must be an object$/],
  ['issue', [{}], /^userId must be a string$/],
  ['issue', [ada, ada], /^issue takes at most 1 arguments, not 2$/],
  [
    'issue',
    [{ ...ada, expires_in: 60 }],
    /^expires_in is not a member of the request: did you mean expiresIn\?$/,
  ],
  ['issue', [{ ...ada, scope: ['a'] }], /^scope is not a member of the request: did you mean scopes\?$/],
  ['issue', [{ ...ada, grantable: ['a'] }], /^grantable is not a member of the request$/],
  [
    'issue',
    [JSON.parse('{ "userId": "ada", "__proto__": { "expiresIn": 1 } }')],
    /^__proto__ is not a member/,
  ],
  ['issue', [Object.defineProperty({ ...ada }, 'expires_in', { value: 60 })], /^expires_in is not a member/],
  ['issue', [new Proxy({ ...ada, expires_in: 60 }, {})], /^expires_in is not a member/],
  ...['60', 60n, 'soon', 0.5, true, ['1h']].map(
    (expiresIn): Case => ['issue', [{ ...ada, expiresIn }], DURATION('expiresIn')],
  ),
  ['rotate', [id, { expiresIn: '60' }], DURATION('expiresIn')],
  ['issue', [{ ...ada, name: 7 }], /^name must be a string$/],
  ['issue', [{ ...ada, description: [] }], /^description must be a string$/],
  ['issue', [{ ...ada, subjectToken: 7 }], /^subjectToken must be a string$/],
  ...['models:read', new Set(['models:read']), { 0: 'models:read' }, [['models:read']], [7], null].map(
    (value): Case => ['issue', [{ ...ada, scopes: value }], /^scopes must be an array of strings$/],
  ),
  ...requests('list', (request) => [request]),
  ['list', [{ ...ada, page: 2 }], /^page is not a member of the request$/],
  ['list', [{ ...ada, Limit: 2 }], /^Limit is not a member of the request: did you mean limit\?$/],
  ['list', [{ ...ada, limit: '2' }], /^limit must be a number$/],
  [
    'list',
    [{ ...ada, status: 'gone' }],
    /^status must be one or several of active, inactive, revoked, expired$/,
  ],
  ['list', [{ ...ada, status: [] }], /^status must be one or several of/],
  ['list', [{ ...ada, status: ['active', 'gone'] }], /^status must be one or several of/],
  ['list', [{ ...ada, status: new Array(2) }], /^status must be one or several of/],
  ['list', [revoked], /^the request must be an object$/],
  ['issue', [{ ...ada, scopes: revoked }], /^scopes must be an array of strings$/],
  [
    'issue',
    [{ ...ada, scopes: Object.assign(['a'], { length: 2 }) }],
    /^scopes must be an array of strings$/,
  ],
  ['revoke', [id, revoked], /^the scope must be an object$/],
  ['list', [{ ...ada, q: 7 }], /^q must be a string$/],
  ['list', [{ ...ada, cursor: 7 }], /^cursor must be a string$/],
  ['list', [{ ...ada, sort: 'id' }], /^sort must be one of/],
  ['list', [{ ...ada, sort: ['name'] }], /^sort must be one of/],
  ['list', [ada, {}], /^list takes at most 1 arguments/],
  ...ids('get'),
  ...scopes('get'),
  ...ids('update', { name: 'x' }),
  ...requests('update', (changes) => [id, changes]),
  ['update', [id], /^the changes must be an object$/],
  ['update', [id, { Name: 'x' }], /^Name is not a member of the changes: did you mean name\?$/],
  ['update', [id, { scopes: [] }], /^scopes is not a member of the changes$/],
  ['update', [id, { status: 'revoked' }], /^status must be one of active, inactive$/],
  ['update', [id, { status: null }], /^status must be one of active, inactive$/],
  ...scopes('update', { name: 'x' }),
  ...ids('revoke'),
  ...scopes('revoke'),
  ...ids('rotate'),
  ...requests('rotate', (request) => [id, request]),
  [
    'rotate',
    [id, { grace_period: 0 }],
    /^grace_period is not a member of the request: did you mean gracePeriod\?$/,
  ],
  ...['0', null, 1.5, 1n].map(
    (gracePeriod): Case => ['rotate', [id, { gracePeriod }], DURATION('gracePeriod')],
  ),
  ['rotate', [id, { scopes: 'a' }], /^scopes must be an array of strings$/],
  ['rotate', [id, { userId: 'ada' }], /^userId is not a member of the request$/],
  ...scopes('rotate', {}),
  ...scopes('rotate', undefined),
  ...ids('usage'),
  ...requests('usage', (request) => [id, request]),
  ['usage', [id, { day: 7 }], /^day is not a member of the request: did you mean days\?$/],
  ['usage', [id, { days: '7' }], /^days must be a number$/],
  ...scopes('usage', {}),
  ...[undefined, null, 7, NaN, Buffer.from('x'), ['x'], {}, new String('x'), Symbol('x'), 7n].map(
    (value): Case => ['verify', [value], /^credential must be a string$/],
  ),
  ['verify', [], /^credential must be a string$/],
  ['verify', ['x', { scopes: ['admin'] }], /^scopes is not a member of the options$/],
  ['verify', ['x', {}, 'extra'], /^verify takes at most 2 arguments, not 3$/],
  ...requests('search', (request) => [request]),
  ['search', [{ user_id: 'ada' }], /^user_id is not a member of the request: did you mean userId\?$/],
  ['search', [{ userId: undefined }], /^userId must be a string$/],
  ['search', [{ createdBy: undefined }], /^createdBy must be a string$/],
  ['search', [{ createdBy: { kind: 'user', id: 'ada' } }], /^createdBy must be a string$/],
  ['search', [{ name: 7 }], /^name must be a string$/],
  ['search', [{ scope: ['a'] }], /^scope must be a string$/],
  ['search', [{ scopes: 'a' }], /^scopes is not a member of the request: did you mean scope\?$/],
  ...['unusedSince', 'expiresBefore', 'createdBefore'].flatMap((member) =>
    [null, 0, '2026-01-31', {}, Object.create(Date.prototype)].map(
      (value): Case => ['search', [{ [member]: value }], new RegExp(`^${member} must be a Date$`)],
    ),
  ),
  ['search', [{ status: [] }], /^status must be one or several of/],
  ['search', [{ sort: 'name' }], /^sort must be one of created_at, -created_at, expires_at$/],
  ['search', [{ limit: '2' }], /^limit must be a number$/],
  ['search', [{ cursor: 7 }], /^cursor must be a string$/],
  ['search', [{}, {}], /^search takes at most 1 arguments, not 2$/],
  ...['find', 'revokeCredential'].flatMap((method) =>
    [undefined, null, 7, Buffer.from('x'), ['x'], {}].map(
      (value): Case => [method, [value], /^credential must be a string$/],
    ),
  ),
  ['find', ['x', {}], /^find takes at most 1 arguments, not 2$/],
  [
    'revokeCredential',
    ['x', { Reason: 'leaked' }],
    /^Reason is not a member of the options: did you mean reason\?$/,
  ],
  ['revokeCredential', ['x', { reason: 'idle' }], /^reason must be one of leaked, unused, replaced, other$/],
  ['revokeCredential', ['x', null], /^the options must be an object$/],
  ['revokeCredential', ['x', {}, {}], /^revokeCredential takes at most 2 arguments, not 3$/],
  ...actors('revokeCredential', (by) => ['x', { by }]),
  ...requests('revokeAll', (request) => [request]),
  ['revokeAll', [], /^the request must be an object$/],
  ['revokeAll', [{}], /^userId must be a string$/],
  ['revokeAll', [{ userId: '' }], /^userId must not be blank$/],
  ['revokeAll', [{ ...ada, ids: [] }], /^ids is not a member of the request$/],
  ['revokeAll', [{ ...ada, reason: 'user_removed' }], /^reason must be one of/],
  ['revokeAll', [ada, {}], /^revokeAll takes at most 1 arguments, not 2$/],
  ...actors('revokeAll', (by) => [{ ...ada, by }]),
  ...userChanges('deactivateUser'),
  ...userChanges('reactivateUser'),
  ...userChanges('removeUser'),
  ...users('invalidateUser'),
  ['invalidateUser', ['ada', {}], /^invalidateUser takes at most 1 arguments, not 2$/],
  ...actors('issue', (by) => [{ ...ada, by }]),
  ...actors('update', (by) => [id, {}, { by }]),
  ...actors('update', (by) => [id, {}, { ...ada, by }]),
  ...actors('rotate', (by) => [id, {}, { by }]),
  ...actors('revoke', (by) => [id, { by }]),
  ['get', [id, { by: ada }], /^by is not a member of the scope$/],
  ['usage', [id, {}, { ...ada, by: ada }], /^by is not a member of the scope$/],
  ...['update', 'rotate'].map(
    (method): Case => [method, [id, {}, { reason: 'other' }], /^reason is not a member of the scope$/],
  ),
  ...['idle', '', null, ['leaked']].map(
    (reason): Case => ['revoke', [id, { reason }], /^reason must be one of leaked, unused, replaced, other$/],
  ),
  ...[{ userId: undefined, by: ADMIN }, { userId: undefined, reason: 'other' }, { by: undefined }].map(
    (scope): Case => ['revoke', [id, scope], /^userId must be a string$/],
  ),
  ['flush', [{}], /^flush takes at most 0 arguments, not 1$/],
  ['sweep', [{ dryRun: true }], /^sweep takes at most 0 arguments, not 1$/],
  ['stats', [{}], /^stats takes at most 0 arguments, not 1$/],
]

for (const mode of ['required', 'none'] as const) {
  t.test(`promise 16: a wrong argument is refused by name, with authentication: '${mode}'`, async (t) => {
    const api = await startApi(t, mode)
    for (const [method, args, message] of CASES) {
      const error = await errorOf(() => api[method]?.(...args))
      t.match(error, { code: 'FST_ERR_VALIDATION', statusCode: 400, message }, `${method}: ${message}`)
    }
  })

  t.test(`only invalidateUser and stats throw, all others reject, with '${mode}'`, async (t) => {
    const api = await startApi(t, mode)
    for (const [method, args] of CASES) {
      if (method === 'invalidateUser' || method === 'stats') {
        t.throws(() => api[method]?.(...args), { code: 'FST_ERR_VALIDATION' })
      } else {
        await t.rejects(api[method]?.(...args) as Promise<unknown>, { code: 'FST_ERR_VALIDATION' })
      }
    }
  })

  t.test(`an unknown event is refused by name, with '${mode}'`, async (t) => {
    const { events } = await startApi(t, mode)
    const emitter = events as unknown as Untyped
    for (const method of ['on', 'once', 'off', 'addListener', 'prependListener']) {
      for (const name of ['isued', 'toString', 'Revoked', '', undefined, Symbol('revoked')]) {
        t.throws(() => emitter[method]?.(name, () => undefined), {
          code: 'FST_ERR_VALIDATION',
          message: /^there is no event .*: the events are issued, updated/,
        })
      }
      t.doesNotThrow(() => emitter[method]?.('issued', () => undefined))
    }
  })
}

t.test('promise 16: a refused argument changes nothing', async (t) => {
  const { app } = await startHost(t)
  const api = app.apiTokens as unknown as Untyped
  const { token } = await app.apiTokens.issue({ userId: 'ada', name: 'hers' })
  for (const call of [
    () => api['revoke']?.(token.id, { user_id: 'eve' }),
    () => api['update']?.(token.id, { name: 'his' }, { user_id: 'eve' }),
    () => api['rotate']?.(token.id, { grace_period: 0 }),
    () => api['issue']?.({ userId: 'ada', expires_in: 60 }),
    () => api['removeUser']?.('ada', 0, ['ada']),
  ]) {
    t.match(await errorOf(call), { code: 'FST_ERR_VALIDATION' })
  }
  t.match(await app.apiTokens.list({ userId: 'ada' }), {
    total: 1,
    data: [{ id: token.id, name: 'hers', status: 'active' }],
  })
})

t.test('a member is read once: the checked value is the used value', async (t) => {
  const { app } = await startHost(t)
  const names = ['first', 'second', 'third']
  const request = {
    userId: 'ada',
    get name() {
      return names.shift() ?? null
    },
  }
  t.match(await app.apiTokens.issue(request), { token: { name: 'first' } })
  const owners = ['eve', 'ada', 'ada']
  const { token } = await app.apiTokens.issue({ userId: 'ada' })
  const changing = {
    get userId() {
      return owners.shift() ?? 'ada'
    },
  }
  await t.rejects(app.apiTokens.revoke(token.id, changing), { code: 'FST_API_TOKENS_NOT_FOUND' })
})

t.test('a member of by is read once, too', async (t) => {
  const { app } = await startHost(t)
  const seen: unknown[] = []
  app.apiTokens.events.on('issued', ({ by }) => seen.push(by))
  const kinds = ['admin', 'system', 'system']
  const by = {
    id: 'root',
    get kind() {
      return (kinds.shift() ?? 'system') as 'admin'
    },
  }
  await app.apiTokens.issue({ userId: 'ada', by })
  t.same(seen, [{ kind: 'admin', id: 'root', ip: null }])
})

t.test('a member that is undefined counts as left out, except in a scope', async (t) => {
  const { app } = await startHost(t)
  const { token } = await app.apiTokens.issue({
    ...{ userId: 'ada', name: undefined, description: undefined, scopes: undefined },
    ...{ expiresIn: undefined, subjectToken: undefined },
  })
  t.match(token, { name: null, description: null, scopes: [], expiresAt: null })
  await app.apiTokens.update(token.id, { name: 'ci' })
  const changes = { name: undefined, description: 'of the build' } as { description: string }
  t.match(await app.apiTokens.update(token.id, changes), { name: 'ci', description: 'of the build' })
  t.match(await app.apiTokens.list({ userId: 'ada', limit: undefined, status: undefined }), { total: 1 })
  t.match(await app.apiTokens.usage(token.id, undefined, { userId: 'ada' }), { scopes: [] })
  t.match(await app.apiTokens.rotate(token.id, undefined, { userId: 'ada' }), { token: { name: 'ci' } })
})

t.test('objects without a prototype, frozen ones and those of another realm are plain', async (t) => {
  const { app } = await startHost(t)
  const bare = Object.assign(Object.create(null), { userId: 'ada' })
  const { runInNewContext } = await import('node:vm')
  for (const request of [bare, Object.freeze({ userId: 'ada' }), runInNewContext('({ userId: "ada" })')]) {
    t.match(await app.apiTokens.issue(request), { token: { userId: 'ada' } })
  }
})

async function startApi(t: Test, authentication: 'required' | 'none') {
  if (authentication === 'required') return (await startHost(t)).app.apiTokens as unknown as Untyped
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { authentication, routes: false })
  return app.apiTokens as unknown as Untyped
}

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  return undefined
}
