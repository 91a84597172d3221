/** `fastify-api-tokens keys`: the file stays complete and private, and no secret is printed. */

import { execFile } from 'node:child_process'
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { keysCommand } from '../../src/cli/keys-command.ts'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { jwksFile } from '../../src/keys/jwks-file.ts'
import { readSigningKeys, signingKeyAt } from '../../src/keys/key-source.ts'
import { issue, startHost, statusOf } from '../support/host.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

t.test('generate creates a file of mode 0600 with one key, and never overwrites one', async (t) => {
  for (const alg of ['HS256', 'EdDSA', 'ES256']) {
    const keys = commandOn(t, `${alg}.json`)
    await keys('generate', '--alg', alg)
    t.equal((await stat(keys.file)).mode & 0o777, 0o600)
    t.match(await jwksOf(keys.file), [{ alg, use: 'sig', kid: /^[0-9a-f-]{36}$/ }])
    t.equal(readSigningKeys(await jwksOf(keys.file)).length, 1)
    const before = await readFile(keys.file, 'utf8')
    await t.rejects(keys('generate'), { message: /exists already: rotate its keys instead/ })
    t.equal(await readFile(keys.file, 'utf8'), before)
  }
})

t.test(
  'RFC 7517 §5: the option keys accepts the output of generate and rotate, also from a function',
  async (t) => {
    const keys = commandOn(t)
    await keys('generate')
    await keys('rotate', '--lead', '0', '--alg', 'EdDSA')
    const text = await readFile(keys.file, 'utf8')
    for (const source of [JSON.parse(text), async () => JSON.parse(text), jwksFile(keys.file)]) {
      const { app } = await startHost(t, { keys: source })
      const { token } = await issue(app, 'ada')
      t.equal(await statusOf(app, token), 200)
    }
  },
)

t.test('a key that cannot be used is named by its path, by each command', async (t) => {
  const keys = commandOn(t)
  await keys('generate')
  const set = { keys: [...(await jwksOf(keys.file)), { kty: 'RSA', kid: 'old' }] }
  await writeFile(keys.file, JSON.stringify(set), { mode: 0o600 })
  for (const args of [['list'], ['rotate'], ['retire', 'old']]) {
    await t.rejects(keys(...(args as [string])), { message: /keys\[1\]\.kty must be oct, OKP or EC/ })
  }
  t.same(JSON.parse(await readFile(keys.file, 'utf8')), set, 'and nothing is changed')
})

t.test(
  'rotate adds a new first key, which signs when its lead time is over; the old keys stay',
  async (t) => {
    const keys = commandOn(t)
    await keys('generate')
    const [old] = await jwksOf(keys.file)
    const before = Date.now()
    await keys('rotate')
    const list = readSigningKeys(await jwksOf(keys.file))
    t.equal(list.length, 2)
    t.equal(list[1]?.kid, old?.kid)
    t.equal(signingKeyAt(list, before + 119_000).kid, old?.kid, 'two minutes are not over')
    t.equal(signingKeyAt(list, Date.now() + 121_000).kid, list[0].kid)
    t.match((await keys('list')).join('\n'), /signs from 2.*\n.* HS256 {2}signs$/)
    t.equal((await stat(keys.file)).mode & 0o777, 0o600)
    await keys('rotate', '--lead', '0')
    t.match(
      (await keys('list')).map((line) => line.slice(36)),
      ['  HS256  signs', '  HS256  verifies', '  HS256  verifies'],
    )
    t.same(await readdir(t.testdirName), ['keys.json'], 'no temporary file and no lock is left')
  },
)

t.test('rotate keeps the private half of every key until it is retired', async (t) => {
  const keys = commandOn(t)
  await keys('generate', '--alg', 'EdDSA')
  await keys('rotate', '--lead', '0')
  await keys('rotate', '--lead', '0', '--alg', 'ES256')
  t.same(
    (await jwksOf(keys.file)).map(({ alg, d }) => [alg, d !== undefined]),
    [
      ['ES256', true],
      ['EdDSA', true],
      ['EdDSA', true],
    ],
  )
  const [signing, ...older] = await jwksOf(keys.file)
  const publicHalves = older.map(({ d: _, ...jwk }) => jwk)
  await writeFile(keys.file, JSON.stringify({ keys: [signing, ...publicHalves] }))
  t.match(
    (await keys('list')).map((line) => line.slice(36)),
    [
      '  ES256  signs',
      '  EdDSA  verifies nothing: its private half is missing',
      '  EdDSA  verifies nothing: its private half is missing',
    ],
  )
})

t.test('retire removes a key, but not the signing key or an unknown one', async (t) => {
  const keys = commandOn(t)
  await keys('generate')
  const [old] = await jwksOf(keys.file)
  const kid = String(old?.kid)
  await t.rejects(keys('retire', kid), { message: /is the key that signs: rotate first/ })
  await keys('rotate')
  await t.rejects(keys('retire', kid), { message: /is the key that signs/ }, 'the new one does not sign yet')
  await keys('rotate', '--lead', '0')
  await t.rejects(keys('retire', 'another'), { message: /there is no key another/ })
  await t.rejects(keys('retire'), { message: /takes one kid/ })
  t.same(await keys('retire', kid), [`${kid} is retired: the tokens that it signed are refused`])
  t.notOk((await jwksOf(keys.file)).some((key) => key.kid === kid))
})

t.test('promise 2: no output contains key material', async (t) => {
  const keys = commandOn(t)
  const lines = [
    ...(await keys('generate', '--alg', 'ES256')),
    ...(await keys('rotate', '--alg', 'HS256')),
    ...(await keys('list')),
  ]
  const secrets = (await jwksOf(keys.file))
    .flatMap(({ d, k }) => [d, k])
    .filter((secret) => secret !== undefined)
  t.equal(secrets.length, 2)
  for (const secret of secrets) t.notOk(lines.join('\n').includes(String(secret)))
})

t.test('promise 2: a file that others can read is neither shown nor changed', async (t) => {
  const keys = commandOn(t)
  await keys('generate')
  await chmod(keys.file, 0o644)
  for (const action of ['list', 'rotate', 'retire']) {
    await t.rejects(keys(action, ...(action === 'retire' ? ['x'] : [])), {
      message: /by others: set its mode to 0600/,
    })
  }
  t.same(await readdir(t.testdirName), ['keys.json'], 'no lock is left')
})

t.test('of two concurrent changes one is refused, and no change is lost', async (t) => {
  const keys = commandOn(t)
  await keys('generate')
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => keys('rotate')))
  const done = outcomes.filter(({ status }) => status === 'fulfilled')
  t.ok(done.length >= 1)
  t.equal((await jwksOf(keys.file)).length, done.length + 1)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected')
      t.match(outcome.reason, { message: /is being changed by another process/ })
  }
})

t.test('a link to the file stays a link', async (t) => {
  const keys = commandOn(t, 'secrets/keys.json')
  await keys('generate')
  const link = join(t.testdirName, 'link.json')
  await symlink(keys.file, link)
  await keysCommand(['rotate', '--file', link], { print: () => undefined, warn: () => undefined })
  t.ok((await lstat(link)).isSymbolicLink())
  t.equal((await jwksOf(keys.file)).length, 2)
})

t.test('a wrong file, algorithm, lead or action is named', async (t) => {
  const keys = commandOn(t)
  await t.rejects(keys('rotate'), { message: /keys\.json cannot be read/ })
  await t.rejects(keys('generate', '--alg', 'none'), { message: /--alg must be one of HS256, EdDSA, ES256/ })
  await t.rejects(keys('rotate', '--lead', 'soon'), { message: /--lead must be milliseconds/ })
  await writeFile(keys.file, '{"keys":[]}', { mode: 0o600 })
  await t.rejects(keys('rotate'), { message: /must hold at least one JWK/ })
  const run = promisify(execFile)
  const exitOf = (...args: string[]) =>
    run(process.execPath, [MAIN, ...args]).then(
      () => [0, ''],
      ({ code, stderr }) => [code, stderr],
    )
  t.match(await exitOf('keys', 'explode'), [2, /^there is no action explode: generate, list[\s\S]*usage:/])
  t.match(await exitOf('constructor'), [2, /keys rotate/])
  t.match(await exitOf('keys', 'list', '--file', join(t.testdirName, 'none.json')), [1, /none\.json/])
  t.match(await exitOf('keys', 'generate', '--file', join(t.testdirName, 'made.json')), [0, ''])
})

t.test('an argument that would have no effect is refused by name', async (t) => {
  const keys = commandOn(t)
  await keys('generate')
  const before = await readFile(keys.file, 'utf8')
  await t.rejects(keys('list', 'extra'), { message: 'keys list takes no argument: extra' })
  await t.rejects(keys('generate', 'extra'), { message: 'keys generate takes no argument: extra' })
  await t.rejects(keys('rotate', 'extra'), { message: 'keys rotate takes no argument: extra' })
  await t.rejects(keys('retire', 'one', 'two'), { message: /^keys retire takes one kid/ })
  await t.rejects(keys('list', '--alg', 'ES256'), { message: 'keys list takes no --alg' })
  await t.rejects(keys('generate', '--lead', '5m'), { message: 'keys generate takes no --lead' })
  await t.rejects(keys('retire', 'one', '--lead', '5m'), { message: 'keys retire takes no --lead' })
  await t.rejects(keys('rotate', '--file', keys.file), { message: '--file is given twice' })
  t.equal(await readFile(keys.file, 'utf8'), before)
})

t.test('generate --file - writes only the key, to standard output', async (t) => {
  const folder = t.testdir()
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [MAIN, 'keys', 'generate', '--alg', 'EdDSA', '--file', '-'],
    { cwd: folder },
  )
  t.match(readSigningKeys(JSON.parse(stdout)), [{ algorithm: 'EdDSA' }])
  t.equal(stderr, '')
  t.same(await readdir(folder), [])
  const terminal = { print: () => undefined, warn: () => undefined }
  for (const args of [['list'], ['rotate'], ['retire', 'one']]) {
    await t.rejects(keysCommand([...args, '--file', '-'], terminal), { message: /needs a file, not -/ })
  }
})

t.test('help and the version are printed on the standard output, with exit code 0', async (t) => {
  const outputOf = async (...args: string[]) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args])
    t.equal(stderr, '', args.join(' '))
    return stdout
  }
  for (const help of ['--help', '-h']) {
    t.match(await outputOf(help), /^usage:\n[\s\S]*keys generate[\s\S]*migrate status[\s\S]*--version/)
    t.match(await outputOf('keys', help), /^usage:\n[\s\S]*keys retire/)
    t.match(await outputOf('keys', 'rotate', help), /^usage:\n[\s\S]*keys retire/)
    t.match(await outputOf('migrate', help), /^usage:\n[\s\S]*DATABASE_URL/)
  }
  t.match(await outputOf('--version'), /^\d+\.\d+\.\d+\n$/)
})

function commandOn(t: Test, name = 'keys.json') {
  const file = join(t.testdir(name.startsWith('secrets/') ? { secrets: {} } : {}), name)
  const run = async (...args: string[]): Promise<string[]> => {
    const lines: string[] = []
    const terminal = { print: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) }
    const code = await keysCommand([...args, '--file', file], terminal)
    if (code !== 0) throw new Error(lines.join('\n'))
    return lines
  }
  return Object.assign(run, { file })
}

async function jwksOf(file: string): Promise<SigningJwk[]> {
  return JSON.parse(await readFile(file, 'utf8')).keys
}
