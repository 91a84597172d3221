/** Four processes under load, one of which is killed repeatedly: confirmed changes are stored. */

import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { ownDatabase } from '../support/databases.ts'
import { startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { within } from '../support/within.ts'
import { type Answer, type Call, call } from './call.ts'
import { type Instance, startInstance } from './cluster.ts'
import { halfMade } from './half-made.ts'

const KILLS = 20
const FLUSH_MS = 1_000
/** The time that a timer and a flush may add on two busy cores. */
const LATE_MS = 500
/** Users whose programs call all the time. */
const USERS = 8

interface Use {
  readonly tokenId: string
  readonly at: Instance
  /** When it was answered, by `performance.now()`. */
  readonly time: number
}

t.setTimeout(240_000)
const database = await ownDatabase(t, 'PostgreSQL')
if (database !== null) {
  const { connectionString, run } = database

  t.test(`one of four instances is killed ${KILLS} times under load`, { timeout: 240_000 }, async (t) => {
    const keys = [hs256Key()]
    const { app } = await startHost(t, {
      keys,
      store: postgresTokenStore({ connectionString, migrate: true }),
      clock: { now: () => Date.now() },
    })
    const { apiTokens } = app
    const start = () =>
      startInstance(t, {
        connectionString,
        keys,
        flushMs: FLUSH_MS,
        pubsub: 'postgres',
        redisUrl: connectionString,
        channel: '',
      })
    const living = new Set(await Promise.all([0, 1, 2, 3].map(start)))
    const killed: Instance[] = []
    const faults: unknown[] = []
    /** The tokens that were issued and not revoked, and those that were. Requests without a response are in neither. */
    const issued = new Map<string, string>()
    const revoked = new Map<string, string>()
    const uses: Use[] = []
    let sent = 0
    let unanswered = 0
    let over = false

    /** `undefined` from an instance that was killed meanwhile; any other instance must respond as expected. */
    const ask = async (at: Instance, asked: Call, expected: number): Promise<Answer | undefined> => {
      try {
        const answer = await call(at, asked)
        if (answer.status !== expected) faults.push([asked.method, answer])
        return answer
      } catch (error) {
        unanswered += 1
        if (at.killedAt === null) faults.push([asked.method, String(error)])
        return undefined
      }
    }
    const anyOf = (instances: ReadonlySet<Instance>) => [...instances][randomInt(instances.size)] as Instance
    /** A user who generates and revokes tokens, and a program that uses another one. */
    const live = async () => {
      const { token, credential } = await apiTokens.issue({ userId: 'program' })
      while (!over) {
        const user = randomUUID()
        const at = anyOf(living)
        const made = await ask(at, { method: 'POST', path: '/tokens', user }, 201)
        const id = String(made?.body['id'])
        const own = String(made?.body['token'])
        if (made !== undefined) {
          await ask(anyOf(living), { credential: own }, 200)
          if (randomInt(2) === 0) issued.set(id, own)
          else {
            const by = anyOf(living)
            const gone = await ask(by, { method: 'DELETE', path: `/tokens/${id}`, user }, 204)
            if (gone !== undefined) {
              revoked.set(id, own)
              await ask(by, { credential: own }, 401)
            }
          }
        }
        for (let n = 0; n < 5; n += 1) {
          sent += 1
          if ((await ask(at, { credential }, 200)) === undefined) break
          uses.push({ tokenId: token.id, at, time: performance.now() })
        }
      }
      return token.id
    }
    const lives = Array.from({ length: USERS }, live)

    await sleep(FLUSH_MS)
    const starting: Promise<void>[] = []
    for (let kill = 0; kill < KILLS; kill += 1) {
      await within(30_000, () => living.size >= 3)
      await sleep(randomInt(500))
      const victim = anyOf(living)
      living.delete(victim)
      await victim.kill()
      killed.push(victim)
      starting.push(start().then((next) => void living.add(next)))
    }
    await Promise.all(starting)
    await sleep(FLUSH_MS)
    over = true
    const programs = await Promise.all(lives)
    t.same(faults, [], 'the other instances responded as before')
    t.ok(unanswered >= KILLS, `${unanswered} requests had no answer`)

    t.ok(issued.size > 100 && revoked.size > 100, `${issued.size} issued, ${revoked.size} revoked`)
    for (const [id, credential] of issued) {
      const status = await statusOf(app, credential)
      if (status !== 200) t.fail(`lost: ${id} ${status}`)
    }
    for (const [id, credential] of revoked) {
      const status = await statusOf(app, credential)
      if (status !== 401) t.fail(`revived: ${id} ${status}`)
    }
    await apiTokens.flush()
    t.same(await halfMade({ run }, keys[0]?.kid ?? ''), [], 'no change is stored in part')

    // The other instances have flushed when the counts stop changing.
    await sleep(2 * FLUSH_MS)
    const recorded = new Map<string, number>()
    for (const id of programs) recorded.set(id, (await apiTokens.get(id)).useCount)
    let lost = 0
    for (const id of programs) {
      const answered = uses.filter(({ tokenId }) => tokenId === id)
      const late = answered.filter(
        ({ at, time }) => at.killedAt !== null && time >= at.killedAt - FLUSH_MS - LATE_MS,
      )
      const short = answered.length - (recorded.get(id) ?? 0)
      lost += Math.max(0, short)
      t.ok(short <= late.length, `${short} of ${answered.length} uses are lost, at most ${late.length}`)
    }
    const all = programs.reduce((sum, id) => sum + (recorded.get(id) ?? 0), 0)
    t.ok(all <= sent, `${all} of ${sent} uses are recorded, none twice`)
    t.comment(`${killed.length} kills: ${lost} of ${uses.length} uses lost`)
  })
}
