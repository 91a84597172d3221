/** The key file: created once, atomically, with mode 0600, and only while the store has no tokens. */

import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { jwksFile } from '../../src/keys/jwks-file.ts'
import type { KeySourceContext } from '../../src/keys/key-source.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

t.test(
  'promise 2: a new file has one HS256 key, mode 0600, a random kid, and its path is logged',
  async (t) => {
    const file = join(t.testdir(), 'keys.json')
    const { keys, logged } = await load(file)
    t.equal((await stat(file)).mode & 0o777, 0o600)
    t.match(keys, [{ kty: 'oct', alg: 'HS256', use: 'sig', kid: /^[0-9a-f-]{36}$/, k: /^[\w-]{43}$/ }])
    t.equal(keys.length, 1)
    t.same(JSON.parse(await readFile(file, 'utf8')), { keys })
    t.equal(logged.length, 1)
    t.ok(logged[0]?.includes(file))
    t.notOk(logged[0]?.includes(String(keys[0]?.k)), 'but not the secret')
    t.same(await readdir(t.testdirName), ['keys.json'], 'and no temporary file is left')
  },
)

t.test('an existing file is read and not written', async (t) => {
  const key = hs256Key()
  const file = await fileOf(t, { keys: [key] })
  const { mtimeMs } = await stat(file)
  const { keys, logged } = await load(file)
  t.same(keys, [key])
  t.same(logged, [])
  t.equal((await stat(file)).mtimeMs, mtimeMs)
})

t.test('a file that others can read or write is refused by name', async (t) => {
  const file = await fileOf(t, { keys: [hs256Key()] })
  for (const mode of [0o640, 0o604, 0o644, 0o620, 0o602, 0o610, 0o660, 0o666]) {
    await chmod(file, mode)
    await t.rejects(load(file), {
      message: /keys\.json can be (read|written) by others: set its mode to 0600/,
    })
  }
  await chmod(file, 0o400)
  await t.resolves(load(file))
})

t.test('a file without a JWK Set is refused by name', async (t) => {
  for (const content of [[], {}, { keys: {} }, null, 'keys', { keys: null }]) {
    await t.rejects(load(await fileOf(t, content)), { message: /keys\.json must hold a JWK Set/ })
  }
})

t.test('promise 2: an error about a broken file quotes nothing of it', async (t) => {
  const file = join(t.testdir(), 'keys.json')
  const { k } = hs256Key()
  await writeFile(file, `{"keys":[{"kty":"oct","k":"${k}"`, { mode: 0o600 })
  const error: unknown = await load(file).catch((caught: unknown) => caught)
  t.match(error, { message: /keys\.json is not JSON/, code: 'FST_API_TOKENS_INVALID_OPTION' })
  const said = error instanceof Error ? [error.message, error.stack, String(error.cause)].join() : ''
  t.notOk(said.includes(String(k).slice(0, 6)))
})

t.test('with tokens in the store a missing file fails the boot by name', async (t) => {
  const file = join(t.testdir(), 'keys.json')
  await t.rejects(load(file, { storeIsEmpty: async () => false }), {
    code: 'FST_API_TOKENS_INVALID_OPTION',
    message: /keys\.json is missing, but the store has tokens/,
  })
  t.same(await readdir(t.testdirName), [])
})

t.test('a file that another process has just created and used is read', async (t) => {
  const key = hs256Key()
  const file = join(t.testdir(), 'keys.json')
  const { keys } = await load(file, {
    storeIsEmpty: async () => {
      await writeFile(file, JSON.stringify({ keys: [key] }), { mode: 0o600 })
      return false
    },
  })
  t.same(keys, [key])
})

t.test('a process that loses the race reads the file of the winner', async (t) => {
  const key = hs256Key()
  const file = join(t.testdir(), 'keys.json')
  const text = JSON.stringify({ keys: [key] })
  const { keys, logged } = await load(file, {
    storeIsEmpty: async () => {
      await writeFile(file, text, { mode: 0o600 })
      return true
    },
  })
  t.same(keys, [key])
  t.same(logged, [], 'the winner has logged it')
  t.equal(await readFile(file, 'utf8'), text)
  t.same(await readdir(t.testdirName), ['keys.json'])
})

t.test('concurrent first starts end with one key', async (t) => {
  const file = join(t.testdir(), 'keys.json')
  const loaded = await Promise.all(Array.from({ length: 10 }, () => load(file)))
  t.equal(new Set(loaded.map(({ keys }) => keys[0]?.k)).size, 1)
  t.equal(loaded.flatMap(({ logged }) => logged).length, 1, 'made and logged once')
  t.same(await readdir(t.testdirName), ['keys.json'])
})

t.test(
  'first starts of several processes on one key file and one database accept each other’s tokens',
  async (t) => {
    const folder = t.testdir()
    const script = join(import.meta.dirname, 'first-start.ts')
    const run = promisify(execFile)
    const printed = await Promise.all([1, 2, 3].map(() => run(process.execPath, [script, folder])))
    const tokens = printed.map(({ stdout }) => stdout.trim())
    t.equal(new Set(tokens).size, 3)
    t.same(
      (await readdir(folder)).filter((name) => name.includes('.tmp')),
      [],
    )
    const { app } = await startHost(t, {
      store: sqliteTokenStore({ filename: join(folder, 'tokens.db') }),
      keys: jwksFile(join(folder, 'keys.json')),
      clock: { now: () => Date.now() },
    })
    for (const token of tokens) t.equal((await app.inject(withToken(token))).statusCode, 200)
  },
)

t.test('tokens work after a restart, and with another file in its place they do not', async (t) => {
  const folder = t.testdir()
  const start = () =>
    startHost(t, {
      store: sqliteTokenStore({ filename: join(folder, 'tokens.db') }),
      keys: jwksFile(join(folder, 'keys.json')),
    })
  const first = await start()
  const { token } = await issue(first.app, 'ada')
  await first.app.close()
  const second = await start()
  t.equal((await second.app.inject(withToken(token))).statusCode, 200)
  await second.app.close()
  await unlink(join(folder, 'keys.json'))
  await t.rejects(start(), { message: /keys\.json is missing/ })
})

t.test('a path that cannot be read or written is named', async (t) => {
  const folder = t.testdir()
  await t.rejects(load(join(folder, 'no', 'such', 'keys.json')), { message: /keys\.json cannot be written/ })
  await writeFile(join(folder, 'file'), '')
  await t.rejects(load(join(folder, 'file', 'keys.json')), { message: /keys\.json cannot be read/ })
})

t.test('a link to the file is followed, a link to nowhere is not written through', async (t) => {
  const folder = t.testdir()
  const key = hs256Key()
  await mkdir(join(folder, 'secrets'))
  await writeFile(join(folder, 'secrets', 'real.json'), JSON.stringify({ keys: [key] }), { mode: 0o600 })
  await symlink(join(folder, 'secrets', 'real.json'), join(folder, 'keys.json'))
  t.same((await load(join(folder, 'keys.json'))).keys, [key])
  await symlink(join(folder, 'secrets', 'nowhere.json'), join(folder, 'dangling.json'))
  await t.rejects(load(join(folder, 'dangling.json')))
  t.same(await readdir(join(folder, 'secrets')), ['real.json'])
})

async function load(file: string, context: Partial<KeySourceContext> = {}) {
  const logged: string[] = []
  const source = jwksFile(file)
  if (typeof source !== 'function') throw new Error('jwksFile returns a function')
  const keys = await source({
    storeIsEmpty: async () => true,
    log: (message) => logged.push(message),
    warn: (message) => logged.push(`warning: ${message}`),
    ...context,
  })
  return { keys, logged }
}

async function fileOf(t: Test, content: unknown): Promise<string> {
  const file = join(t.testdir(), 'keys.json')
  await writeFile(file, JSON.stringify(content), { mode: 0o600 })
  return file
}
