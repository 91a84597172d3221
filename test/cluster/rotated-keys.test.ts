/** Four processes share a key file that is rotated under load: only tokens of a removed key are refused. */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { runCommand } from '../support/command.ts'
import { ownDatabase } from '../support/databases.ts'
import { read } from '../support/forge.ts'
import { within } from '../support/within.ts'
import { call } from './call.ts'
import { type Instance, startInstance } from './cluster.ts'

/** A sixtieth of the defaults, `keyRefresh` 30 s and `--lead` 2 min. */
const KEY_REFRESH_MS = 500
const LEAD = '2s'
/** The time that two busy cores may add. */
const LATE_MS = 1_000
const ALGORITHMS = ['EdDSA', 'ES256', 'HS256'] as const

interface Issued {
  readonly id: string
  readonly credential: string
  readonly kid: unknown
}

const database = await ownDatabase(t, 'PostgreSQL')
if (database !== null) {
  const { connectionString } = database
  const store = postgresTokenStore({ connectionString, migrate: true })
  await store.open()
  await store.close()
  const file = join(t.testdir(), 'keys.json')
  await keys('generate')

  t.test('keys are rotated and retired under load', { timeout: 120_000 }, async (t) => {
    const setting = {
      connectionString,
      keys: file,
      keyRefreshMs: KEY_REFRESH_MS,
      pubsub: 'postgres',
      redisUrl: connectionString,
      channel: '',
    } as const
    const instances = await Promise.all([0, 1, 2, 3].map(() => startInstance(t, setting)))
    const [first] = instances as [Instance, ...Instance[]]
    /** A token of each key that there has been, used everywhere all the time. */
    const lasting = [await issue(first)]
    const faults: unknown[] = []
    const signing = new Map<Instance, unknown>()
    let calls = 0
    let over = false
    const use = async (at: Instance, { credential, kid }: Issued) => {
      const { status } = await call(at, { credential })
      calls += 1
      if (status !== 200) faults.push([status, kid])
    }
    const load = instances.map(async (here) => {
      while (!over) {
        const issued = await issue(here)
        signing.set(here, issued.kid)
        // At once, also where the file has not been read again since.
        await Promise.all(instances.map((at) => use(at, issued)))
        for (const token of lasting) await use(here, token)
        await call(here, { method: 'DELETE', path: `/tokens/${issued.id}`, user: 'ada' })
      }
    })

    for (const algorithm of ALGORITHMS) {
      const [line] = await keys('rotate', '--alg', algorithm, '--lead', LEAD)
      const [kid] = line?.split(' ') ?? []
      await within(10_000, () => instances.every((instance) => signing.get(instance) === kid))
      lasting.push(await issue(first))
      t.equal(lasting.at(-1)?.kid, kid, `${algorithm} signs everywhere`)
    }
    t.same(faults, [], 'no request is lost')
    t.equal(new Set(lasting.map(({ kid }) => kid)).size, 1 + ALGORITHMS.length)

    const [retired] = lasting.splice(0, 1) as [Issued]
    const watched = { ...retired, userId: 'ada' }
    await Promise.all(instances.map((instance) => instance.ask('watch', [watched])))
    for (const instance of instances) t.equal((await call(instance, retired)).status, 200, 'warm')
    await keys('retire', String(retired.kid))
    const { mtimeMs } = await stat(file)
    const refusedAfter = await Promise.all(
      instances.map(async (instance) => {
        await within(10_000, async () => (await call(instance, retired)).status === 401)
        return Date.now() - mtimeMs
      }),
    )
    const longest = Math.round(Math.max(...refusedAfter))
    t.ok(longest <= KEY_REFRESH_MS + LATE_MS, `a removed key's tokens were refused after ${longest} ms`)
    t.comment(`refused after ${refusedAfter.map(Math.round).join(', ')} ms`)
    await Promise.all(instances.map((instance) => instance.ask('ended', [watched])))
    for (const instance of instances) {
      const { status, body } = await call(instance, retired)
      t.same([status, body['code']], [401, 'FST_API_TOKENS_INVALID'])
    }
    over = true
    await Promise.all(load)
    t.same(faults, [], 'tokens of other keys stay valid')
    t.ok(calls > 500, `${calls} requests`)
  })

  async function keys(action: string, ...args: string[]): Promise<readonly string[]> {
    const { code, lines, errors } = await runCommand(['keys', action, '--file', file, ...args])
    if (code !== 0) throw new Error(errors)
    return lines
  }
}

async function issue(at: Instance): Promise<Issued> {
  const { status, body } = await call(at, { method: 'POST', path: '/tokens', user: 'ada' })
  if (status !== 201) throw new Error(`not issued: ${status}`)
  const credential = String(body['token'])
  return { id: String(body['id']), credential, kid: read(credential).header['kid'] }
}
