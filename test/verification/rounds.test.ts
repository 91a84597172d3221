/** A verification whose every read is invalidated ends with 503 after four reads. */

import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { KnownUser } from '../../src/index.ts'
import { BASIC, basic, clients, form, SECRET } from '../oauth/oauth-host.ts'
import { issue, startHost, withToken } from '../support/host.ts'

interface Flood {
  /** How often `findUser` was called. */
  calls: number
  /** How long it takes, in milliseconds. */
  takesMs: number
  /** Whether a change of the owner comes during each call. */
  comes: boolean
}

t.test('promise 11: a request whose every read is invalidated is 503 after four reads', async (t) => {
  const { app, token, flood } = await startFlooded(t)
  flood.comes = true
  const response = await app.inject(withToken(token))
  t.match(response.json(), { statusCode: 503, code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
  t.match(response.headers, { 'retry-after': /^\d+$/ })
  t.equal(flood.calls, 4)
  flood.comes = false
  t.equal((await app.inject(withToken(token))).statusCode, 200, 'and nothing of it is cached')
})

t.test('promise 11: the same holds for verify() and introspection', async (t) => {
  const { app, token, flood } = await startFlooded(t)
  flood.comes = true
  await t.rejects(app.apiTokens.verify(token), {
    code: 'FST_API_TOKENS_STORE_UNAVAILABLE',
    cause: /changed during each of 4 reads/,
  })
  t.equal(flood.calls, 4)
  flood.calls = 0
  const asked = await app.inject(form('/oauth2/introspect', { token }, basic(BASIC.client_id, SECRET)))
  t.match(asked.json(), { error: 'temporarily_unavailable' })
  t.equal(asked.statusCode, 503)
  t.equal(flood.calls, 4)
})

t.test('promise 4: three changes are followed, and the last one decides', async (t) => {
  for (const active of [true, false]) {
    const { app, token, flood, answerWith } = await startFlooded(t)
    let left = 3
    flood.comes = true
    answerWith(() => {
      left -= 1
      if (left === 0) flood.comes = false
      return { active: left > 0 ? !active : active }
    })
    t.equal((await app.inject(withToken(token))).statusCode, active ? 200 : 401)
    t.equal(flood.calls, 3)
  }
})

t.test('an open signal survives a flood of changes, and reads no more after it', async (t) => {
  const { app, token, flood } = await startFlooded(t)
  const { signal } = await app.apiTokens.verify(token)
  flood.takesMs = 30
  for (let n = 0; n < 30; n += 1) {
    app.apiTokens.invalidateUser('ada')
    await sleep(10)
  }
  // A change during an evaluation is followed 500 ms later.
  await sleep(1_500)
  const { calls } = flood
  await sleep(1_000)
  t.equal(flood.calls, calls)
  t.equal(signal.aborted, false)
})

t.test('no read begins later than 6 s after the first, however few there were', async (t) => {
  const { app, token, flood } = await startFlooded(t)
  Object.assign(flood, { comes: true, takesMs: 3_100 })
  const startedAt = performance.now()
  t.equal((await app.inject(withToken(token))).statusCode, 503)
  t.equal(flood.calls, 2)
  t.ok(performance.now() - startedAt < 12_000)
})

async function startFlooded(t: Test) {
  const flood: Flood = { calls: 0, takesMs: 0, comes: false }
  let answer: () => KnownUser = () => ({ active: true })
  const { app } = await startHost(t, {
    issuer: 'https://app.example.com',
    oauth: clients(BASIC),
    findUser: async () => {
      flood.calls += 1
      if (flood.takesMs > 0) await sleep(flood.takesMs)
      const word = answer()
      if (flood.comes) app.apiTokens.invalidateUser('ada')
      return word
    },
  })
  const { token } = await issue(app, 'ada')
  flood.calls = 0
  const answerWith = (next: () => KnownUser) => {
    answer = next
  }
  return { app, token, flood, answerWith }
}
