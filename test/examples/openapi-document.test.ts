/** The OpenAPI document of the example host, as the field's own programs read it. */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { startTestHost } from './test-host.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Programs of others run without the loaders and the coverage of the test runner. */
const ENVIRONMENT = {
  ...process.env,
  ...{ NODE_OPTIONS: '', NODE_V8_COVERAGE: undefined },
  ...{ REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
}

const run = promisify(execFile)

/** Writes the document into a new folder, and returns the folder. */
async function writeDocument(t: Test): Promise<string> {
  const host = await startTestHost(t)
  const folder = await mkdtemp(join(tmpdir(), 'openapi-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'openapi.json'), await (await fetch(`${host.url}/docs/json`)).text())
  return folder
}

t.test('redocly lint has no findings with its recommended rules', async (t) => {
  const cwd = await writeDocument(t)
  const redocly = join(ROOT, 'node_modules/@redocly/cli/bin/cli.js')
  const { stdout } = await run(
    process.execPath,
    // The rule does not know that the id of a token is a UUID, so that `owners` is not one.
    [
      redocly,
      'lint',
      '--extends=recommended',
      '--skip-rule=no-ambiguous-paths',
      '--format=json',
      'openapi.json',
    ],
    { cwd, env: ENVIRONMENT },
  ).catch((error: { stdout: string }) => error)
  const { totals, problems } = JSON.parse(stdout)
  t.same(problems, [])
  t.match(totals, { errors: 0, warnings: 0 })
})

/** The code of a client that uses the generated types. */
const CLIENT = `
import type { components, operations, paths } from './openapi.ts'

type Issued = operations['issueApiToken']['responses'][201]['content']['application/json']
type Body = NonNullable<operations['issueApiToken']['requestBody']>['content']['application/json']
export const body: Body = { name: 'ci', scopes: ['models:read'] }
export const credential = ({ token }: Issued): string => token
// The body may be left out.
export const empty: operations['rotateApiToken']['requestBody'] = undefined
export const users: paths['/bodhi/v1/users']['get'] | components = {} as never
`

// It does not run with the compiler of this package, so it is installed in a separate folder.
t.test('openapi-typescript generates types that compile', async (t) => {
  const cwd = await writeDocument(t)
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
  const options = { cwd, env: ENVIRONMENT }
  await run('npm', ['install', ...quiet, 'openapi-typescript@7', 'typescript@5'], options)
  const modules = join(cwd, 'node_modules')
  await run(
    process.execPath,
    [join(modules, 'openapi-typescript/bin/cli.js'), 'openapi.json', '-o', 'openapi.ts'],
    options,
  )
  await writeFile(join(cwd, 'client.ts'), CLIENT)
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--allowImportingTsExtensions']
  const compiler = join(modules, 'typescript/lib/tsc.js')
  const compiled = await run(
    process.execPath,
    [compiler, ...strict, '--module', 'nodenext', 'client.ts'],
    options,
  ).catch((error: { stdout: string }) => error)
  t.equal(compiled.stdout, '')
})
