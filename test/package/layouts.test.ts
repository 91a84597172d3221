/**
 * The packed package in projects of other package managers, whose layouts show a package only what it declares, and
 * without its optional dependencies.
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownDatabase } from '../support/databases.ts'
import { FIRST_OUTPUT, FIRST_PROGRAM, FOREIGN, makeProject, pack, run, temporaryFolder } from './pack.ts'

/** pnpm's later releases do not install everywhere by a lock file. */
const MANAGERS = ['pnpm@12.4.2', '@yarnpkg/cli-dist@4']
const QUIET = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']

/** Every entry that needs no driver, each of which may import only what the package declares, and those that do. */
const ENTRIES_PROGRAM = `
import Fastify from 'fastify'
import apiTokens from 'fastify-api-tokens'
import { mysqlTokenStore } from 'fastify-api-tokens/mysql'
import { postgresTokenStore } from 'fastify-api-tokens/postgres'
import { redisPubSub } from 'fastify-api-tokens/redis'
import { apiTokensForTests } from 'fastify-api-tokens/testing'
import { apiTokensPage } from 'fastify-api-tokens/ui'
import 'fastify-api-tokens/kysely'
import 'fastify-api-tokens/memory'
import 'fastify-api-tokens/pglite'
import 'fastify-api-tokens/sqlite'

const app = Fastify()
await app.register(apiTokensForTests, { authenticateUser: () => null })
await app.register(apiTokensPage, { prefix: '/page' })
const page = await app.inject('/page')
const [, script] = /src="([^"]+)"/.exec(page.body) ?? []
console.log(page.statusCode, (await app.inject(script)).statusCode)
await app.close()

const reasonOf = (options) =>
  Fastify().register(apiTokens, { authenticateUser: () => null, keys: [], ...options }).ready().then(() => 'up', (error) => error.message)
console.log(await reasonOf({ store: postgresTokenStore({ connectionString: 'postgres://localhost/app' }) }))
console.log(await reasonOf({ store: mysqlTokenStore({ connectionString: 'mysql://localhost/app' }) }))
console.log(await redisPubSub({ url: 'redis://localhost' }).connect({}).catch((error) => error.message))
process.exit()
`

const ENTRIES_OUTPUT = [
  '200 200',
  'fastify-api-tokens: store: the package pg is not installed: npm install pg',
  'fastify-api-tokens: store: the package mysql2 is not installed: npm install mysql2',
  'fastify-api-tokens: redisPubSub needs the package ioredis: npm install ioredis',
]

const POSTGRES_PROGRAM = `
import Fastify from 'fastify'
import apiTokens, { verifyApiToken } from 'fastify-api-tokens'
import { postgresTokenStore } from 'fastify-api-tokens/postgres'
import { randomBytes } from 'node:crypto'

const keys = [{ kty: 'oct', kid: 'a', k: randomBytes(32).toString('base64url') }]
const store = postgresTokenStore({ connectionString: process.env.DATABASE_URL, migrate: true })
const app = Fastify()
await app.register(apiTokens, { store, keys, routes: false })
app.get('/whoami', { onRequest: verifyApiToken }, (request) => request.apiToken.userId)
await app.ready()
const { credential } = await app.apiTokens.issue({ userId: 'ada' })
console.log((await app.inject({ url: '/whoami', headers: { authorization: 'Bearer ' + credential } })).body)
await app.close()
await Fastify().register(apiTokens, { routes: false }).ready().catch((error) => console.log(error.message))
process.exit()
`

t.test('the packed package in other layouts', async (t) => {
  const folder = await temporaryFolder(t)
  const packed = await pack(folder)
  const dependencies = { 'fastify-api-tokens': `file:${packed}`, fastify: '^5.0.0' }
  const managers = join(folder, 'managers')
  await makeProject(managers)
  await run('npm', ['install', ...QUIET, ...MANAGERS], { cwd: managers })
  const pnpm = [join(managers, 'node_modules', '.bin', 'pnpm')]
  const yarn = [process.execPath, join(managers, 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js')]

  t.test('works in the strict layout of pnpm', async (t) => {
    const project = join(folder, 'pnpm')
    await makeProject(project, { dependencies })
    const settings = ['--ignore-scripts', '--prefer-offline', '--store-dir', join(folder, 'pnpm-store')]
    await command(project, [...pnpm, 'install', ...settings])
    await worksIn(t, project, [process.execPath])
  })

  for (const linker of ['pnpm', 'pnp']) {
    t.test(`works with yarn and its linker ${linker}`, async (t) => {
      const project = join(folder, `yarn-${linker}`)
      await makeProject(project, { dependencies })
      const settings = {
        nodeLinker: linker,
        enableScripts: false,
        enableTelemetry: false,
        enableGlobalCache: true,
      }
      const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`)
      await writeFile(join(project, '.yarnrc.yml'), lines.join(''))
      await writeFile(join(project, 'yarn.lock'), '')
      await command(project, [...yarn, 'install', '--no-immutable'])
      await worksIn(t, project, [...yarn, 'node'])
    })
  }

  t.test(
    'without optional dependencies a host on PostgreSQL works, and the default store names its driver',
    async (t) => {
      const database = await ownDatabase(t, 'PostgreSQL')
      if (database === null) return
      const project = join(folder, 'without-optional')
      await makeProject(project, { dependencies: { ...dependencies, pg: '^8.11.0' } })
      await run('npm', ['install', ...QUIET, '--omit=optional'], { cwd: project })
      await writeFile(join(project, 'postgres.mjs'), POSTGRES_PROGRAM)
      const env = { ...FOREIGN, DATABASE_URL: database.connectionString }
      const { stdout } = await run(process.execPath, ['postgres.mjs'], { cwd: project, env })
      t.match(stdout, /^ada\n.*the package better-sqlite3 is not installed: npm install better-sqlite3\n$/)
    },
  )
})

/** `node` is the command that runs a program of the project. */
async function worksIn(t: Test, project: string, node: readonly string[]): Promise<void> {
  await writeFile(join(project, 'first.mjs'), FIRST_PROGRAM)
  t.equal((await command(project, [...node, 'first.mjs'])).trim(), FIRST_OUTPUT)
  await writeFile(join(project, 'entries.mjs'), ENTRIES_PROGRAM)
  t.same((await command(project, [...node, 'entries.mjs'])).trim().split('\n'), ENTRIES_OUTPUT)
}

/** The output of a command. If it fails, the error contains the output. */
async function command(cwd: string, [file = '', ...args]: readonly string[]): Promise<string> {
  const { stdout } = await run(file, args, { cwd, env: FOREIGN }).catch((error: { stdout: string }) => {
    throw new Error(`${args.join(' ')}: ${error}\n${error.stdout}`)
  })
  return stdout
}
