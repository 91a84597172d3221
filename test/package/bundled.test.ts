/** The package as npm would publish it, in hosts that are bundled into one file, as ES module and as CommonJS. */

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import t from 'tap'
import { pack, ROOT, run, temporaryFolder } from './pack.ts'

/** A host with the page, a protected route, and hooks in the wrong places. */
const HOST = `
import Fastify from 'fastify'
import apiTokens, { requireScopes, verifyApiToken } from 'fastify-api-tokens'
import { memoryTokenStore } from 'fastify-api-tokens/memory'
import { apiTokensPage } from 'fastify-api-tokens/ui'

async function main() {
  const app = Fastify()
  app.register(apiTokens, { store: memoryTokenStore(), authenticateUser: () => ({ id: 'ada' }) })
  app.register(apiTokensPage, { prefix: '/settings/api-tokens' })
  app.get('/models', { onRequest: requireScopes('models:read') }, () => 'models')
  const payload = { scopes: ['models:read'] }
  const { token } = (await app.inject({ method: 'POST', url: '/tokens', payload })).json()
  const models = await app.inject({ url: '/models', headers: { authorization: 'Bearer ' + token } })
  const refused = await app.inject('/models')
  const page = await app.inject('/settings/api-tokens')
  const files = page.body.match(/\\/settings[^"]+\\.(js|css)/g)
  const sizes = await Promise.all(files.map(async (url) => {
    const plain = await app.inject(url)
    const packed = await app.inject({ url, headers: { 'accept-encoding': 'br' } })
    return plain.rawPayload.length > packed.rawPayload.length ? plain.statusCode : 'not compressed'
  }))
  await app.close()

  console.log(models.body, refused.statusCode, page.statusCode, ...sizes)

  for (const misplace of [
    (app) => app.get('/wrong', { preSerialization: verifyApiToken }, () => ''),
    (app) => app.addHook('onSend', verifyApiToken),
  ]) {
    const app = Fastify()
    app.register(apiTokens, { store: memoryTokenStore(), authenticateUser: () => null })
    misplace(app)
    console.log(await app.ready().then(() => 'booted', ({ code }) => code))
  }
}
main()
`

/** A host whose driver is not there, or does not work from within the bundle. */
const ON_SQLITE = `
import Fastify from 'fastify'
import apiTokens from 'fastify-api-tokens'

Fastify().register(apiTokens, { authenticateUser: () => null }).ready().catch(({ message }) => console.log(message))
`

const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
const FORMATS = ['esm', 'cjs'] as const

t.test('the packed package in a bundle', async (t) => {
  const folder = await temporaryFolder(t)
  await unpack(folder)

  for (const format of FORMATS) {
    t.test(`works where nothing is installed, ${format}`, async (t) => {
      // A minifier gives functions other names.
      const options = { format, minify: format === 'cjs', external: ['better-sqlite3'] }
      const program = await bundle(folder, HOST, options)
      const { stdout } = await run(process.execPath, [program], { cwd: folder })
      t.same(stdout.trim().split('\n'), [
        'models 401 200 200 200',
        ...Array.from({ length: 2 }, () => 'FST_API_TOKENS_MISPLACED_HOOK'),
      ])
    })

    t.test(`names a driver that is not installed beside the bundle, ${format}`, async (t) => {
      const program = await bundle(folder, ON_SQLITE, { format, external: ['better-sqlite3'] })
      const { stdout } = await run(process.execPath, [program], { cwd: folder })
      t.match(stdout, /the package better-sqlite3 is not installed: npm install better-sqlite3\n$/)
    })

    t.test(`says that a driver with a native part must be external, ${format}`, async (t) => {
      const program = await bundle(folder, ON_SQLITE, { format, external: [] })
      const { stdout } = await run(process.execPath, [program], { cwd: folder })
      t.match(stdout, /the package better-sqlite3 cannot be loaded .* must mark better-sqlite3 as external/)
    })
  }
})

interface BundleOptions {
  readonly format: (typeof FORMATS)[number]
  readonly minify?: boolean
  readonly external: string[]
}

let bundles = 0

/** Into a folder in which nothing is installed. */
async function bundle(folder: string, host: string, options: BundleOptions): Promise<string> {
  bundles += 1
  const outfile = join(folder, 'bundles', `${bundles}.${options.format === 'esm' ? 'mjs' : 'cjs'}`)
  await build({
    ...options,
    stdin: { contents: host, resolveDir: join(folder, 'project') },
    // The package's dependencies, as in a project that has installed it.
    nodePaths: [join(ROOT, 'node_modules')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    banner: { js: options.format === 'esm' ? REQUIRE : '' },
    logLevel: 'error',
  })
  return outfile
}

/** The package alone, as npm would install it. */
async function unpack(folder: string): Promise<void> {
  const packed = await pack(folder)
  const home = join(folder, 'project', 'node_modules', 'fastify-api-tokens')
  await mkdir(home, { recursive: true })
  await mkdir(join(folder, 'bundles'))
  await run('tar', ['-xzf', packed, '-C', home, '--strip-components=1'])
  // No "type" of a folder above decides what the bundles are.
  await writeFile(join(folder, 'package.json'), '{}')
}
