/** An error that nothing caught fails its test file, also one that tap leaves to others, and one of a child process. */

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { uncaughtEnvironment } from './fail-on-uncaught.ts'

const PRELOAD = './test/support/fail-on-uncaught.ts'
const root = join(import.meta.dirname, '../..')

const THROW = "setTimeout(() => { throw new Error('nobody caught this') })"
const REJECT = "Promise.reject(new Error('nobody caught this'))"
const inChild = (code: string, options = '{}', end = '') =>
  `import { fork } from 'node:child_process'
   import { once } from 'node:events'
   import { writeFileSync } from 'node:fs'
   writeFileSync('child.mjs', ${JSON.stringify(code)})
   const child = fork('child.mjs', [], ${options})
   ${end}
   await once(child, 'exit')`

const FAULTS: Readonly<Record<string, string>> = {
  'an exception': THROW,
  'a rejection': REJECT,
  'an exception to which something listens': `process.on('uncaughtException', () => undefined); ${THROW}`,
  'a rejection to which something listens': `process.on('unhandledRejection', () => undefined); ${REJECT}`,
  'a rejection after such a listener was removed': `const listener = () => undefined
    process.on('unhandledRejection', listener).off('unhandledRejection', listener)
    ${REJECT}`,
  'a rejection in a test that passes': `import t from 'tap'
    process.on('unhandledRejection', () => undefined)
    t.test('passes', async (t) => { ${REJECT}; t.pass() })`,
  'a rejection with what is no error': "Promise.reject('nobody caught this')",
  'an exception of a child process': inChild(THROW),
  'a rejection of a child process to which something listens': inChild(
    `process.on('unhandledRejection', () => undefined); ${REJECT}`,
  ),
  'an exception of a child process that is killed then': inChild(
    `process.on('uncaughtException', () => process.send('thrown')); setInterval(() => undefined, 1000); ${THROW}`,
    '{}',
    "await once(child, 'message'); child.kill('SIGKILL')",
  ),
}

for (const [what, code] of Object.entries(FAULTS)) {
  t.test(`${what} fails the file`, async (t) => {
    const { exitCode, errors } = await run(t, code)
    t.equal(exitCode, 1)
    t.match(errors, /^(uncaughtException|unhandledRejection) in process \d+: /m)
    t.match(errors, 'nobody caught this')
  })
}

t.test(
  'errors that are caught fail nothing, nor does a child process that ends with another exit code',
  async (t) => {
    const caught = `import { execFileSync } from 'node:child_process'
    await Promise.reject(new Error('caught')).catch(() => undefined)
    try { execFileSync(process.execPath, ['-e', 'process.exit(3)']) } catch {}`
    t.match(await run(t, caught), { exitCode: 0, errors: '' })
  },
)

t.test('every test file is run with it', async (t) => {
  const { tap } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.same(tap['node-arg'], [`--import=${PRELOAD}`])
  t.match(uncaughtEnvironment(), { UNCAUGHT_ERRORS_FILE: /errors$/, NODE_OPTIONS: /^--import=file:/ })
})

/** Runs the code like a test file, in a separate process. */
async function run(t: Test, code: string): Promise<{ readonly exitCode: number; readonly errors: string }> {
  const cwd = t.testdir()
  writeFileSync(join(cwd, 'faulty.mjs'), code)
  const {
    NODE_OPTIONS: _options,
    UNCAUGHT_ERRORS_FILE: _file,
    NODE_V8_COVERAGE: _coverage,
    ...env
  } = process.env
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; errors: string }>()
  const args = [`--import=${join(root, PRELOAD)}`, 'faulty.mjs']
  execFile(process.execPath, args, { cwd, env, timeout: 60_000 }, (error, _stdout, errors) => {
    resolve({ exitCode: error === null ? 0 : Number(error.code), errors })
  })
  return promise
}
