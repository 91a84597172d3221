/** Mounted key files: who may read, write or replace them. */

import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens from '../../src/index.ts'
import { type JwksFileOptions, jwksFile } from '../../src/keys/jwks-file.ts'
import { SECRET_DIRS } from '../../src/keys/read-private.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { mount } from '../support/mounts.ts'

const KEY = hs256Key()
const JWKS = JSON.stringify({ keys: [KEY] })
const OTHER = 1234
const READABLE = [0o444, 0o644, 0o440, 0o640, 0o604, 0o610]
const WRITABLE = [0o620, 0o602, 0o622, 0o664, 0o646, 0o666, 0o777]
const isRoot = process.getuid?.() === 0
const onlyRoot = isRoot ? {} : { skip: 'files of another owner need root' }

t.test(
  'promise 2: a readable key file of our own is refused, in a folder of secrets as elsewhere',
  async (t) => {
    const folder = await ownFolder(t)
    const file = keyFile(folder)
    for (const mode of READABLE) {
      chmodSync(file, mode)
      for (const options of [{}, { secretDirs: [folder] }]) {
        await t.rejects(load(file, options), {
          code: 'FST_API_TOKENS_INVALID_OPTION',
          message: /keys\.json can be read by others/,
        })
      }
    }
  },
)

t.test(
  'a readable key file of another owner is accepted in a folder of secrets, with a warning',
  onlyRoot,
  async (t) => {
    const folder = await ownFolder(t)
    const file = keyFile(folder, OTHER)
    for (const mode of READABLE) {
      chmodSync(file, mode)
      const { keys, warned } = await load(file, { secretDirs: [folder] })
      t.same(keys, [KEY])
      t.match(warned, [new RegExp(`${file} can be read by others`)])
      await t.rejects(load(file), { message: /keys\.json can be read by others/ }, 'and nowhere else')
    }
    t.same(SECRET_DIRS, ['/run/secrets', '/var/run/secrets'])
  },
)

t.test('links are resolved before the folder is compared', onlyRoot, async (t) => {
  const folder = await ownFolder(t)
  for (const name of ['secrets', 'secrets-of-others']) mkdirSync(join(folder, name))
  const [inside, beside] = [join(folder, 'secrets'), join(folder, 'secrets-of-others')]
  chmodSync(keyFile(inside, OTHER), 0o444)
  chmodSync(keyFile(beside, OTHER), 0o444)
  symlinkSync(inside, join(folder, 'link'))
  symlinkSync(join(inside, 'keys.json'), join(folder, 'keys.json'))
  symlinkSync(join(beside, 'keys.json'), join(inside, 'from-beside.json'))
  for (const file of [join(inside, 'keys.json'), join(folder, 'link/keys.json'), join(folder, 'keys.json')])
    t.same((await load(file, { secretDirs: [inside] })).keys, [KEY], file)
  t.same((await load(join(inside, 'keys.json'), { secretDirs: [join(folder, 'link')] })).keys, [KEY])
  for (const file of [join(beside, 'keys.json'), join(inside, 'from-beside.json')])
    await t.rejects(load(file, { secretDirs: [inside] }), { message: /can be read by others/ }, file)
})

t.test(
  'a readable key file on a read-only mount is accepted, as Kubernetes links it, with a warning',
  async (t) => {
    const folder = join(await ownFolder(t), 'a b')
    const data = join(folder, '..2026_01_01')
    mkdirSync(data, { recursive: true })
    chmodSync(keyFile(data), 0o644)
    symlinkSync('..2026_01_01', join(folder, '..data'))
    symlinkSync('..data/keys.json', join(folder, 'keys.json'))
    const file = join(folder, 'keys.json')
    await t.rejects(load(file), { message: /can be read by others/ }, 'not while it can be written')
    if (!mount(t, folder, ['--bind', '-o', 'ro', folder])) return
    const { keys, warned } = await load(file)
    t.same(keys, [KEY])
    t.match(warned, [/can be read by others/])
  },
)

t.test('write permission of others is refused everywhere', onlyRoot, async (t) => {
  const folder = await ownFolder(t)
  const file = keyFile(folder, OTHER)
  const refused = async (where: string) => {
    for (const mode of WRITABLE) {
      chmodSync(file, mode)
      const message = /keys\.json can be written by others: set its mode to 0600/
      await t.rejects(load(file, { secretDirs: [folder] }), { message }, `${where}: ${mode.toString(8)}`)
    }
  }
  await refused('in a folder of secrets')
  chmodSync(file, 0o646)
  if (!mount(t, folder, ['--bind', '-o', 'ro', folder])) return
  await t.rejects(load(file), { message: /keys\.json can be written by others/ }, 'on a read-only mount')
})

t.test('a file that others can replace is refused', async (t) => {
  const folder = await ownFolder(t)
  const file = keyFile(folder)
  chmodSync(folder, 0o777)
  await t.rejects(load(file), { message: /keys\.json can be replaced by others: .* from the folder/ })
  chmodSync(folder, 0o1777)
  t.same((await load(file)).keys, [KEY], 'with the sticky bit they cannot')
  if (isRoot) {
    chownSync(file, OTHER, OTHER)
    await t.rejects(load(file), { message: /can be replaced by others/ }, 'but they may have been first')
  }
  const [own, link] = [join(await ownFolder(t), 'real'), join(folder, 'link.json')]
  mkdirSync(own)
  symlinkSync(keyFile(own), link)
  chmodSync(folder, 0o777)
  await t.rejects(load(link), { message: /link\.json can be replaced by others/ }, 'so is a link')
})

t.test('anything but a regular file is refused by name, without waiting', async (t) => {
  const folder = await ownFolder(t)
  execFileSync('mkfifo', ['-m', '600', join(folder, 'fifo')])
  mkdirSync(join(folder, 'folder'), { mode: 0o700 })
  symlinkSync('/dev/zero', join(folder, 'device'))
  writeFileSync(join(folder, 'huge'), Buffer.alloc(2 * 1024 * 1024, ' '), { mode: 0o600 })
  const whys = {
    fifo: /fifo is not a regular file/,
    folder: /folder is not a regular file/,
    device: /device is not a regular file/,
    huge: /huge is larger than 1 MiB/,
  }
  for (const [name, message] of Object.entries(whys)) await t.rejects(load(join(folder, name)), { message })
})

t.test('an empty file is waited for and then refused by name', async (t) => {
  const file = join(await ownFolder(t), 'keys.json')
  writeFileSync(file, '', { mode: 0o600 })
  const loading = load(file)
  setTimeout(() => writeFileSync(file, JWKS), 200)
  t.same((await loading).keys, [KEY])
  writeFileSync(file, '')
  await t.rejects(load(file), {
    code: 'FST_API_TOKENS_INVALID_OPTION',
    message: /keys\.json is empty: restore it/,
  })
})

t.test('on a file system without hard links the first of several starts makes the file', async (t) => {
  const folder = await ownFolder(t)
  const script = join(import.meta.dirname, 'first-start.ts')
  const preload = join(import.meta.dirname, 'without-links.ts')
  const run = promisify(execFile)
  const start = () => run(process.execPath, ['--import', preload, script, folder])
  const tokens = await Promise.all([start(), start(), start()])
  const names = await readdir(folder)
  t.same(
    names.filter((name) => name.startsWith('keys')),
    ['keys.json'],
    'and no draft is left',
  )
  t.equal((await stat(join(folder, 'keys.json'))).mode & 0o777, 0o600)
  const later = (await start()).stdout.trim()
  const { app } = await startHost(t, {
    store: sqliteTokenStore({ filename: join(folder, 'tokens.db') }),
    keys: jwksFile(join(folder, 'keys.json')),
    clock: { now: () => Date.now() },
  })
  for (const token of [...tokens.map(({ stdout }) => stdout.trim()), later])
    t.equal(await statusOf(app, token), 200)
})

t.test('a folder without write permission is named', async (t) => {
  const message = /keys\.json cannot be written/
  await t.rejects(load(join(await ownFolder(t), 'no', 'such', 'keys.json')), { message })
})

t.test('a wrong option of jwksFile is refused by name', async (t) => {
  for (const secretDirs of ['/run/secrets', ['run/secrets'], [7], null])
    t.throws(() => jwksFile('keys.json', { secretDirs } as unknown as JwksFileOptions), {
      message: /secretDirs must/,
    })
  t.throws(() => jwksFile('keys.json', { secretDir: [] } as JwksFileOptions), {
    message: /secretDir is not an option/,
  })
})

t.test('a host warns once, and not again when it reads the file again', onlyRoot, async (t) => {
  const folder = await ownFolder(t)
  const file = keyFile(folder, OTHER)
  chmodSync(file, 0o444)
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } })
  t.teardown(() => app.close())
  const keys = jwksFile(file, { secretDirs: [folder] })
  await app.register(apiTokens, { store: memoryTokenStore(), routes: false, keys, keyRefresh: 20 })
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ level: 40, msg: /can be read by others/ }],
  )
  t.equal(lines.length, 1)
})

t.test(
  'memoryTokenStore() without keys makes a key in memory, the same for every application on it',
  async (t) => {
    const before = process.cwd()
    const folder = t.testdir()
    t.teardown(() => process.chdir(before))
    process.chdir(folder)
    const store = memoryTokenStore()
    const [first, second] = [await hostWithoutKeys(t, store), await hostWithoutKeys(t, store)]
    const { credential } = await first.apiTokens.issue({ userId: 'ada' })
    t.equal(await statusOf(first, credential), 200)
    t.equal(await statusOf(second, credential), 200)
    await first.close()
    t.equal(
      await statusOf(await hostWithoutKeys(t, store), credential),
      200,
      'also after the first has closed',
    )
    t.equal(
      await statusOf(await hostWithoutKeys(t, memoryTokenStore()), credential),
      401,
      'another store, another key',
    )
    t.same(await readdir(folder), [], 'no file')
  },
)

async function hostWithoutKeys(t: Test, store: ReturnType<typeof memoryTokenStore>) {
  const { app } = await startHost(t, { store, keys: undefined } as object)
  return app
}

async function load(file: string, options: JwksFileOptions = {}) {
  const warned: string[] = []
  const source = jwksFile(file, options)
  if (typeof source !== 'function') throw new Error('jwksFile returns a function')
  const keys = await source({
    storeIsEmpty: async () => true,
    log: () => undefined,
    warn: (message) => warned.push(message),
  })
  return { keys, warned }
}

function keyFile(folder: string, owner?: number): string {
  const file = join(folder, 'keys.json')
  writeFileSync(file, JWKS, { mode: 0o600 })
  if (owner !== undefined) chownSync(file, owner, owner)
  return file
}

async function ownFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'api-tokens-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
