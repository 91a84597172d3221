/** The package as npm would publish it, in a project that has nothing but Fastify beside it. */

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const root = new URL('../..', import.meta.url).pathname
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

/** A host developer's first program, with a request of each kind. */
const FIRST_PROGRAM = `
import Fastify from 'fastify'
import apiTokens, { requireScopes, verifyApiToken } from 'fastify-api-tokens'

const app = Fastify()
await app.register(apiTokens, {
  authenticateUser: (request) => (request.headers['x-user'] ? { id: request.headers['x-user'] } : null),
})
app.get('/v1/models', { onRequest: verifyApiToken }, (request) => ({ userId: request.apiToken.userId }))
app.post('/v1/chat', { onRequest: requireScopes('chat:write') }, () => ({ ok: true }))

const issued = await app.inject({ method: 'POST', url: '/tokens', headers: { 'x-user': 'ada' }, payload: { name: 'ci' } })
const authorization = 'Bearer ' + issued.json().token
const models = await app.inject({ url: '/v1/models', headers: { authorization } })
const chat = await app.inject({ method: 'POST', url: '/v1/chat', headers: { authorization } })
const nobody = await app.inject('/v1/models')
console.log(issued.statusCode, models.body, chat.statusCode, nobody.statusCode)
await app.close()
`

const REQUIRED_PROGRAM = `
const apiTokens = require('fastify-api-tokens')
console.log(typeof apiTokens, typeof apiTokens.verifyApiToken, typeof apiTokens.requireScopes, typeof apiTokens.jwksFile)
`

t.test('the packed package', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fastify-api-tokens-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const packed = await pack(folder)
  const project = join(folder, 'project')
  await install(project, packed)

  t.test('holds what is needed and nothing else', async (t) => {
    const top = await readdir(join(project, 'node_modules', 'fastify-api-tokens'))
    t.same(top.sort(), ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json'])
  })

  t.test('runs the first program of a host developer', async (t) => {
    const { stdout } = await program(project, 'first.mjs', FIRST_PROGRAM)
    t.equal(stdout.trim(), '201 {"userId":"ada"} 403 401')
    t.same(
      (await readdir(project))
        .filter((name) => name.startsWith('api-tokens'))
        .sort()
        .slice(0, 2),
      ['api-tokens.db', 'api-tokens.jwks.json'],
    )
  })

  t.test('gives the plugin itself to require()', async (t) => {
    const { stdout } = await program(project, 'required.cjs', REQUIRED_PROGRAM)
    t.equal(stdout.trim(), 'function function function function')
  })

  t.test('has a command that npx runs, and that names the driver which is missing', async (t) => {
    const npx = (...args: string[]) =>
      run('npx', ['--no-install', 'fastify-api-tokens', ...args], { cwd: project }).catch(
        (error: { stdout: string; stderr: string; code: number }) => error,
      )
    const store = ['--store', 'sqlite:migrated.db']
    t.match(await npx('migrate', 'status', ...store), { code: 1, stdout: /^missing / })
    t.match(await npx('migrate', ...store), { stdout: /^done / })
    t.notOk('code' in (await npx('migrate', 'status', ...store)), 'its exit code is 0')
    t.match(await npx('migrate', '--store', 'postgres://localhost/app'), {
      code: 1,
      stderr: /the package pg is not installed: npm install pg/,
    })
    t.match(await npx('migrate', '--store', 'mysql://localhost/app'), {
      code: 1,
      stderr: /the package mysql2 is not installed: npm install mysql2/,
    })
  })

  t.test('types the decorators, the request and the options for a host', async (t) => {
    await cp(join(root, 'test', 'package', 'host-types.ts'), join(project, 'host-types.ts'))
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'nodenext',
      '--target',
      'es2023',
    ]
    const checked = await run(
      bin('tsc'),
      [...options, '--typeRoots', join(root, 'node_modules/@types'), '--types', 'node', 'host-types.ts'],
      {
        cwd: project,
      },
    ).catch((error: { stdout: string }) => error)
    t.equal(checked.stdout, '')
  })

  t.test('publint finds nothing', async (t) => {
    const { stdout } = await run(bin('publint'), ['--strict', packed], { cwd: root })
    t.match(stdout, 'All good!')
  })

  t.test('attw finds nothing', async (t) => {
    // It exits with 1 for any problem in a way of resolution that an ESM-only package has.
    const { stdout } = await run(bin('attw'), [packed, '--profile', 'esm-only'], { cwd: root })
    t.match(stdout, 'node16 (from ESM): 🟢 (ESM)')
  })
})

async function pack(folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  return join(folder, filename)
}

async function install(project: string, packed: string): Promise<void> {
  await mkdir(project)
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'host', private: true, type: 'module' }),
  )
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
  await run('npm', ['install', ...quiet, packed, 'fastify@5'], { cwd: project })
}

async function program(project: string, name: string, text: string): Promise<{ stdout: string }> {
  await writeFile(join(project, name), text)
  return run(process.execPath, [name], { cwd: project })
}
