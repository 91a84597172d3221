/** A credential in a wrong member or path of the administration is refused, and not repeated, stored or logged. */

import t from 'tap'
import { ADMIN, startAdminHost } from '../support/admin-host.ts'
import { as, issue, startHost, statusOf } from '../support/host.ts'

for (const credentials of ['jwt', 'compact'] as const) {
  t.test(
    `promise 1: a credential where an id belongs is refused and not repeated (${credentials})`,
    async (t) => {
      const { app, call } = await startAdminHost(t, { credentials, tokenPrefix: 'acme_' })
      const { token } = await issue(app, 'ada')
      const path = encodeURIComponent(token)
      const calls = [
        () => call('POST', '/revoke', { ids: [token] }),
        () => call('POST', '/revoke', { user_id: token }),
        () => call('POST', '', { user_id: token }),
        () => call('POST', '/revoke', { user_id: 'ada', [token]: 1 }),
        () => call('POST', '', { user_id: 'ada', scopes: [token] }),
        () => call('POST', `/owners/${path}/deactivate`),
        () => call('POST', `/owners/${path}/remove`),
      ]
      for (const [n, misplaced] of calls.entries()) {
        const { status, body } = await misplaced()
        t.equal(status, 400, `call ${n}`)
        t.notMatch(JSON.stringify(body), token, `call ${n}`)
      }
      t.same((await call('GET', '/owners')).body.data, [{ user_id: 'ada', status: 'active' }])
      await t.rejects(app.apiTokens.issue({ userId: token }), {
        code: 'FST_ERR_VALIDATION',
        message: /must not/,
      })
      await t.rejects(app.apiTokens.revokeAll({ userId: token }), {
        code: 'FST_ERR_VALIDATION',
        message: /must not/,
      })
      for (const change of ['deactivateUser', 'reactivateUser', 'removeUser'] as const)
        await t.rejects(app.apiTokens[change](token), { code: 'FST_ERR_VALIDATION', message: /must not/ })
      t.equal(await statusOf(app, token), 200, 'nothing was revoked')
    },
  )
}

t.test('an id that is no id is named by its position', async (t) => {
  const { call } = await startAdminHost(t)
  const ids = ['019b76da-a800-7fdc-bfcb-a521939f475d', 'no id', '\0']
  const { status, body } = await call('POST', '/revoke', { ids })
  t.match({ status, body }, { status: 400, body: { message: 'ids[1] must be the id of a token' } })
})

t.test(
  'promise 1: a credential as a scope or as the name of a field is not in the response and not in the log',
  async (t) => {
    const log: string[] = []
    const options = { credentials: 'compact', tokenPrefix: 'acme_' } as const
    const { app } = await startHost(t, options, undefined, (line) => void log.push(line))
    const { id, token } = await issue(app, 'ada')
    for (const payload of [{ scopes: [token] }, { [token]: 1 }]) {
      for (const url of ['/tokens', `/tokens/${id}/rotate`]) {
        log.splice(0)
        const { statusCode, body } = await app.inject(as('ada', { method: 'POST', url, payload }))
        t.equal(statusCode, 400, url)
        t.notMatch(body, token, url)
        t.ok(log.length > 0)
        t.notMatch(log.join(''), token, url)
      }
    }
    await t.rejects(app.apiTokens.issue({ userId: 'ada', scopes: [token] }), {
      message: `scopes: unknown scope ${token.slice(0, 40)}…`,
    })
    const unknown = Array.from({ length: 60 }, (_, n) => `${n}${'x'.repeat(50)}`)
    const { body } = await app.inject(
      as('ada', { method: 'POST', url: '/tokens', payload: { scopes: unknown } }),
    )
    t.ok(body.length < 1_500, `${body.length}`)
  },
)

t.test('promise 15: the names of unknown fields are cut, in the response and in the log', async (t) => {
  const log: string[] = []
  const { app } = await startHost(t, {}, undefined, (line) => log.push(line))
  const payload = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`${n}${'x'.repeat(100)}`, 1]))
  const response = await app.inject(as('ada', { method: 'POST', url: '/tokens', payload }))
  t.equal(response.statusCode, 400)
  t.ok(response.body.length < 3_000, `${response.body.length}`)
  t.ok(log.join('').length < 20_000, `${log.join('').length}`)
})

t.test('an encoded slash belongs to the id of an owner', async (t) => {
  const { app, call } = await startAdminHost(t)
  for (const user of ['x', 'x/remove']) await issue(app, user)
  t.equal((await call('POST', '/owners/x%2Fremove')).status, 404)
  t.equal((await call('POST', '/owners/x%2fremove')).status, 404)
  t.same((await call('GET', '/owners/x')).body, { user_id: 'x', status: 'active' })
  t.same((await call('POST', '/owners/x%2Fremove/remove')).body, { user_id: 'x/remove', status: 'removed' })
  t.same((await call('GET', '/owners/x%2Fremove')).body, { user_id: 'x/remove', status: 'removed' })
  t.same((await call('GET', '/owners/x')).body, { user_id: 'x', status: 'active' })
  t.equal((await app.inject({ method: 'POST', url: `${ADMIN}/owners/x/remove` })).statusCode, 401)
})

t.test('owners with the longest ids do not end the list of owners', async (t) => {
  const { app, call } = await startAdminHost(t)
  const ids = ['a', 'b', 'c'].map((end) => `${'𝕏'.repeat(254)}${end}`)
  for (const id of ids) await app.apiTokens.deactivateUser(id)
  const listed: string[] = []
  let cursor = ''
  do {
    const { status, body } = await call('GET', `/owners?limit=1${cursor}`)
    t.equal(status, 200)
    listed.push(...body.data.map(({ user_id }: { user_id: string }) => user_id))
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
  } while (cursor !== '')
  t.same(listed, ids)
})

t.test('limits that are set while a token is rotated are not lost', async (t) => {
  const gate = Promise.withResolvers<void>()
  let waits = false
  const { app, call } = await startAdminHost(t, {
    findUser: async () => {
      if (waits) await gate.promise
      return { active: true }
    },
  })
  const { id } = await issue(app, 'ada')
  waits = true
  const rotating = app.inject(as('ada', { method: 'POST', url: `/tokens/${id}/rotate`, payload: {} }))
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal((await call('PATCH', `/${id}`, { allowed_ips: ['192.0.2.0/24'] })).status, 200)
  gate.resolve()
  t.equal((await rotating).statusCode, 409)
  const again = await app.inject(as('ada', { method: 'POST', url: `/tokens/${id}/rotate`, payload: {} }))
  t.equal(again.statusCode, 201)
  t.same((await call('GET', `/${again.json().id}`)).body.allowed_ips, ['192.0.2.0/24'])
})
