/** A host's functions may throw any value: it is logged as far as possible and does not end the process. */

import { setTimeout as sleep } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import Fastify from 'fastify'
import t from 'tap'
import apiTokens from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'

const unreadable = {
  get message(): string {
    throw new Error('no message')
  },
}

const THROWN: Record<string, unknown> = {
  nothing: undefined,
  'an object without a form as text': Object.create(null),
  'an object whose message cannot be read': unreadable,
  'an error whose message cannot be read': Object.defineProperties(
    new Error('x'),
    Object.getOwnPropertyDescriptors(unreadable),
  ),
}

for (const [what, thrown] of Object.entries(THROWN)) {
  t.test(`promise 14: jobs and listeners that throw ${what} end no process`, async (t) => {
    const key = hs256Key()
    let fails = false
    const orThrow = <T>(value: T): T => {
      if (fails) throw thrown
      return value
    }
    const lines: string[] = []
    const stream = { write: (line: string) => void lines.push(JSON.parse(line).msg) }
    const app = Fastify({ logger: { level: 'error', stream } })
    t.teardown(() => app.close())
    await app.register(apiTokens, {
      store: memoryTokenStore(),
      clock: { now: () => orThrow(Date.now()) },
      keys: () => orThrow([key]),
      keyRefresh: 50,
      routes: false,
    })
    app.apiTokens.events.on('issued', () => orThrow(undefined))
    app.apiTokens.events.on('issued', async () => orThrow(undefined))
    const { token } = await app.apiTokens.issue({ userId: 'ada' })
    app.apiTokens.events.on('revoked', () => {
      throw thrown
    })
    await app.apiTokens.revoke(token.id)
    fails = true
    await sleep(1_200)
    for (const text of [
      /reading the clock for API tokens fails/,
      /keys .* cannot be refreshed/,
      /a listener .* failed/,
    ]) {
      t.equal(lines.filter((line) => text.test(line)).length, 1, `${text} is logged once`)
    }
    fails = false
  })
}

t.test('promise 14: a promise of another realm that a listener returns is waited for, too', async (t) => {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line).msg) }
  const app = Fastify({ logger: { level: 'error', stream } })
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), routes: false })
  app.apiTokens.events.on('issued', runInNewContext(`async () => { throw new Error('foreign') }`))
  await app.apiTokens.issue({ userId: 'ada' })
  await sleep(20)
  t.same(lines, ['a listener of API token events failed'])
})
