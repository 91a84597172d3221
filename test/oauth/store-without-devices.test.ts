/** A store may have no device authorizations. Only the option `oauth.device` needs them. */

import Fastify from 'fastify'
import t from 'tap'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { hs256Key } from '../support/keys.ts'

function withoutDevices(): TokenStore {
  const store = memoryTokenStore()
  return new Proxy(store, {
    get(target, name) {
      if (name === 'devices') return undefined
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

async function start(oauth?: ApiTokensOptions['oauth']) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    ...{ store: withoutDevices(), keys: [hs256Key()], issuer: 'https://api.example' },
    ...{ authenticateUser: () => null, ...(oauth === undefined ? {} : { oauth }) },
  })
  return app
}

t.test('promise 16: oauth.device requires a store with device authorizations', async (t) => {
  await t.rejects(start({ device: {} } as ApiTokensOptions['oauth']), {
    code: 'FST_API_TOKENS_INVALID_OPTION',
    message: /oauth\.device requires a store with device authorizations/,
  })
})

t.test('without oauth.device the plugin works and sweeps', async (t) => {
  const app = await start()
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  t.match(await app.apiTokens.verify(credential), { userId: 'ada' })
  t.match(await app.apiTokens.sweep(), { pruned: 0 })
})
