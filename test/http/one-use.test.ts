/** A request is one use of its token, even if several hooks verify it and the cache changes in between. */

import t, { type Test } from 'tap'
import { type ApiTokensOptions, requireScopes, verifyApiToken } from '../../src/index.ts'
import { issue, startHost, withToken } from '../support/host.ts'

/** A host whose route runs the work between two of its hooks. */
async function startWith(t: Test, options: ApiTokensOptions, between: () => Promise<unknown>) {
  const host = await startHost(t, options, (app) => {
    app.get(
      '/twice',
      {
        onRequest: verifyApiToken,
        preHandler: [async () => void (await between()), requireScopes('models:read')],
      },
      async () => ({}),
    )
  })
  const ada = await issue(host.app, 'ada', { scopes: ['models:read'] })
  const usesOf = async () => (await host.app.apiTokens.get(ada.id)).useCount
  return { ...host, ada, usesOf, request: () => host.app.inject(withToken(ada.token, '/twice')) }
}

t.test('with a cache of one entry that another token takes between two hooks', async (t) => {
  const { app, usesOf, request } = await startWith(t, { cache: { max: 1 } }, () =>
    app.apiTokens.verify(bob.credential),
  )
  const bob = await app.apiTokens.issue({ userId: 'bob' })
  for (const uses of [1, 2, 3]) {
    t.equal((await request()).statusCode, 200)
    t.equal(await usesOf(), uses)
  }
})

t.test('when the token changes between two hooks', async (t) => {
  const { app, ada, usesOf, request } = await startWith(t, {}, () =>
    app.apiTokens.update(ada.id, { name: `renamed at ${performance.now()}` }),
  )
  for (const uses of [1, 2]) {
    t.equal((await request()).statusCode, 200)
    t.equal(await usesOf(), uses)
  }
})

t.test('when the cache is filled again between two hooks', async (t) => {
  const { app, ada, usesOf, request } = await startWith(t, {}, async () => {
    await app.apiTokens.update(ada.id, { name: `renamed at ${performance.now()}` })
    await app.apiTokens.verify(ada.token)
  })
  t.equal((await request()).statusCode, 200)
  t.equal(await usesOf(), 2, 'one by the request, one by verify')
})

t.test('a token that ends between two hooks is refused by the second', async (t) => {
  const { app, ada, request } = await startWith(t, {}, () => app.apiTokens.revoke(ada.id))
  t.equal((await request()).statusCode, 401)
})
