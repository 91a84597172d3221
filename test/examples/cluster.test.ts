/** The cluster of the example host, as `npm run example:cluster` starts it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import t, { type Test } from 'tap'
import { BOUND_MS } from '../../examples/bodhi-host/cluster/demonstration.ts'
import { openStream } from '../../examples/bodhi-host/cluster/open-stream.ts'
import { INSTANCE_HEADER } from '../../examples/bodhi-host/cluster/proxy.ts'
import { Browser } from '../../examples/bodhi-host/tour/browser.ts'
import { uncaughtEnvironment } from '../support/fail-on-uncaught.ts'
import { isListening } from '../support/services.ts'
import { generate, TOKENS } from './test-host.ts'

const CLUSTER = join(import.meta.dirname, '..', '..', 'examples', 'bodhi-host', 'cluster.ts')
const POSTGRES = 'postgres://postgres@127.0.0.1:5432/test'
const REDIS_URL = 'redis://127.0.0.1:6379'

t.test(
  'four instances refuse a revoked token within the bound, and continue after one is killed',
  async (t) => {
    if (await isAbsent(t, 'PostgreSQL', 5432)) return
    const { printed, errors, code } = await runOnce(t, {})
    t.equal(code, 0, errors)
    t.match(printed, /by NOTIFY/)
    checkMeasurements(t, printed)
    t.match(printed, /40 calls, by token and by session, all with status 200/)
    t.equal([...printed.matchAll(/instance \d {2}served 1\d$/gm)].length, 3)
    t.notMatch(printed, /eyJ/, 'no credential is printed')
    t.equal(await schemaExists(printed), false, 'its schema is dropped')
  },
)

t.test('with REDIS_URL, revocations are published through Redis', async (t) => {
  if ((await isAbsent(t, 'PostgreSQL', 5432)) || (await isAbsent(t, 'Redis', 6379))) return
  const { printed, errors, code } = await runOnce(t, { REDIS_URL })
  t.equal(code, 0, errors)
  t.match(printed, /by Redis/)
  checkMeasurements(t, printed)
})

t.test('without --once it runs, streams included, until Ctrl+C shuts it down', async (t) => {
  if (await isAbsent(t, 'PostgreSQL', 5432)) return
  const cluster = start(t, [], {})
  const lines: string[] = []
  for await (const line of createInterface({ input: cluster.stdout ?? fail() })) {
    lines.push(line)
    if (line.startsWith('Ctrl+C')) break
  }
  const printed = lines.join('\n')
  const origin = /The cluster is running: (\S+)\/sign-in/.exec(printed)?.[1] ?? ''
  const grace = new Browser(origin)
  t.equal((await grace.signIn('grace')).status, 200)
  const answered = new Set<string | null>()
  for (let n = 0; n < 6; n++) {
    const answer = await grace.send('GET', TOKENS)
    t.equal(answer.status, 200)
    answered.add(answer.headers.get(INSTANCE_HEADER))
  }
  t.same([...answered].sort(), ['1', '2', '4'], 'her session holds on each that is left')

  const { id, credential } = await generate(grace, { scopes: ['chat:write'] })
  const stream = await openStream(origin, 2, credential)
  const revoke = { method: 'DELETE', headers: { [INSTANCE_HEADER]: '1' } }
  t.equal((await grace.request(`${TOKENS}/${id}`, revoke)).status, 204)
  t.match((await stream.end).text, /token_ended/)
  const dead = await fetch(`${origin}/v1/models`, { headers: { [INSTANCE_HEADER]: '3' } })
  t.equal(dead.status, 503)

  t.equal(await schemaExists(printed), true)
  cluster.kill('SIGINT')
  t.same(await once(cluster, 'exit'), [0, null])
  t.equal(await schemaExists(printed), false, 'its schema is dropped')
  await t.rejects(fetch(origin))
})

t.test('a missing server or a wrong setting is named without a stack trace', async (t) => {
  const lacks: [Record<string, string>, RegExp][] = [
    [
      { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:9/app' },
      /PostgreSQL 127\.0\.0\.1:9\/app .*\n.*DATABASE_URL=/,
    ],
    [{ DATABASE_URL: 'sqlite:host.db' }, /DATABASE_URL: .*postgres:\/\//],
    [{ DATABASE_URL: 'nowhere' }, /DATABASE_URL must be/],
    [{ REDIS_URL: 'nowhere' }, /REDIS_URL must be/],
  ]
  for (const [environment, message] of lacks) {
    const { printed, errors, code } = await runOnce(t, environment)
    t.equal(code, 1)
    t.equal(printed, '')
    t.match(errors, message)
    t.notMatch(errors, /\n\s+at |hunter2/)
  }
})

/** For each of the three changes: the answer, four times, and the latest of them. */
function checkMeasurements(t: Test, printed: string): void {
  const changes = [
    ...printed.matchAll(/the response came +([\d.]+) ms after the request\n((?: +instance .*\n)+)/g),
  ]
  t.equal(changes.length, 3)
  for (const [, answered = '', lines = ''] of changes) {
    const times = [...lines.matchAll(/instance (\d) {2}(?:refused|accepted) +([\d.]+) ms/g)]
    t.same(
      times.map(([, number]) => number),
      ['1', '2', '3', '4'],
    )
    for (const [line, , time] of times) {
      t.ok(Number(time) > 0 && Number(time) <= Number(answered) + BOUND_MS, line)
    }
  }
  const broken = /the stream on instance 4 ended ([\d.]+) ms/.exec(printed)?.[1]
  t.ok(Number(broken) <= Number(changes[0]?.[1]) + BOUND_MS, `the open stream ended after ${broken} ms`)
}

async function isAbsent(t: Test, server: string, port: number): Promise<boolean> {
  if (process.env['CI'] !== undefined || (await isListening(port))) return false
  t.comment(`skipped: no ${server} on this machine`)
  t.pass(`there is no ${server} here`, { skip: `no ${server}` })
  return true
}

async function schemaExists(printed: string): Promise<boolean> {
  const name = /\(schema (\w+)\)/.exec(printed)?.[1] ?? fail()
  const client = new pg.Client({ connectionString: POSTGRES })
  await client.connect()
  const { rowCount } = await client.query('select from pg_namespace where nspname = $1', [name])
  await client.end()
  return rowCount === 1
}

async function runOnce(t: Test, environment: Record<string, string>) {
  const cluster = start(t, ['--once'], environment)
  const [printed, errors, [code]] = await Promise.all([
    text(cluster.stdout ?? fail()),
    text(cluster.stderr ?? fail()),
    once(cluster, 'exit'),
  ])
  return { printed, errors, code }
}

/** With nothing of this process's settings. */
function start(t: Test, args: readonly string[], environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [CLUSTER, ...args], {
    cwd: t.testdir(),
    env: { PATH: process.env['PATH'] ?? '', ...uncaughtEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGINT'))
  return child
}

function fail(): never {
  throw new Error('the cluster said nothing')
}
