/** Access to the routes for administrators: each route by inject and over HTTP. */

import type { FastifyInstance, InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { ADMIN, adminOption, asRoot, startAdminHost } from '../support/admin-host.ts'
import { as, startHost } from '../support/host.ts'

const UNKNOWN = '019b76da-a800-7fdc-bfcb-a521939f475d'

interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly payload?: object
  /** The status for an administrator. */
  readonly status: number
  /** A request that is refused, and the field that the error names. */
  readonly bad: { readonly query?: string; readonly payload?: object; readonly message: RegExp }
}

const noQuery = { query: '?owner=eve', message: /^querystring\/owner is not a known field$/ }

/** Every route, for a token with this id. */
const routesFor = (id: string): readonly Route[] => [
  { method: 'GET', path: '', status: 200, bad: { query: '?q=x', message: /^querystring\/q is not a known/ } },
  {
    ...{ method: 'POST', path: '', payload: { user_id: 'ada' }, status: 201 },
    bad: { payload: { name: 'x' }, message: /user_id/ },
  },
  { method: 'GET', path: '/scopes', status: 200, bad: noQuery },
  { method: 'GET', path: `/${id}`, status: 200, bad: noQuery },
  {
    ...{ method: 'GET', path: `/${id}/usage`, status: 200 },
    bad: { query: '?days=0', message: /^querystring\/days must be >= 1$/ },
  },
  {
    ...{ method: 'PATCH', path: `/${id}`, payload: { name: 'x' }, status: 200 },
    bad: { payload: { scopes: [] }, message: /^body\/scopes is not a known field$/ },
  },
  {
    ...{ method: 'POST', path: '/revoke', payload: { ids: [UNKNOWN] }, status: 200 },
    bad: { payload: { ids: [] }, message: /^body\/ids must not have fewer than 1 items$/ },
  },
  {
    ...{ method: 'GET', path: '/owners', status: 200 },
    bad: { query: '?status=gone', message: /^querystring\/status must be one of active, inactive, removed$/ },
  },
  { method: 'GET', path: '/owners/ada', status: 200, bad: noQuery },
  ...['deactivate', 'reactivate', 'remove'].map(
    (change): Route => ({
      ...{ method: 'POST', path: `/owners/other/${change}`, status: 200 },
      bad: { payload: { reason: 'other' }, message: /^body\/reason is not a known field$/ },
    }),
  ),
  {
    ...{ method: 'DELETE', path: `/${id}`, status: 204 },
    bad: {
      query: '?reason=idle',
      message: /^querystring\/reason must be one of leaked, unused, replaced, other$/,
    },
  },
]

interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly message: string | undefined
  readonly cacheControl: unknown
}

type Send = (request: InjectOptions) => Promise<Answer>

/** By inject, and over HTTP. */
const WAYS: Readonly<Record<string, (app: FastifyInstance) => Promise<Send>>> = {
  inject: async (app) => async (request) => {
    const { statusCode: status, headers, body } = await app.inject(request)
    return answerOf(status, body, headers['cache-control'])
  },
  HTTP: async (app) => {
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    return async ({ method = 'GET', url, headers, payload }) => {
      const response = await fetch(`${origin}${url}`, {
        method,
        headers: {
          ...headers,
          ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        } as Record<string, string>,
        ...(payload === undefined ? {} : { body: JSON.stringify(payload) }),
      })
      return answerOf(response.status, await response.text(), response.headers.get('cache-control'))
    }
  },
}

function answerOf(status: number, text: string, cacheControl: unknown): Answer {
  const { code, message } = text === '' ? {} : JSON.parse(text)
  return { status, code, message, cacheControl }
}

async function start(t: Test, way: string, options: ApiTokensOptions = {}) {
  const { app } = await startAdminHost(t, options)
  const { token, credential } = await app.apiTokens.issue({ userId: 'ada' })
  const send = await WAYS[way]?.(app)
  if (send === undefined) throw new Error('there is no such way')
  const requests = routesFor(token.id).map(({ path, status, bad, ...request }) => ({
    ...{ status, bad, label: `${request.method} ${path}` },
    request: { ...request, url: `${ADMIN}${path}` } satisfies InjectOptions,
  }))
  return { send, requests, credential, app }
}

for (const way of Object.keys(WAYS)) {
  t.test(`${way}: an administrator may use every route, and no response may be stored`, async (t) => {
    const { send, requests } = await start(t, way)
    for (const { request, status, label } of requests)
      t.match(await send(asRoot(request)), { status, cacheControl: 'no-store' }, label)
  })

  t.test(
    `${way}: without an administrator every route responds 401, signed in as a user or not`,
    async (t) => {
      const { send, requests } = await start(t, way)
      for (const { request, bad, label } of requests) {
        const refused = { status: 401, code: 'FST_API_TOKENS_ADMIN_REQUIRED', cacheControl: 'no-store' }
        t.match(await send(request), refused, label)
        t.match(await send(as('ada', request)), refused, `${label}, as a user`)
        const { payload } = bad
        const wrong = { ...request, url: request.url + (bad.query ?? ''), ...(payload && { payload }) }
        t.match(await send(wrong), refused, `${label}: a stranger does not learn what is wrong`)
      }
    },
  )

  t.test(`promise 8, ${way}: a credential of ours never administers`, async (t) => {
    const { send, requests, credential } = await start(t, way)
    for (const { request, label } of requests) {
      const headers = { authorization: `Bearer ${credential}` }
      const refused = { status: 403, code: 'FST_API_TOKENS_SESSION_ONLY' }
      t.match(await send({ ...request, headers }), refused, label)
      t.match(await send(asRoot({ ...request, headers })), refused, `${label}, beside a session`)
    }
  })

  t.test(`${way}: another site changes nothing`, async (t) => {
    const { send, requests } = await start(t, way, { trustedOrigins: ['https://app.example'] })
    for (const origin of ['https://evil.example', 'https://app.example', 'null']) {
      for (const { request, status, label } of requests) {
        const expected =
          request.method === 'GET' ? { status } : { status: 403, code: 'FST_API_TOKENS_CROSS_SITE' }
        t.match(await send(asRoot({ ...request, headers: { origin } })), expected, `${label} from ${origin}`)
      }
    }
  })

  t.test(`${way}: the origins of admin.trustedOrigins are trusted`, async (t) => {
    const { send, requests } = await start(t, way, {
      admin: { ...adminOption, trustedOrigins: ['https://admin.example'] },
    })
    for (const { request, status, label } of requests) {
      const headers = { origin: 'https://admin.example' }
      t.match(await send(asRoot({ ...request, headers })), { status }, label)
    }
  })

  t.test(`promise 14, ${way}: bad input is refused by name`, async (t) => {
    const { send, requests } = await start(t, way)
    for (const { request, bad, label } of requests) {
      const { query = '', payload = 'payload' in request ? request.payload : undefined, message } = bad
      const wrong = asRoot({ ...request, url: request.url + query, ...(payload && { payload }) })
      t.match(await send(wrong), { status: 400, code: 'FST_ERR_VALIDATION', message }, label)
    }
  })
}

t.test('the administrators of the other option are not those of the owners', async (t) => {
  const { app } = await startHost(t, { admin: adminOption })
  t.equal((await app.inject(asRoot({ url: '/tokens' }))).statusCode, 401)
  t.equal((await app.inject(as('ada', { url: '/tokens' }))).statusCode, 200)
})

t.test(
  'promise 16: a wrong result of admin.authenticate is 500, and what it throws is passed on',
  async (t) => {
    for (const [result, message] of [
      [true, /admin\.authenticate returned something else: it must return \{ id: string \} or null$/],
      ['root', /admin\.authenticate returned something else/],
      [['root'], /admin\.authenticate returned something else/],
      [{}, /admin\.authenticate returned an administrator whose id must be a string$/],
      [{ id: 7 }, /whose id must be a string$/],
      [{ id: ' ' }, /whose id must not be blank$/],
      [{ ID: 'root' }, /returned the member ID: it must return/],
      [{ id: 'a'.repeat(256) }, /whose id must not have more than 255 characters$/],
    ] as const) {
      const lines: { readonly err?: { readonly message: string } }[] = []
      const admin = { authenticate: () => result as unknown as { id: string } }
      const { app } = await startHost(t, { admin }, undefined, (line) => lines.push(JSON.parse(line)))
      const response = await app.inject({ url: ADMIN })
      t.match(response.json(), { statusCode: 500, code: 'FST_API_TOKENS_INVALID_RESULT' })
      t.match(lines.find(({ err }) => err)?.err?.message, message)
    }
    for (const authenticate of [
      () => {
        throw Object.assign(new Error('not now'), { statusCode: 418 })
      },
      () => Promise.reject(Object.assign(new Error('not now'), { statusCode: 418 })),
    ]) {
      const { app } = await startHost(t, { admin: { authenticate } })
      t.match((await app.inject({ url: ADMIN })).json(), { statusCode: 418, message: 'not now' })
    }
    for (const nobody of [null, undefined, Promise.resolve(null)]) {
      const { app } = await startHost(t, { admin: { authenticate: () => nobody } })
      t.equal((await app.inject({ url: ADMIN })).statusCode, 401)
    }
  },
)

t.test('promise 13: in the non-authenticated mode every route responds 403', async (t) => {
  const { app } = await startHost(t, {
    authentication: 'none',
    admin: adminOption,
    store: undefined,
    keys: undefined,
  })
  for (const { method, path } of routesFor(UNKNOWN)) {
    const response = await app.inject(asRoot({ method, url: `${ADMIN}${path}` }))
    t.match(response.json(), { code: 'FST_API_TOKENS_AUTHENTICATION_DISABLED' }, `${method} ${path}`)
  }
})

t.test('without the option there are no routes, and a prefix that is taken fails the boot', async (t) => {
  const { app } = await startHost(t)
  t.equal((await app.inject(asRoot({ url: ADMIN }))).statusCode, 404)
  await t.rejects(startHost(t, { admin: { ...adminOption, prefix: '/tokens' } }), {
    code: 'FST_ERR_DUPLICATED_ROUTE',
  })
  const { app: other } = await startHost(t, { admin: { ...adminOption, prefix: '/ops/keys' } })
  t.equal((await other.inject(asRoot({ url: '/ops/keys' }))).statusCode, 200)
})
