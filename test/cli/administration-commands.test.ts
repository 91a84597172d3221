/** `fastify-api-tokens tokens` and `owners`: effects, output and exit codes of the built CLI, on every database. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { WrongCall } from '../../src/cli/arguments.ts'
import { ownersCommand } from '../../src/cli/owners-command.ts'
import { printJson, printTable } from '../../src/cli/print-table.ts'
import { tokensCommand } from '../../src/cli/tokens-command.ts'
import { jwksFile } from '../../src/keys/jwks-file.ts'
import { runCommand } from '../support/command.ts'
import { type Host, issue, startHost, statusOf } from '../support/host.ts'
import { type SqlDatabase, sqlDatabases } from '../support/sql-databases.ts'
import { storeAt } from '../support/store-at.ts'

const UNKNOWN = '019b7500-0000-7000-8000-000000000000'

for (const database of await sqlDatabases(t)) {
  const { name, address } = database
  const run = (args: readonly string[], input?: string) =>
    runCommand([...args, '--store', address, '--by', 'root'], {}, input)
  const test = (title: string, work: (t: Test) => Promise<void>) => t.test(`${name}: ${title}`, work)

  test('tokens list prints the tokens that match, a line each', async (t) => {
    const { app } = await start(t, database)
    const first = await issue(app, 'ada', { name: 'ci', expires_in: 3_600 })
    await issue(app, 'ada', { name: 'deploy' })
    const third = await issue(app, 'bob', { name: 'ci-2' })
    const { code, lines, errors } = await run(['tokens', 'list'])
    t.match({ code, errors }, { code: 0, errors: /^$/ })
    t.match(lines[0], /^ID +OWNER +NAME +STATUS +HINT +LAST USED +EXPIRES$/)
    t.equal(lines.length, 4)
    t.match(lines[1], new RegExp(`^${third.id} +bob +ci-2 +active +${third.token.slice(-4)} +never +never$`))
    t.match(lines[3], new RegExp(`^${first.id} +ada +ci +active .* never +\\d{4}-\\d\\d-\\d\\d$`))
    const only = async (...filters: string[]) =>
      (await run(['tokens', 'list', ...filters])).lines.slice(1).map((line) => line.split(/ +/)[2])
    t.same(await only('--user-id', 'ada'), ['deploy', 'ci'])
    t.same(await only('--name', 'ci'), ['ci', 'ci-2'])
    t.same(await only('--created-by', 'bob'), ['ci-2'])
    t.same(await only('--expires-before', '2030-01-01'), ['ci'])
    t.same(await only('--unused-since', '2030-01-01', '--status', 'active'), ['ci', 'deploy', 'ci-2'])
    t.same(await only('--created-before', '2020-01-01T00:00:00Z'), [])
    t.same(await only('--limit', '2'), ['ci-2', 'deploy'])
  })

  test('tokens list --json prints pages that the cursor continues', async (t) => {
    const { app } = await start(t, database)
    for (let n = 0; n < 5; n += 1) await issue(app, `user ${n % 2}`, { name: `token ${n}` })
    const names: string[] = []
    let cursor: string | null = null
    do {
      const more: string[] = cursor === null ? [] : ['--cursor', cursor]
      const { code, lines } = await run(['tokens', 'list', '--json', '--limit', '2', ...more])
      t.equal(code, 0)
      const page = JSON.parse(lines.join('\n'))
      names.push(...page.data.map((token: { name: string }) => token.name))
      cursor = page.next_cursor
    } while (cursor !== null)
    t.same(names, ['token 4', 'token 3', 'token 2', 'token 1', 'token 0'])
  })

  test('tokens show prints one token, by its id or by a credential from standard input', async (t) => {
    const { app, keys } = await start(t, database)
    const { id, token } = await issue(app, 'ada', { name: 'ci' })
    t.match((await run(['tokens', 'show', id])).lines, [`id               ${id}`, 'user_id          ada'])
    const { lines } = await run(['tokens', 'show', '-', '--keys', keys, '--json'], `${token}\n`)
    t.match(JSON.parse(lines.join('\n')), { id, name: 'ci', use_count: 0 })
    t.notMatch(lines.join('\n'), token, 'the credential is not printed')
    t.match(await run(['tokens', 'show', UNKNOWN]), {
      code: 1,
      lines: [],
      errors: /The API token does not exist/,
    })
    const other = await run(['tokens', 'show', '-', '--keys', keys], `${token}x`)
    t.match(other, { code: 1, lines: [], errors: /no token of this store has this credential/ })
    t.notMatch(other.errors, token)
  })

  test('tokens issue prints a credential that the host accepts, and names who ran it', async (t) => {
    const { app, keys } = await start(t, database)
    const { code, lines } = await run([
      ...['tokens', 'issue', '--keys', keys, '--user-id', 'service:ci', '--name', 'nightly'],
      ...['--scopes', 'models:read', '--expires-in', '1000000d'],
    ])
    t.equal(code, 1, 'a lifetime that is too long')
    t.same(lines, [])
    const issued = await run([
      ...['tokens', 'issue', '--keys', keys, '--user-id', 'service:ci', '--name', 'nightly'],
      ...['--scopes', 'models:read'],
    ])
    t.match(issued, { code: 0, errors: /shown only now/ })
    t.equal(issued.lines.length, 1, 'only the credential, so that the output can be used')
    t.equal(await statusOf(app, issued.lines[0] ?? ''), 200)
    const shown = JSON.parse((await run(['tokens', 'list', '--json'])).lines.join('\n')).data
    t.match(shown, [{ metadata: null, allowed_ips: null, rate_limit: null }], 'with its limits')
    const { data } = await app.apiTokens.list({ userId: 'service:ci' })
    t.match(data, [{ name: 'nightly', scopes: ['models:read'], createdBy: { kind: 'admin', id: 'root' } }])
  })

  test('tokens revoke ends tokens that a running host has cached', async (t) => {
    const { app, keys } = await start(t, database)
    const [one, two, kept] = [await issue(app, 'ada'), await issue(app, 'bob'), await issue(app, 'ada')]
    for (const { token } of [one, two, kept]) t.equal(await statusOf(app, token), 200)
    const revoked = await run(['tokens', 'revoke', one.id, UNKNOWN, '--reason', 'leaked'])
    t.match(revoked, { code: 1, lines: [`${one.id} is revoked`], errors: new RegExp(`^${UNKNOWN}: `) })
    t.match(await run(['tokens', 'revoke', '-', '--keys', keys], two.token), {
      code: 0,
      lines: [/is revoked$/],
    })
    await untilRefused(app, one.token)
    await untilRefused(app, two.token)
    t.equal(await statusOf(app, kept.token), 200)
    t.match(await app.apiTokens.get(one.id), { status: 'revoked', statusReason: 'leaked' })
  })

  test('owners are listed, deactivated, reactivated, revoked and removed', async (t) => {
    const { app } = await start(t, database)
    for (const user of ['ada', 'bob', 'org:a']) await issue(app, user)
    const { token } = await issue(app, 'ada')
    t.same((await run(['owners', 'list'])).lines, [
      'OWNER  STATUS',
      'ada    active',
      'bob    active',
      'org:a  active',
    ])
    t.same((await run(['owners', 'list', '--prefix', 'org:'])).lines.slice(1), ['org:a  active'])
    t.match(await run(['owners', 'deactivate', 'ada']), { code: 0, lines: ['ada  is deactivated'] })
    await untilRefused(app, token)
    t.match(await run(['owners', 'reactivate', 'ada']), { code: 0, lines: ['ada  is active'] })
    await app.inject('/')
    t.match(await run(['owners', 'revoke', 'ada', '--reason', 'leaked', '--json']), {
      lines: [/^\{/, /"revoked": 2/],
    })
    const { data } = await app.apiTokens.list({ userId: 'ada' })
    t.same(
      data.map(({ status, statusReason }) => [status, statusReason]),
      Array(2).fill(['revoked', 'leaked']),
    )
    t.match(await run(['owners', 'remove', 'bob']), { code: 0, lines: ['bob  is removed'] })
    const listed = JSON.parse((await run(['owners', 'list', '--json', '--limit', '2'])).lines.join('\n'))
    t.match(listed, {
      data: [
        { user_id: 'ada', status: 'active' },
        { user_id: 'bob', status: 'removed' },
      ],
    })
    t.type(listed.next_cursor, 'string')
  })

  test('--config takes the options of the host from a module', async (t) => {
    const { app, keys } = await start(t, database)
    await issue(app, 'ada', { name: 'ci' })
    const config = join(dirname(keys), 'api-tokens.config.mjs')
    const source = join(import.meta.dirname, '../../dist')
    writeFileSync(
      config,
      `import { jwksFile } from '${source}/index.js'
       import { openTokenStore } from '${source}/store/kysely/open-token-store.js'
       import { parseStoreAddress } from '${source}/store/store-address.js'
       const store = openTokenStore(parseStoreAddress(${JSON.stringify(address)}), {})
       const findUser = async (id) => ({ active: id !== 'gone' })
       export default { store, findUser, keys: jwksFile(${JSON.stringify(keys)}), authenticateUser: () => null }`,
    )
    const { code, lines } = await runCommand(['tokens', 'list', '--config', config])
    t.equal(code, 0)
    t.match(lines[1], / ada +ci +active /)
    const gone = await runCommand(['tokens', 'issue', '--config', config, '--user-id', 'gone'])
    t.match(gone, { code: 1, lines: [], errors: /deactivated or removed/ })
    const both = await runCommand(['tokens', 'list', '--config', config, '--store', address])
    t.match(both, { code: 2, errors: /--config takes no --store/ })
  })

  test('a store without tables, and an unreachable one, are errors without secrets', async (t) => {
    await database.empty()
    t.match(await run(['tokens', 'list']), { code: 1, lines: [], errors: /schema|lacks|migrate/ })
  })
}

t.test('a missing SQLite file is not created', async (t) => {
  const filename = join(t.testdir(), 'missing.db')
  const warnings: string[] = []
  const terminal = { print: (line: string) => t.fail(line), warn: (line: string) => warnings.push(line) }
  t.equal(await ownersCommand(['list', '--store', `sqlite:${filename}`], terminal), 1)
  t.match(warnings, [/there is no SQLite file/])
  t.notOk(existsSync(filename))
})

t.test('an unreachable store is an error that does not name the password', async (t) => {
  const { code, errors } = await runCommand([
    'tokens',
    'list',
    '--store',
    'postgres://app:hunter2@127.0.0.1:1/x',
  ])
  t.equal(code, 1)
  t.notMatch(errors, /hunter2/)
  t.match(errors, /ECONNREFUSED|refused/)
})

t.test('a module of --config that exports no options is refused by name', async (t) => {
  const file = join(t.testdir({ 'config.mjs': 'export const options = {}' }), 'config.mjs')
  t.match(await runCommand(['tokens', 'list', '--config', file]), {
    code: 1,
    errors: /must export the options/,
  })
  const wrong = join(t.testdir({ 'config.mjs': 'export default { strore: null }' }), 'config.mjs')
  t.match(await runCommand(['tokens', 'list', '--config', wrong]), { code: 1, errors: /strore/ })
})

t.test('wrong arguments exit with code 2 and print the usage', async (t) => {
  const store = ['--store', 'sqlite:x.db']
  const calls: readonly (readonly [readonly string[], RegExp])[] = [
    [['tokens'], /^tokens needs an action: list, show, issue, revoke/],
    [['tokens', 'delete', ...store], /^there is no action delete/],
    [['tokens', 'list'], /^the store is missing/],
    [['tokens', 'list', 'x', ...store], /^tokens list takes no argument/],
    [['tokens', 'list', '--reason', 'leaked', ...store], /^tokens list takes no --reason/],
    [['tokens', 'list', '--limit', '0', ...store], /^--limit must be/],
    [['tokens', 'list', '--by', ' ', ...store], /^--by is empty/],
    [['tokens', 'list', '--status', 'gone', ...store], /^--status must be one of/],
    [['tokens', 'list', '--unused-since', 'yesterday', ...store], /^--unused-since must be a date/],
    [['tokens', 'list', '--unused-since', '2026-13-01', ...store], /^--unused-since must be a date/],
    [['tokens', 'list', '--unused-since', '2026-02-30', ...store], /^--unused-since must be a date/],
    [['tokens', 'list', '--limit', '0x1', ...store], /^--limit must be/],
    [['tokens', 'revoke', UNKNOWN, 'eyJhbGciOi', ...store], /^argument 2 is not the id of a token/],
    [['tokens', 'show', 'eyJhbGciOi', ...store], /^argument 1 is not the id of a token/],
    [['tokens', 'revoke', '-', '-', ...store], /^standard input has one credential/],
    [['tokens', 'show', ...store], /^tokens show takes one id/],
    [['tokens', 'show', '-', ...store], /^the keys are missing/],
    [['tokens', 'issue', ...store], /^tokens issue needs --user-id/],
    [['tokens', 'issue', '--user-id', 'ada', ...store], /^the keys are missing/],
    [['tokens', 'revoke', ...store], /^tokens revoke needs an id/],
    [['tokens', 'revoke', UNKNOWN, '--reason', 'fun', ...store], /^--reason must be one of/],
    [['owners'], /^owners needs an action/],
    [['owners', 'delete', ...store], /^there is no action delete/],
    [['owners', 'remove', ...store], /^owners remove takes one id/],
    [['owners', 'remove', 'a', 'b', ...store], /^owners remove takes one id/],
    [['owners', 'remove', 'a', '--reason', 'leaked', ...store], /^owners remove takes no --reason/],
    [['owners', 'revoke', 'a', '--reason', 'fun', ...store], /^--reason must be one of/],
    [['owners', 'list', 'a', ...store], /^owners list takes no argument/],
    [['owners', 'list', '--limit', 'many', ...store], /^--limit must be/],
  ]
  for (const [args, message] of calls) {
    const [name, ...others] = args
    const command = name === 'tokens' ? tokensCommand : ownersCommand
    const terminal = { print: (line: string) => t.fail(line), warn: (line: string) => t.fail(line) }
    await t.rejects(command(others, terminal), { message, constructor: WrongCall }, args.join(' '))
  }
  for (const name of ['tokens', 'owners']) {
    const { code, lines, errors } = await runCommand([name])
    t.match({ code, lines }, { code: 2, lines: [] })
    t.match(errors, new RegExp(`needs an action.*\nusage:\n {2}fastify-api-tokens ${name} `))
  }
})

for (const credentials of ['jwt', 'compact'] as const) {
  t.test(`promise 1: a credential as an argument is refused and not repeated (${credentials})`, async (t) => {
    const { app } = await startHost(t, { credentials, tokenPrefix: 'acme_' })
    const { token } = await issue(app, 'ada')
    const terminal = { print: (line: string) => t.fail(line), warn: (line: string) => t.fail(line) }
    const store = ['--store', 'sqlite:x.db']
    for (const args of [
      ['owners', 'deactivate', ...store, token],
      ['owners', 'revoke', token, ...store],
      ['owners', 'list', '--prefix', token, ...store],
      ['tokens', 'issue', '--user-id', token, ...store],
      ['tokens', 'issue', '--user-id', 'ada', '--scopes', `a ${token}`, ...store],
      ['tokens', 'issue', '--user-id', 'ada', `--name=${token}`, ...store],
      ['tokens', 'revoke', token, ...store],
      ['tokens', `--${token}`],
    ]) {
      const [name, ...others] = args
      const command = name === 'tokens' ? tokensCommand : ownersCommand
      const error: Error = await command(others, terminal).then(
        () => t.fail('refused'),
        (thrown) => thrown,
      )
      t.match(error, { constructor: WrongCall, message: /^argument \d is a credential: pass/ })
      t.notMatch(error.message, token)
    }
  })
}

t.test('texts of users do not control the terminal', async (t) => {
  const lines: string[] = []
  printTable(
    [
      ['a\u001b[2Jb\nc\u202ed', 'x'],
      ['Ünïcode 𝕏', 'y'],
    ],
    {
      print: (line) => lines.push(line),
      warn: () => undefined,
    },
  )
  printJson(
    { id: 'a\u001b\u202e𝕏\u{e0001}' },
    {
      print: (line) => t.equal(line, '{\n  "id": "a\\u001b\\u202e𝕏\\udb40\\udc01"\n}'),
      warn: () => undefined,
    },
  )
  t.same(lines, ['a\\u{1b}[2Jb\\u{a}c\\u{202e}d  x', `Ünïcode 𝕏${' '.repeat(16)}  y`])
})

/** A host with a key file, which the commands can read. */
async function start(t: Test, database: SqlDatabase): Promise<Host & { readonly keys: string }> {
  await database.empty()
  const keys = join(t.testdir(), 'keys.json')
  const host = await startHost(t, {
    ...{ store: storeAt(database), keys: jwksFile(keys), scopes: { 'models:read': 'Read models' } },
    invalidation: { maxStaleness: '3s' },
    // The commands use the clock of the machine.
    clock: undefined,
  })
  t.ok(readFileSync(keys, 'utf8').includes('"kid"'))
  return { ...host, keys }
}

/** Another process revoked it: the host is notified within its bound. */
async function untilRefused(app: Host['app'], token: string): Promise<void> {
  const end = Date.now() + 10_000
  while ((await statusOf(app, token)) !== 401) {
    if (Date.now() > end) throw new Error('the token is still accepted')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
