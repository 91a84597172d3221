/** Keys change under a running host: no request is lost by a rotation, a removed key's tokens end in the stated time. */

import { chmod, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { keysCommand } from '../../src/cli/keys-command.ts'
import type { ApiTokensOptions } from '../../src/index.ts'
import { retireKey, rotateKeys } from '../../src/keys/change-keys.ts'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { formatJwks, jwksFile } from '../../src/keys/jwks-file.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { read } from '../support/forge.ts'
import { as, type Host, issue, startHost, withToken } from '../support/host.ts'
import { ed25519Key, es256Key, hs256Key, publicKey } from '../support/keys.ts'
import { manualTimers } from '../support/manual-timers.ts'
import { pausedStore } from '../support/paused-store.ts'

/** How often the hosts here look, in milliseconds. */
const REFRESH = 40

t.test(
  'a new key signs and the old one verifies, for every pair of algorithms, without a restart',
  async (t) => {
    for (const oldKey of [hs256Key(), ed25519Key(), es256Key()]) {
      for (const newKey of [hs256Key(), ed25519Key(), es256Key()]) {
        const { app, change } = await changingHost(t, [oldKey])
        const { token: old } = await issue(app, 'ada')
        await change([newKey, oldKey])
        const { token } = await issue(app, 'ada')
        t.equal(read(token).header.kid, newKey.kid)
        t.equal(read(token).header.typ, 'api-token+jwt')
        for (const credential of [old, token])
          t.equal((await app.inject(withToken(credential))).statusCode, 200)
        await change([newKey])
        t.equal((await app.inject(withToken(old))).statusCode, 401)
        t.equal((await app.inject(withToken(token))).statusCode, 200)
        await app.close()
      }
    }
  },
)

t.test('promise 3: under a later key invalid signatures are refused without a read', async (t) => {
  const store = countingStore(memoryTokenStore())
  const [first, later] = [hs256Key(), ed25519Key()]
  const { app, change } = await changingHost(t, [first], { store })
  await change([later, first])
  const { token } = await issue(app, 'ada')
  const [header, payload] = token.split('.')
  store.calls.clear()
  for (const forged of [
    `${header}.${payload}.AAAA`,
    `${token.slice(0, -2)}${token.endsWith('AA') ? 'BA' : 'AA'}`,
  ]) {
    t.equal((await app.inject(withToken(forged))).statusCode, 401)
  }
  t.equal(store.reads(), 0)
})

t.test('a key verifies before its nbf and signs from then on', async (t) => {
  const [old, later] = [hs256Key(), hs256Key()]
  const { app, change, clock } = await changingHost(t, [old])
  await change([{ ...later, nbf: clock.now() / 1000 + 60 }, old])
  t.equal(read((await issue(app, 'ada')).token).header.kid, old.kid)
  clock.advance('59s')
  t.equal(read((await issue(app, 'ada')).token).header.kid, old.kid)
  clock.advance('1s')
  t.equal(read((await issue(app, 'ada')).token).header.kid, later.kid)
})

t.test('promise 11: a change of keys empties the cache, the same keys do not', async (t) => {
  const key = hs256Key()
  const { app, change } = await changingHost(t, [key])
  const { token } = await issue(app, 'ada')
  await app.inject(withToken(token))
  await change([{ ...key }])
  t.equal(app.apiTokens.stats().cache.size, 1)
  await change([key, hs256Key()])
  t.equal(app.apiTokens.stats().cache.size, 0)
})

t.test('promise 4: a load in flight while its key is removed is refused', async (t) => {
  const store = pausedStore(memoryTokenStore())
  const [old, next] = [hs256Key(), hs256Key()]
  const { app, change } = await changingHost(t, [old], { store })
  const { token } = await issue(app, 'ada')
  const reasons: string[] = []
  app.apiTokens.events.on('rejected', ({ reason }) => void reasons.push(reason))
  const { held, release } = store.hold('findTokens', 'after')
  const answer = app.inject(withToken(token))
  await held
  await change([next])
  release()
  t.equal((await answer).statusCode, 401)
  t.equal(app.apiTokens.stats().cache.size, 0)
  // The seal of the row would refuse it as well, for another reason.
  t.same(reasons, ['forged'], 'the signature is checked again')
})

t.test('promise 4: the open signal of a token fires when its key is removed, and of no other', async (t) => {
  const [old, next] = [hs256Key(), hs256Key()]
  const { app, change } = await changingHost(t, [old])
  const first = await app.apiTokens.verify((await issue(app, 'ada')).token)
  await change([next, old])
  const second = await app.apiTokens.verify((await issue(app, 'ada')).token)
  const signals = [first.signal, second.signal]
  await change([{ ...next }, hs256Key()])
  for (let tries = 0; tries < 100 && !first.signal.aborted; tries += 1) await wait(5)
  t.same(
    signals.map(({ aborted }) => aborted),
    [true, false],
  )
})

t.test(
  'invalid keys and errors of the key function are logged, and the current keys stay in use',
  async (t) => {
    const key = hs256Key()
    let answer: () => unknown = () => [key]
    const { app } = await startHost(t, { keys: () => answer() as never, keyRefresh: REFRESH })
    const logged: string[] = []
    app.log.error = (entry: unknown) => void logged.push(String((entry as { err: Error }).err.message))
    const { token } = await issue(app, 'ada')
    const bad: [() => unknown, RegExp][] = [
      [() => [], /at least one JWK/],
      [() => [publicKey(es256Key())], /must be a private key/],
      [() => 'keys', /must be an array of JWKs/],
      [() => [{ ...key, nbf: Date.now() }], /keys\[0\]\.nbf must be seconds since the epoch/],
      [() => Promise.reject(new Error('the vault is sealed')), /the vault is sealed/],
    ]
    for (const [wrong, message] of bad) {
      logged.length = 0
      answer = wrong
      await until(() => logged.length > 0)
      t.match(logged[0], message)
      t.equal((await app.inject(withToken(token))).statusCode, 200)
      t.equal((await app.inject(withToken((await issue(app, 'ada')).token))).statusCode, 200)
    }
  },
)

t.test('promise 16: a key without its private half is warned of at boot, and when it loses it', async (t) => {
  const [key, pair] = [hs256Key(), ed25519Key()]
  const lines: string[] = []
  const warnings = () => lines.filter((line) => line.includes('has no private half'))
  const publicOnly = publicKey(ed25519Key())
  let keys = [key, pair, publicOnly]
  await startHost(t, { keys: () => keys, keyRefresh: REFRESH }, undefined, (line) => lines.push(line))
  t.equal(warnings().length, 1)
  t.match(warnings()[0], `"level":40`)
  t.match(warnings()[0], publicOnly.kid)
  keys = [key, publicKey(pair)]
  await until(() => warnings().length > 1)
  t.match(warnings()[1], pair.kid)
})

t.test('a key function without a result for 5 s is logged, and called again', async (t) => {
  const timers = manualTimers(t)
  const [key, next] = [hs256Key(), hs256Key()]
  let asked = 0
  const answers = [[key], new Promise<never>(() => undefined), [next]]
  const { app } = await startHost(t, {
    keys: () => answers[Math.min(asked++, 2)] as SigningJwk[],
    keyRefresh: REFRESH,
  })
  const logged: string[] = []
  app.log.error = (entry: unknown) => void logged.push(String((entry as { err: Error }).err.message))
  await until(() => asked === 2)
  timers.tick(4_999)
  await wait(3 * REFRESH)
  t.same([asked, logged], [2, []], 'it does not overlap')
  timers.tick(1)
  await until(() => asked > 2)
  t.same(logged, ['the source of the keys gave no answer within 5 s'])
  await until(async () => read((await issue(app, 'ada')).token).header.kid === next.kid)
})

t.test(
  'a file that turns bad, readable by others or missing changes nothing until it is good again',
  async (t) => {
    const { file, hosts } = await cluster(t, 1)
    const [{ app }] = hosts as [Host]
    const logged: string[] = []
    app.log.error = (entry: unknown) => void logged.push(String((entry as { err: Error }).err.message))
    const { token } = await issue(app, 'ada')
    const next = formatJwks([hs256Key()])
    const works = async () => t.equal((await app.inject(withToken(token))).statusCode, 200)
    for (const [text, mode, message] of [
      ['{"keys"', 0o600, /is not JSON/],
      [next, 0o640, /by others: set its mode to 0600/],
    ] as const) {
      await writeFile(`${file}.new`, text)
      await chmod(`${file}.new`, mode)
      await rename(`${file}.new`, file)
      logged.length = 0
      await until(() => logged.length > 0)
      t.match(logged[0], message)
      await works()
    }
    await rename(file, `${file}.away`)
    logged.length = 0
    await until(() => logged.length > 0)
    t.match(logged[0], /is missing, but the store has tokens/)
    await works()
    await rename(`${file}.away`, file)
    await chmod(file, 0o600)
    await until(async () => (await app.inject(withToken(token))).statusCode === 401)
  },
)

t.test('a rotation under load loses no request on four instances', { timeout: 60_000 }, async (t) => {
  const { file, hosts } = await cluster(t, 4)
  const refused: unknown[] = []
  const kids = new Set<unknown>()
  let calls = 0
  let over = false
  const { token: oldest } = await issue(apps(hosts)[0], 'ada')
  const load = apps(hosts).map(async (app) => {
    while (!over) {
      // Issues a token here, and uses it on every instance at once.
      const { id, token } = await issue(app, 'ada')
      kids.add(read(token).header.kid)
      for (const other of apps(hosts)) {
        for (const credential of [token, oldest]) {
          const { statusCode } = await other.inject(withToken(credential))
          calls += 1
          if (statusCode !== 200) refused.push([statusCode, read(credential).header.kid])
        }
      }
      await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${id}` }))
      // Four hosts share one thread here: their timers and files get their turn.
      await wait(1)
    }
  })
  await keys('rotate', '--file', file, '--lead', '4s')
  await until(() => kids.size === 2)
  await wait(5 * REFRESH)
  over = true
  await Promise.all(load)
  t.same(refused, [])
  t.ok(calls > 100, `${calls} calls`)
})

t.test('a removed key’s tokens are refused on all of four instances within the stated time', async (t) => {
  const { file, hosts, kid } = await cluster(t, 4)
  const { token } = await issue(apps(hosts)[0], 'ada')
  for (const app of apps(hosts)) t.equal((await app.inject(withToken(token))).statusCode, 200, 'warm')
  await keys('rotate', '--file', file, '--lead', '0')
  await keys('retire', '--file', file, kid)
  const retiredAt = performance.now()
  // The interval, and what two busy cores may add to it.
  await until(async () => {
    const answers = await Promise.all(apps(hosts).map((app) => app.inject(withToken(token))))
    return answers.every(({ statusCode }) => statusCode === 401)
  })
  t.ok(performance.now() - retiredAt < REFRESH + 1_000, `${performance.now() - retiredAt} ms`)
})

t.test('a rotation and a retirement return the changed list of keys', async (t) => {
  const now = Date.UTC(2026, 0, 1)
  const first = hs256Key()
  const { keys: two, added } = rotateKeys([first], { algorithm: undefined, leadMs: 1_500, now })
  t.match(added, { algorithm: 'HS256', role: 'signs later', startsAt: now + 2_000 })
  t.throws(() => retireKey(two, first.kid, now + 1_999), { message: /the key that signs/ })
  t.same(retireKey(two, first.kid, now + 2_000), two.slice(0, 1))
})

/** A host whose source of keys a test changes, and waits until it takes effect. */
async function changingHost(t: Test, first: readonly SigningJwk[], options: ApiTokensOptions = {}) {
  let list = first
  let asked = 0
  const source = () => {
    asked += 1
    return list
  }
  const host = await startHost(t, { keys: source, keyRefresh: REFRESH, ...options })
  const change = async (next: readonly SigningJwk[]) => {
    list = next
    // The second from now began after the change.
    const seen = asked
    await until(() => asked >= seen + 2)
  }
  return { ...host, change }
}

/** Hosts that share a store and a key file. */
async function cluster(t: Test, size: number) {
  const file = join(t.testdir(), 'keys.json')
  const key = hs256Key()
  await writeFile(file, formatJwks([key]), { mode: 0o600 })
  const store = memoryTokenStore()
  const clock = { now: () => Date.now() }
  const hosts: Host[] = []
  for (let n = 0; n < size; n += 1) {
    hosts.push(await startHost(t, { keys: jwksFile(file), store, clock, keyRefresh: REFRESH }))
  }
  return { file, hosts, kid: key.kid }
}

function apps(hosts: readonly Host[]) {
  return hosts.map(({ app }) => app) as [Host['app'], ...Host['app'][]]
}

async function keys(...args: string[]): Promise<void> {
  await keysCommand(args, { print: () => undefined, warn: () => undefined })
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if (await holds()) return
    await wait(5)
  }
  throw new Error('it never came')
}
