/** All snippets of the docs compile. Snippets that are whole programs run, and print the output on the page. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { pages, type Snippet, snippetsOf } from './markdown.ts'
import { source } from './sources.ts'
import { fileNameOf, typeErrors } from './typescript.ts'

const LANGUAGES = ['ts', 'tsx', 'html', 'css', 'sh', 'text', 'json', 'yaml', 'mermaid']
const snippets = pages().flatMap(snippetsOf)
/** Parts of a program do not compile alone. The program that they make up is an example. */
const programs = snippets.filter(({ language, mark }) => language === 'ts' && mark !== 'part')
/** A snippet may import the example of a store, which is a file of the reader's own. */
const STORE_EXAMPLE = source('examples/json-store.ts')

t.test('every snippet has a language and a known mark', async (t) => {
  t.ok(programs.length > 20, 'there are snippets')
  for (const { place, language, mark } of snippets) {
    t.ok(LANGUAGES.includes(language), `${place} is in one of ${LANGUAGES}`)
    t.ok(
      (language === 'ts' ? ['', 'run', 'test', 'start', 'part'] : ['']).includes(mark),
      `${place} is marked in a known way`,
    )
  }
})

t.test('every TypeScript snippet compiles against the built package', async (t) => {
  t.equal(await typeErrors(t, [...programs, { place: 'json-store', code: STORE_EXAMPLE }]), '')
})

t.test('a snippet that does not compile is found', async (t) => {
  const code = "import apiTokens from 'fastify-api-tokens'\napp.register(apiTokens, { tokenPrefix: 7 })\n"
  t.match(
    await typeErrors(t, [{ place: 'wrong', code }]),
    /wrong\.ts\(2,\d+\)[\s\S]*'number' is not assignable/,
  )
})

for (const snippet of programs.filter(({ mark }) => mark === 'run')) {
  t.test(`${snippet.place} prints what the page says`, async (t) => {
    t.type(snippet.output, 'string', 'its output follows')
    t.equal(await outputOf(t, snippet), snippet.output)
  })
}

for (const snippet of programs.filter(({ mark }) => mark === 'test')) {
  t.test(`${snippet.place} passes as a file of tests`, async (t) => {
    const file = fileNameOf(snippet.place).replace(/ts$/, 'test.ts')
    const folder = t.testdir({ [file]: snippet.code, 'json-store.ts': STORE_EXAMPLE })
    const args = ['--test', '--test-reporter=tap', file]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env: plainly() })
    t.match(stdout, /^# fail 0$/m)
    t.notMatch(stdout, /^# pass [01]$/m, 'it has tests')
  })
}

t.test("the README's start serves, and its two calls work", async (t) => {
  const [start, ...others] = programs.filter(({ mark }) => mark === 'start')
  t.same(others, [])
  if (start === undefined) throw new Error('the README has no start')
  const port = await freePort()
  const folder = t.testdir({ 'start.ts': start.code })
  const host = spawn(process.execPath, ['start.ts'], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
  })
  t.teardown(async () => {
    const ended = once(host, 'exit')
    host.kill()
    await ended
  })
  const origin = `http://localhost:${port}`
  await untilServed(`${origin}/models`)

  const generated = await fetch(`${origin}/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'ci', scopes: ['chat:write'] }),
  })
  const { token } = (await generated.json()) as { token: string }
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${origin}/chat`, { method: 'POST', headers })
  t.same(await answer.json(), { answer: 'Hello' })
  t.same(await (await fetch(`${origin}/models`, { headers })).json(), { owner: 'ada' })
  t.equal((await fetch(`${origin}/models`)).status, 401)
  for (const file of ['api-tokens.db', 'api-tokens.jwks.json']) t.ok(existsSync(join(folder, file)), file)
})

/** Runs a snippet as a program in a new folder. If it fails, the error contains its output. */
async function outputOf(t: Test, { place, code }: Snippet): Promise<string> {
  const file = fileNameOf(place)
  const folder = t.testdir({ [file]: code })
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    cwd: folder,
    timeout: 30_000,
    env: plainly(),
  })
  return stdout
}

/** This process's environment, without colors and without the variables of the test runner. */
function plainly(): NodeJS.ProcessEnv {
  return { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_TEST_CONTEXT: undefined }
}

async function untilServed(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await fetch(url).catch(() => null)) return
    await wait(50)
  }
  throw new Error(`nothing answers at ${url}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
