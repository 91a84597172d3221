/** How the plugin starts and how it ends: quickly, and with nothing left behind. */

import { createHook } from 'node:async_hooks'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { jwksFile } from '../../src/keys/jwks-file.ts'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { hs256Key } from '../support/keys.ts'

async function started(options: ApiTokensOptions, log: string[] = []): Promise<FastifyInstance> {
  const app = Fastify({ logger: { stream: { write: (line: string) => log.push(line) } } })
  await app.register(apiTokens, { authenticateUser: () => ({ id: 'ada' }), ...options })
  await app.ready()
  return app
}

const onDisk = (t: Test) => {
  const folder = t.testdir()
  return {
    store: sqliteTokenStore({ filename: join(folder, 'tokens.db') }),
    keys: jwksFile(join(folder, 'keys.json')),
  }
}

t.test('a first start, with its migration and its key, takes well under the plugin timeout', async (t) => {
  const log: string[] = []
  const before = performance.now()
  const app = await started(onDisk(t), log)
  t.ok(performance.now() - before < 5_000, 'half of Fastify’s 10 s at the most')
  t.match(log.join(''), /new key in .*keys\.json/, 'where the key lies is said')
  t.match(log.join(''), /findUser is not set: every owner of API tokens counts as active/)
  await app.close()
})

t.test('tokens survive a restart', async (t) => {
  const folder = t.testdir()
  const open = () =>
    started({
      store: sqliteTokenStore({ filename: join(folder, 'tokens.db') }),
      keys: jwksFile(join(folder, 'keys.json')),
    })
  const first = await open()
  const { credential, token } = await first.apiTokens.issue({ userId: 'ada' })
  await first.close()
  const second = await open()
  t.equal((await second.apiTokens.verify(credential)).id, token.id)
  await second.close()
})

t.test(
  'promise 7: close writes the use that was not flushed yet, and closes the store after it',
  async (t) => {
    const inner = memoryTokenStore()
    const store = countingStore(inner)
    const app = await started({ store, keys: [hs256Key()] })
    const { credential, token } = await app.apiTokens.issue({ userId: 'ada' })
    for (let times = 0; times < 3; times += 1) await app.apiTokens.verify(credential)
    t.equal(store.calls.get('recordUses'), undefined)
    await app.close()
    t.same([...store.calls.keys()].slice(-2), ['recordUses', 'close'])
    t.equal((await findToken(inner, token.id))?.token.useCount, 3)
  },
)

t.test(
  'a flush that fails at close is logged with the number of lost uses, and close continues',
  async (t) => {
    const store = countingStore(memoryTokenStore())
    const log: string[] = []
    const app = await started({ store, keys: [hs256Key()] }, log)
    const { credential } = await app.apiTokens.issue({ userId: 'ada' })
    await app.apiTokens.verify(credential)
    store.outage = new Error('the disk is gone')
    await app.close()
    const lost = log.map((line) => JSON.parse(line)).filter(({ msg }) => /was lost at close/.test(msg))
    t.match(lost, [{ level: 50, pending: 1, err: { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' } }])
    t.equal(store.calls.get('close'), 1)
  },
)

t.test('close leaves no timer', async (t) => {
  const timers = new Set<number>()
  const watch = createHook({
    init: (id, type) => void (type === 'Timeout' && timers.add(id)),
    destroy: (id) => void timers.delete(id),
  }).enable()
  t.teardown(() => watch.disable())
  const app = await started({ store: memoryTokenStore(), keys: [hs256Key()] })
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  const { signal } = await app.apiTokens.verify(credential)
  t.equal(signal.aborted, false)
  t.ok(timers.size >= 3, 'it flushes, sweeps, and watches what a signal was asked of')
  await app.close()
  await new Promise(setImmediate)
  t.equal(timers.size, 0)
  t.equal(signal.aborted, false, 'closing fires no signal')
})

t.test('a boot that fails after the store was opened closes it', async (t) => {
  const store = countingStore(memoryTokenStore())
  const app = Fastify()
  await t.rejects(
    async () => {
      await app.register(apiTokens, {
        store,
        keys: () => Promise.reject(new Error('the vault is shut')),
        routes: false,
      })
    },
    { message: 'the vault is shut' },
  )
  await app.close()
  t.same([...store.calls.keys()], ['open', 'close'])
})

t.test('a store that cannot be opened fails the boot with its own error', async (t) => {
  const store = countingStore(memoryTokenStore())
  store.outage = new Error('no such database')
  const app = Fastify()
  await t.rejects(
    async () => {
      await app.register(apiTokens, { store, keys: [hs256Key()], routes: false })
    },
    { message: 'no such database' },
  )
  await app.close()
})

t.test('without a store and keys the defaults appear in the working directory', async (t) => {
  const before = process.cwd()
  process.chdir(t.testdir())
  t.teardown(() => process.chdir(before))
  const app = await started({})
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  await app.close()
  const again = await started({
    store: sqliteTokenStore({ filename: 'api-tokens.db' }),
    keys: jwksFile('api-tokens.jwks.json'),
  })
  t.equal((await again.apiTokens.verify(credential)).userId, 'ada')
  await again.close()
})
