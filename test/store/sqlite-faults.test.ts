/** Faults of an SQLite file that waiting does not correct: an error at boot or a 500, which names the file and the fault. */

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import Fastify from 'fastify'
import { Kysely, SqliteDialect } from 'kysely'
import t, { type Test } from 'tap'
import apiTokens from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { kyselyTokenStore } from '../../src/store/kysely/host-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { put } from '../../src/testing/store-contract/records.ts'
import { as, issue, startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { mount } from '../support/mounts.ts'
import { asOtherUser } from '../support/other-user.ts'

const FAULT = { statusCode: 500, code: 'FST_API_TOKENS_STORE_FAULT' }
const MAY_NOT = /this process may not (write|open) it: check owner and mode/

for (const migrate of [true, false]) {
  t.test(`migrate: ${migrate}: a file that this process may not write fails the boot`, async (t) => {
    const filename = await usedFile(t)
    chmodSync(filename, 0o444)
    await failsAsOtherUser(t, sqliteTokenStore({ filename, migrate }), filename)
  })

  t.test(`migrate: ${migrate}: so does a folder in which it may not make the log`, async (t) => {
    const filename = await usedFile(t)
    chmodSync(filename, 0o666)
    chmodSync(join(filename, '..'), 0o555)
    await failsAsOtherUser(t, sqliteTokenStore({ filename, migrate }), filename)
  })
}

t.test(
  'a host’s own Kysely on a file that this process may not write fails the boot, and the file is named',
  async (t) => {
    const filename = await usedFile(t)
    chmodSync(filename, 0o444)
    await asOtherUser(async () => {
      const error = await rejectionOf(await hostStore(t, filename, false))
      t.match(error, /cannot be written: this process may not write it/)
      t.ok(error.includes(filename), error)
    })
  },
)

t.test('so does a log that another user left beside the file', async (t) => {
  const filename = await usedFile(t)
  const other = new Database(filename)
  t.teardown(() => other.close())
  other.exec('create table of_the_host (n)')
  chmodSync(filename, 0o666)
  await failsAsOtherUser(t, sqliteTokenStore({ filename }), filename)
})

t.test('so does a read-only mount', async (t) => {
  const filename = await usedFile(t)
  const folder = join(filename, '..')
  if (!mount(t, folder, ['--bind', '-o', 'ro', folder])) return
  const error = await rejectionOf(sqliteTokenStore({ filename }))
  t.match(error, MAY_NOT)
  t.ok(error.includes(filename))
})

t.test('so do a folder, another format and an encrypted file in its place, each by name', async (t) => {
  const folder = t.testdir({ 'folder.db': {}, 'notes.db': 'dear diary, '.repeat(1000) })
  writeFileSync(join(folder, 'encrypted.db'), Buffer.alloc(8192, 0xa7))
  const whys = {
    'folder.db': 'it is a folder',
    'notes.db': 'it is not an SQLite database, or is encrypted',
    'encrypted.db': 'it is not an SQLite database, or is encrypted',
  }
  for (const [name, why] of Object.entries(whys)) {
    const filename = join(folder, name)
    const error = await rejectionOf(sqliteTokenStore({ filename }))
    const wanted = `fastify-api-tokens: store: the SQLite file ${filename} cannot be opened: ${why}`
    t.equal(error.slice(0, wanted.length), wanted)
  }
})

t.test('a corrupt file fails the boot by name, not with "try again"', async (t) => {
  const filename = await usedFile(t)
  corrupt(filename)
  const error = await rejectionOf(sqliteTokenStore({ filename }))
  t.match(error, /it is corrupt/)
  t.ok(error.includes(filename), error)
})

t.test('a file that becomes corrupt is a 500 at a verification, with its name in the log', async (t) => {
  const filename = await usedFile(t)
  const lines: string[] = []
  const app = await startOn(t, sqliteTokenStore({ filename }), lines)
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  const other = new Database(filename)
  other.pragma('wal_checkpoint(TRUNCATE)')
  other.close()
  corrupt(filename)
  const response = await app.inject({ url: '/protected', headers: { authorization: `Bearer ${credential}` } })
  t.match(response.json(), FAULT)
  t.notOk(response.headers['retry-after'])
  t.notOk(response.body.includes(filename), 'the path is for the log')
  t.ok(logOf(lines).includes(`the SQLite file ${filename} failed: it is corrupt`), logOf(lines))
})

for (const host of [false, true]) {
  const title = host ? 'on a host’s own Kysely a full disk' : 'a full disk'
  t.test(`${title} is a 500 whose log line names the disk, until there is space again`, async (t) => {
    const folder = join(await ownFolder(t), 'small')
    if (!mount(t, folder, ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs'])) return
    const filename = join(folder, 'tokens.db')
    const lines: string[] = []
    const app = await startOn(t, host ? await hostStore(t, filename) : sqliteTokenStore({ filename }), lines)
    const { token, credential } = await app.apiTokens.issue({ userId: 'ada' })
    await app.apiTokens.verify(credential)
    fill(join(folder, 'other'))
    const revoke = () => app.inject(as('ada', { method: 'DELETE', url: `/tokens/${token.id}` }))
    let [refused, tries] = [await revoke(), 0]
    // The write-ahead log has some space left before it has to grow.
    for (; refused.statusCode === 204 && tries < 5; tries += 1) refused = await revoke()
    const transaction = () => app.apiTokens.deactivateUser(`user-${'x'.repeat(200)}-${tries++}`)
    const error = await untilItFails(transaction)
    t.match(error, FAULT)
    t.match(
      String((error as Error).cause),
      host ? /database or disk is full/ : `${filename} failed: the disk is full`,
    )
    const written = await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))
    t.match(written.json(), FAULT)
    t.match(logOf(lines), /disk is full/)
    t.notMatch(logOf(lines), /rollback|no transaction is active/i)
    rmSync(join(folder, 'other'))
    t.equal((await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: {} }))).statusCode, 201)
  })
}

t.test('a full disk at boot fails it by name', async (t) => {
  const folder = join(await ownFolder(t), 'small')
  if (!mount(t, folder, ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs'])) return
  const filename = join(folder, 'tokens.db')
  fill(join(folder, 'other'))
  t.match(await rejectionOf(sqliteTokenStore({ filename })), /tokens\.db cannot be opened: the disk/)
})

for (const [what, replace] of Object.entries({
  deleted: (file: string) => rmSync(file),
  moved: (file: string) => renameSync(file, `${file}.old`),
  replaced: (file: string) => {
    const other = `${file}.other`
    writeFileSync(other, readFileSync(file))
    renameSync(other, file)
  },
})) {
  t.test(`promise 4: no change is accepted on a file that was ${what} while it was open`, async (t) => {
    const filename = join(t.testdir(), 'tokens.db')
    const store = sqliteTokenStore({ filename })
    const { app } = await startHost(t, { store })
    const { id: tokenId, token } = await issue(app, 'ada')
    replace(filename)
    const revoke = await app.inject(as('ada', { method: 'DELETE', url: `/tokens/${tokenId}` }))
    t.match(revoke.json(), FAULT)
    t.equal(await statusOf(app, token), 500, 'nor is a token read in it from then on')
  })
}

t.test('a filename that is no file that stays is refused where the store is made', async (t) => {
  const wrong: unknown[] = [
    '',
    ' ',
    ':memory:',
    'file:tokens.db',
    'FILE::memory:?cache=shared',
    'a\0b',
    ' tokens.db',
  ]
  for (const filename of [...wrong, 'tokens.db ', undefined, null, 7, Buffer.from('tokens.db')]) {
    t.throws(() => sqliteTokenStore({ filename } as { filename: string }), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: /(filename must be|':memory:' keeps no token)/,
    })
  }
  for (const options of [
    { filename: 'a.db', file: 'b.db' },
    { filename: 'a.db', timeout: 0 },
    undefined,
    'a.db',
  ])
    t.throws(() => sqliteTokenStore(options as { filename: string }), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
    })
})

t.test('a relative path is that of the moment when the store is made', async (t) => {
  const folder = t.testdir({ first: {}, second: {} })
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(join(folder, 'first'))
  const store = sqliteTokenStore({ filename: 'tokens.db' })
  const missing = sqliteTokenStore({ filename: 'no/such/tokens.db' })
  process.chdir(join(folder, 'second'))
  t.teardown(() => store.close())
  await store.open()
  t.ok(readFileSync(join(folder, 'first', 'tokens.db')).length > 0)
  t.ok((await rejectionOf(missing)).includes(join(folder, 'first/no/such/tokens.db')))
})

t.test('an empty file, a link and a file of a host with other tables are accepted', async (t) => {
  const folder = t.testdir({ 'empty.db': '' })
  const hosts = new Database(join(folder, 'host.db'))
  hosts.exec('create table users (id text); pragma user_version = 17')
  hosts.close()
  symlinkSync(join(folder, 'target.db'), join(folder, 'link.db'))
  for (const name of ['empty.db', 'host.db', 'link.db']) {
    const store = sqliteTokenStore({ filename: join(folder, name) })
    await store.open()
    await put(store, 1)
    await store.close()
  }
  const after = new Database(join(folder, 'host.db'))
  t.teardown(() => after.close())
  t.equal(after.pragma('user_version', { simple: true }), 17, 'what the host keeps there stays')
})

/** A file with a schema and a token, closed, in a folder that everybody can enter. */
async function usedFile(t: Test): Promise<string> {
  const folder = join(await ownFolder(t), 'data')
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  const filename = join(folder, 'tokens.db')
  const store = sqliteTokenStore({ filename })
  await store.open()
  await put(store, 1)
  await store.close()
  return filename
}

/** The folders of tap may be closed to other users. */
async function ownFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'api-tokens-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function failsAsOtherUser(t: Test, store: TokenStore, filename: string): Promise<void> {
  const error = await asOtherUser(() => rejectionOf(store))
  t.match(error, MAY_NOT)
  t.ok(error.includes(filename), error)
}

/** The error of a host that starts on the store, with its causes. */
async function rejectionOf(store: TokenStore): Promise<string> {
  const app = Fastify()
  try {
    await app.register(apiTokens, { routes: false, store, keys: [hs256Key()] })
    return 'started'
  } catch (error) {
    return error instanceof Error
      ? [error.message, error.cause]
          .filter(Boolean)
          .join(': ')
          .replace(/: Error.*/, '')
      : ''
  } finally {
    await app.close()
  }
}

async function startOn(t: Test, store: TokenStore, lines: string[]) {
  const app = Fastify({ logger: { level: 'error', stream: { write: (line: string) => lines.push(line) } } })
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    store,
    keys: [hs256Key()],
    authenticateUser: ({ headers }) => ({ id: String(headers['x-user']) }),
  })
  app.get('/protected', { onRequest: app.verifyApiToken }, async () => 'ok')
  await app.ready()
  return app
}

async function hostStore(t: Test, filename: string, migrate = true): Promise<TokenStore> {
  const database = new Database(filename)
  database.pragma('journal_mode = WAL')
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) })
  t.teardown(() => db.destroy())
  return kyselyTokenStore({ db, dialect: 'sqlite', migrate })
}

/** Everything behind the first pages. */
function corrupt(filename: string): void {
  const bytes = readFileSync(filename)
  bytes.fill(0xa7, 4096)
  writeFileSync(filename, bytes)
}

/** Takes what is left of the disk. */
function fill(file: string): void {
  for (const size of [65_536, 4096]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

async function untilItFails(work: () => Promise<unknown>): Promise<unknown> {
  for (let tries = 0; tries < 500; tries += 1) {
    try {
      await work()
    } catch (error) {
      return error
    }
  }
  return undefined
}

function logOf(lines: readonly string[]): string {
  return lines.join('\n')
}
