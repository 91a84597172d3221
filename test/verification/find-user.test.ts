/** `findUser`: called on a miss, its result is used for a ttl, and a failure is never a result. */

import t, { type Test } from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { FindUser, KnownUser } from '../../src/verification/look-up-user.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { manualTimers } from '../support/manual-timers.ts'

t.test('promise 11: findUser is called on a miss and not again within the ttl', async (t) => {
  const asked: string[] = []
  const { app, clock } = await startHost(t, {
    cache: { ttl: '60s' },
    findUser: (userId) => {
      asked.push(userId)
      return { active: true }
    },
  })
  const { token } = await issue(app, 'ada')
  asked.length = 0
  for (let n = 0; n < 5; n += 1) t.equal((await app.inject(withToken(token))).statusCode, 200)
  t.same(asked, ['ada'])
  clock.advance('60s')
  await app.inject(withToken(token))
  t.same(asked, ['ada', 'ada'])
})

t.test(
  'findUser is not called for an invalid signature and for a token that is refused anyway',
  async (t) => {
    let asked = 0
    const { app, clock } = await startHost(t, {
      findUser: async () => {
        asked += 1
        return { active: true }
      },
    })
    const tokens = [
      await issue(app, 'ada'),
      await issue(app, 'ada', { expires_in: 1 }),
      await issue(app, 'bob'),
    ]
    await app.apiTokens.revoke(tokens[0]?.id ?? '')
    await app.apiTokens.deactivateUser('bob')
    clock.advance('1s')
    asked = 0
    for (const { token } of [...tokens, { token: 'forged' }]) {
      t.equal((await app.inject(withToken(token))).statusCode, 401)
    }
    t.equal(asked, 0)
  },
)

t.test('promise 9: a user who is inactive or gone is refused, and nothing is written', async (t) => {
  for (const word of [{ active: false }, null]) {
    const store = countingStore(memoryTokenStore())
    const users = new Map<string, KnownUser | null>([['ada', { active: true }]])
    const { app } = await startHost(t, { store, findUser: (userId) => users.get(userId) ?? null })
    const { token, id } = await issue(app, 'ada')
    users.set('ada', word)
    store.calls.clear()
    const response = await app.inject(withToken(token))
    t.match(response.json(), { statusCode: 401, code: 'FST_API_TOKENS_INVALID' })
    t.equal(store.writes(), 0)
    users.set('ada', { active: true })
    t.equal((await app.inject(withToken(token))).statusCode, 401, 'the rejection is cached')
    app.apiTokens.invalidateUser('ada')
    t.equal((await app.inject(withToken(token))).statusCode, 200, 'until invalidateUser')
    t.match(await app.apiTokens.get(id), { status: 'active' })
  }
})

t.test('promise 8: a token never has more scopes than its owner has now', async (t) => {
  const words: Record<string, KnownUser> = { ada: { active: true, scopes: ['models:read', 'chat:write'] } }
  const { app, clock } = await startHost(t, { findUser: (id) => words[id] ?? null, cache: { ttl: '60s' } })
  const { token } = await issue(app, 'ada', { scopes: ['models:read', 'chat:write'] })
  const scopes = async () => (await app.inject(withToken(token))).json().scopes
  t.same(await scopes(), ['models:read', 'chat:write'])
  words['ada'] = { active: true, scopes: ['models:read', 'admin'] }
  t.same(await scopes(), ['models:read', 'chat:write'], 'within the ttl the result is still used')
  app.apiTokens.invalidateUser('ada')
  t.same(await scopes(), ['models:read'], 'at once after invalidateUser')
  const chat = await app.inject({ ...withToken(token, '/chat'), method: 'POST' })
  t.equal(chat.statusCode, 403)
  words['ada'] = { active: true, scopes: [] }
  clock.advance('60s')
  t.same(await scopes(), [], 'at the latest after the ttl')
  words['ada'] = { active: true }
  app.apiTokens.invalidateUser('ada')
  t.same(await scopes(), ['models:read', 'chat:write'], 'without a list every granted scope')
})

t.test('promise 8: findUser limits the scopes at issue, too', async (t) => {
  const words: Record<string, KnownUser | null> = {
    narrow: { active: true, scopes: ['models:read'] },
    inactive: { active: false },
    gone: null,
  }
  const { app } = await startHost(t, { findUser: (userId) => words[userId] ?? null })
  const issuing = (userId: string, scopes: string[]) => app.apiTokens.issue({ userId, scopes })
  await t.rejects(issuing('narrow', ['chat:write']), { code: 'FST_API_TOKENS_SCOPE_NOT_GRANTABLE' })
  await t.rejects(issuing('inactive', []), { code: 'FST_API_TOKENS_USER_INACTIVE' })
  await t.rejects(issuing('gone', []), {
    code: 'FST_API_TOKENS_USER_INACTIVE',
    message: 'The user is unknown: findUser returned null',
  })
  await t.resolves(issuing('narrow', ['models:read']))
})

const FAILURES: Record<string, () => unknown> = {
  throws: () => {
    throw new Error('the directory is down')
  },
  rejects: async () => Promise.reject(new Error('the directory is down')),
}

for (const [how, fail] of Object.entries(FAILURES)) {
  t.test(`a findUser that ${how} is an outage: 503`, async (t) => {
    const { app, token, answerWith } = await startWithToken(t)
    answerWith(fail)
    const response = await app.inject(withToken(token))
    t.match(response.json(), { statusCode: 503, code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
    t.match(response.headers, { 'retry-after': /^\d+$/ })
    t.equal(response.headers['www-authenticate'], undefined)
    answerWith(() => ({ active: true }))
    t.equal((await app.inject(withToken(token))).statusCode, 200, 'and nothing of it is cached')
  })
}

/** Failures that a retry cannot fix. */
const WRONG_RESULTS: Record<string, () => unknown> = {
  undefined: () => undefined,
  'a promise of undefined': async () => undefined,
  true: () => true,
  'an empty object': () => ({}),
  'active as a string': () => ({ active: 'yes' }),
  'active as a number': () => ({ active: 1 }),
  'scopes as a string': () => ({ active: true, scopes: 'models:read' }),
  'scopes as a set': () => ({ active: true, scopes: new Set(['models:read']) }),
  'scopes as null': () => ({ active: true, scopes: null }),
  'a scope that is a number': () => ({ active: true, scopes: [1] }),
  // A hole is not a scope either.
  'scopes with a hole': () => ({ active: true, scopes: new Array(1) }),
  'a member scope': () => ({ active: true, scope: [] }),
  'a member Scopes': () => ({ active: true, Scopes: [] }),
  'a list': async () => [],
}

for (const [what, result] of Object.entries(WRONG_RESULTS)) {
  t.test(`promise 16: a findUser that returns ${what} is a 500 that names it`, async (t) => {
    const { app, token, answerWith } = await startWithToken(t)
    answerWith(result)
    const response = await app.inject(withToken(token))
    t.match(response.json(), {
      statusCode: 500,
      code: 'FST_API_TOKENS_INVALID_RESULT',
      message: /findUser returned .* it must return \{ active: boolean, scopes\?: string\[\] \} or null$/,
    })
    t.equal(response.headers['www-authenticate'], undefined)
    await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_INVALID_RESULT' })
    answerWith(() => ({ active: true }))
    t.equal((await app.inject(withToken(token))).statusCode, 200, 'nothing of it is cached')
  })
}

t.test('a result that the host changes later changes nothing', async (t) => {
  const { app, token, answerWith } = await startWithToken(t)
  const user = { active: true, scopes: ['models:read'], name: 'Ada' }
  answerWith(() => user)
  await app.inject(withToken(token))
  user.scopes.length = 0
  user.active = false
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('a findUser without a result for 5 s is an outage, whatever it returns later', async (t) => {
  const { app, token, answerWith } = await startWithToken(t)
  const timers = manualTimers(t)
  const asked = Promise.withResolvers<void>()
  const late = Promise.withResolvers<KnownUser>()
  answerWith(() => {
    asked.resolve()
    return late.promise
  })
  let answered = false
  const request = app.inject(withToken(token)).then((response) => {
    answered = true
    return response
  })
  await asked.promise
  timers.tick(4_999)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(answered, false, 'at 4,999 ms it is still waited for')
  timers.tick(1)
  t.equal((await request).statusCode, 503)
  late.resolve({ active: true })
  answerWith(() => ({ active: true }))
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('a result leaves no timer', async (t) => {
  const { app, token } = await startWithToken(t)
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  t.equal(timers(), before)
})

async function startWithToken(t: Test) {
  let answer: () => unknown = () => ({ active: true })
  // Hosts without types can answer anything.
  const { app } = await startHost(t, { findUser: (() => answer()) as FindUser })
  const { token } = await issue(app, 'ada')
  const answerWith = (next: () => unknown) => {
    answer = next
  }
  return { app, token, answerWith }
}
