import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Browser } from '../../examples/bodhi-host/tour/browser.ts'
import { uncaughtEnvironment } from '../support/fail-on-uncaught.ts'

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples')
const MAIN = join(EXAMPLES, 'bodhi-host', 'main.ts')
const TOKEN = join(EXAMPLES, 'bodhi-host', 'token.ts')

t.test('the tour passes', async (t) => {
  const tour = run(t, join(EXAMPLES, 'bodhi-host', 'tour.ts'), {})
  const [output, errors, [code]] = await Promise.all([
    readAll(tour.stdout),
    readAll(tour.stderr),
    once(tour, 'exit'),
  ])
  t.equal(code, 0, errors)
  t.match(output, /The tour is complete: \d+ steps/)
  const credentials = output.match(/bodhi_eyJ[\w.-]+/g) ?? []
  t.equal(credentials.length, new Set(credentials).size, 'each credential is printed once')
})

t.test(
  'the host prints the sign-in URL, the demo users and an example call, and stops on SIGTERM',
  async (t) => {
    const host = run(t, MAIN, { PORT: '0', DATA_DIR: t.testdir() })
    const lines: string[] = []
    for await (const line of createInterface({ input: host.stdout ?? fail() })) {
      lines.push(line)
      if (line.includes('Count to 20')) break
    }
    const said = lines.join('\n')
    const signIn = /Sign in +(http:\S+)/.exec(said)?.[1] ?? ''
    t.match(said, /ada \(administrator\), grace/)
    t.match(said, /curl http:\S+\/v1\/models/)
    t.match((await new Browser(signIn).open(signIn)).html, /Choose who you are/)
    t.match(said, /Provider +http:\/\/127\.0\.0\.1:\d+ \(built in/)

    const { origin } = new URL(signIn)
    t.match(said, `npm run --silent token -- grace ${origin}`)
    const generated = await token('grace', origin)
    t.match(generated, { code: 0, errors: '' })
    t.match(generated.output, /^bodhi_\S+\n$/, 'the credential alone')
    const headers = { authorization: `Bearer ${generated.output.trim()}` }
    t.equal((await fetch(`${origin}/v1/models`, { headers })).status, 200)
    t.match(await token('eve', origin), {
      code: 1,
      errors: /^Give one of ada, grace, alan/,
    })

    host.kill('SIGTERM')
    const [code, signal] = await once(host, 'exit')
    t.equal(signal, null)
    t.equal(code, 0)
  },
)

t.test('wrong settings fail the start and are named without a stack trace', async (t) => {
  const host = run(t, MAIN, { PORT: 'many', BODHI_AUTH: 'maybe' })
  const [errors, [code]] = await Promise.all([readAll(host.stderr), once(host, 'exit')])
  t.equal(code, 1)
  t.match(errors, /PORT must be/)
  t.match(errors, /BODHI_AUTH must be/)
  t.notMatch(errors, /\n\s+at /)
})

t.test('a port in use is named with its variable and advice, without a stack trace', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const port = String((other.address() as AddressInfo).port)
  for (const [variable, environment] of Object.entries({
    PORT: { PORT: port, HOST: '127.0.0.1' },
    OIDC_PORT: { PORT: '0', OIDC_PORT: port },
  })) {
    const { code, errors } = await end(run(t, MAIN, { DATA_DIR: t.testdir(), ...environment }))
    t.equal(code, 1)
    t.match(
      errors,
      `${variable}: another program listens on 127.0.0.1:${port}. Stop it, or set ${variable} to`,
    )
    t.notMatch(errors, /\n\s+at /)
  }
  const nowhere = await end(run(t, MAIN, { DATA_DIR: t.testdir(), PORT: '0', HOST: 'no-host.invalid' }))
  t.match(nowhere, { code: 1, errors: /HOST: this machine has no address no-host\.invalid/ })
})

t.test('without a running host no token is generated, and the error says so', async (t) => {
  const { code, errors } = await token('ada', 'http://127.0.0.1:1')
  t.equal(code, 1)
  t.match(errors, /^No host answers at http:\/\/127\.0\.0\.1:1 \(.*\): start it with npm start\n$/)
})

t.test('the minimal host runs, in under 40 lines', async (t) => {
  const file = join(EXAMPLES, 'minimal.ts')
  t.ok(readFileSync(file, 'utf8').trimEnd().split('\n').length < 40)

  const host = run(t, file, { PORT: '0' })
  const lines: string[] = []
  for await (const line of createInterface({ input: host.stdout ?? fail() })) {
    lines.push(line)
    if (line.includes('/hello')) break
  }
  const url = /URL=(\S+)/.exec(lines[0] ?? '')?.[1] ?? ''
  const password = /"password":"([^"]+)"/.exec(lines[1] ?? '')?.[1]
  const me = new Browser(url)

  t.equal((await me.send('POST', '/sign-in', { password: 'wrong' })).status, 401)
  t.equal((await me.send('POST', '/tokens', {})).status, 401)
  t.equal((await me.send('POST', '/sign-in', { password })).status, 200)
  const issued = await me.send('POST', '/tokens', { scopes: ['hello:read'] })
  t.equal(issued.status, 201)
  const { token } = (await issued.json()) as { token: string }

  const hello = await fetch(`${url}/hello`, { headers: { authorization: `Bearer ${token}` } })
  t.same(await hello.json(), { hello: 'me' })
  t.equal((await fetch(`${url}/hello`)).status, 401)
})

/** Runs an example in an empty folder, without the settings of this process. */
function run(t: Test, file: string, environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [file], {
    cwd: t.testdir(),
    env: { PATH: process.env['PATH'] ?? '', ...uncaughtEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return child
}

/** `npm run token`, in the test's folder: another `testdir` would delete that of a running host. */
function token(...args: string[]) {
  return end(spawn(process.execPath, [TOKEN, ...args], { env: { ...uncaughtEnvironment() } }))
}

async function end(child: ChildProcess) {
  const [output, errors, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'exit'),
  ])
  return { output, errors, code }
}

function readAll(stream: NodeJS.ReadableStream | null): Promise<string> {
  return text(stream ?? fail())
}

function fail(): never {
  throw new Error('the example has no output')
}
