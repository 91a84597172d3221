/** The package as npm would publish it, in a project that has only Fastify, compilers and types beside it. */

import { access, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import {
  FIRST_OUTPUT,
  FIRST_PROGRAM,
  FOREIGN,
  makeProject,
  pack,
  program,
  ROOT,
  run,
  temporaryFolder,
} from './pack.ts'

const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name)

const REQUIRED_PROGRAM = `
const apiTokens = require('fastify-api-tokens')
console.log(typeof apiTokens, typeof apiTokens.verifyApiToken, typeof apiTokens.requireScopes, typeof apiTokens.jwksFile)
`

const WITHOUT_SQLITE_PROGRAM = `
import Fastify from 'fastify'
import apiTokens from 'fastify-api-tokens'
import 'fastify-api-tokens/postgres'
import { memoryTokenStore } from 'fastify-api-tokens/memory'

const authenticateUser = () => null
await Fastify().register(apiTokens, { authenticateUser, store: memoryTokenStore() }).ready()
console.log('up')
await Fastify().register(apiTokens, { authenticateUser }).ready().catch((error) => console.log(error.message))
process.exit()
`

interface Cell {
  readonly compiler: 'newest' | 'typescript59'
  readonly types: 'node22' | 'node24' | 'node26'
  readonly resolution: 'nodenext' | 'node16' | 'bundler'
}

const COMPILERS = ['newest', 'typescript59'] as const
const TYPES = ['node22', 'node24', 'node26'] as const
const RESOLUTIONS = ['nodenext', 'node16', 'bundler'] as const

const ALL_CELLS: readonly Cell[] = COMPILERS.flatMap((compiler) =>
  TYPES.flatMap((types) => RESOLUTIONS.map((resolution) => ({ compiler, types, resolution }))),
)

/** A compilation takes seconds: by default the ends of the matrix, and with `ALL_TYPES=1` all of it. */
const CELLS: readonly Cell[] =
  process.env['ALL_TYPES'] === '1'
    ? ALL_CELLS
    : [
        { compiler: 'newest', types: 'node22', resolution: 'nodenext' },
        { compiler: 'typescript59', types: 'node26', resolution: 'bundler' },
      ]

/** Under names of their own, so that one project has all of them. */
const COMPILED_WITH = [
  'typescript59@npm:typescript@~5.9',
  ...TYPES.map((name) => `${name}@npm:@types/node@${name.slice('node'.length)}`),
]

t.test('the packed package', async (t) => {
  const folder = await temporaryFolder(t)
  const packed = await pack(folder)
  const project = join(folder, 'project')
  await install(project, packed)

  t.test('contains only the needed files', async (t) => {
    const top = await readdir(join(project, 'node_modules', 'fastify-api-tokens'))
    t.same(top.sort(), [
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ])
  })

  t.test('the changelog has one section, that of the version', async (t) => {
    const text = (name: string) => readFile(join(project, 'node_modules', 'fastify-api-tokens', name), 'utf8')
    const { version } = JSON.parse(await text('package.json')) as { version: string }
    t.same((await text('CHANGELOG.md')).match(/^## .*$/gm), [`## ${version}`])
  })

  t.test('the links of the README lead to files of the package', async (t) => {
    const folder = join(project, 'node_modules', 'fastify-api-tokens')
    const readme = await readFile(join(folder, 'README.md'), 'utf8')
    const paths = [...readme.matchAll(/\]\(((?:docs|examples)\/[^)#]*)/g)].map(([, path = '']) => path)
    t.ok(paths.length > 5)
    for (const path of paths) await t.resolves(access(join(folder, path)), path)
  })

  t.test('runs the first program of a host developer', async (t) => {
    const { stdout } = await program(project, 'first.mjs', FIRST_PROGRAM)
    t.equal(stdout.trim(), FIRST_OUTPUT)
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

  t.test('has a CLI that npx runs, and that names a missing driver', async (t) => {
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

  t.test(
    'compiles without skipLibCheck in hosts with old and new types of Node, and compilers',
    async (t) => {
      const hosts = ['host-types.ts', 'host-matrix.ts', 'host-require.cts']
      for (const name of hosts) await cp(join(ROOT, 'test', 'package', name), join(project, name))
      const results = await Promise.all(CELLS.map((cell) => compile(project, cell)))
      for (const [at, cell] of CELLS.entries()) t.equal(results[at], '', Object.values(cell).join(', '))
    },
  )

  t.test('publint has no findings', async (t) => {
    const { stdout } = await run(bin('publint'), ['--strict', packed], { cwd: ROOT, env: FOREIGN })
    t.match(stdout, 'All good!')
  })

  t.test('attw has no findings', async (t) => {
    // It exits with 1 for any problem in a way of resolution that an ESM-only package has.
    const { stdout } = await run(bin('attw'), [packed, '--profile', 'esm-only'], { cwd: ROOT, env: FOREIGN })
    t.match(stdout, 'node16 (from ESM): 🟢 (ESM)')
  })

  t.test('works without better-sqlite3 with another store, and names it if it is needed', async (t) => {
    await rm(join(project, 'node_modules', 'better-sqlite3'), { recursive: true })
    const { stdout } = await program(project, 'without-sqlite.mjs', WITHOUT_SQLITE_PROGRAM)
    t.match(stdout, /^up\n.*the package better-sqlite3 is not installed: npm install better-sqlite3\n$/)
  })
})

async function compile(project: string, { compiler, types, resolution }: Cell): Promise<string> {
  const module = resolution === 'bundler' ? 'esnext' : resolution
  const config = join(project, `${compiler}-${types}-${resolution}.json`)
  // "node" of the folder of type roots is the version to check.
  const typeRoots = join(project, 'types', types)
  await mkdir(typeRoots, { recursive: true })
  await symlink(join(project, 'node_modules', types), join(typeRoots, 'node')).catch(() => undefined)
  const compilerOptions = {
    ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
    ...{ module, moduleResolution: resolution, target: 'es2023', lib: ['es2023'] },
    ...{ typeRoots: [typeRoots], types: ['node'] },
  }
  // `require()` of an ES module: only "nodenext" knows that Node can.
  const files = [
    'host-types.ts',
    'host-matrix.ts',
    ...(resolution === 'nodenext' ? ['host-require.cts'] : []),
  ]
  await writeFile(config, JSON.stringify({ compilerOptions, files }))
  const modules =
    compiler === 'newest' ? join(ROOT, 'node_modules/typescript') : join(project, 'node_modules', compiler)
  return run(process.execPath, [join(modules, 'lib/tsc.js'), '-p', config], { cwd: project }).then(
    () => '',
    (error: { stdout: string; message: string }) => error.stdout || error.message,
  )
}

async function install(project: string, packed: string): Promise<void> {
  await makeProject(project)
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
  await run('npm', ['install', ...quiet, packed, 'fastify@5', ...COMPILED_WITH], { cwd: project })
}
