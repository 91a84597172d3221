/** Revokes a token on one of four instances and measures when the others refuse it. */
import { match, strictEqual } from 'node:assert/strict'
import { Browser } from '../tour/browser.ts'
import type { Instance } from './instances.ts'
import { openStream } from './open-stream.ts'
import { type ClusterProxy, INSTANCE_HEADER } from './proxy.ts'
import { callInstance, type Measured, measure } from './stopwatch.ts'

/** The documented bound for other instances: see docs/explanation/revocation-between-instances.md. */
export const BOUND_MS = 1_500

const TOKENS = '/bodhi/v1/tokens'
const USERS = '/bodhi/v1/users'
const CALLS = 40

interface Token {
  readonly id: string
  readonly credential: string
}

/** Runs the steps and throws if a result is not as documented. Afterwards one instance is dead. */
export async function demonstrate(
  proxy: ClusterProxy,
  instances: readonly Instance[],
  print: (line: string) => void,
): Promise<void> {
  const { origin } = proxy
  const [one, two, third, fourth] = instances
  if (!one || !two || !third || !fourth) throw new Error('The demonstration needs four instances')
  let steps = 0
  const step = (title: string) => print(`\n${++steps}. ${title}`)
  const grace = new Browser(origin)
  const ada = new Browser(origin)

  step('Grace and Ada sign in through the proxy; every instance accepts their sessions')
  await signIn(ada, 'ada')
  await signIn(grace, 'grace')
  for (const { number } of instances) {
    strictEqual(await statusOf(grace, '/bodhi/v1/user', number), 200)
    strictEqual(await statusOf(ada, USERS, number), 200)
    print(`   instance ${number}  accepts both`)
  }

  step('Grace generates a token, and a program calls every instance with it')
  const token = await generate(grace)
  await warm(token)

  step(`Grace revokes it on instance ${one.number}, while a stream with it runs on instance ${fourth.number}`)
  const stream = await openStream(origin, fourth.number, token.credential)
  const revoked = await measure(origin, instances, token.credential, 401, async () => {
    strictEqual(await statusOf(grace, `${TOKENS}/${token.id}`, one.number, 'DELETE'), 204)
  })
  report('refused', revoked)
  const end = await stream.end
  match(end.text, /token_ended/)
  print(`   the stream on instance ${fourth.number} ended ${ms(end.at - revoked.askedAt)} after the request`)

  step('She generates another token, and a program calls every instance with it')
  const other = await generate(grace)
  await warm(other)

  step(`Ada deactivates Grace on instance ${two.number}`)
  report(
    'refused',
    await measure(origin, instances, other.credential, 401, async () => {
      strictEqual(await statusOf(ada, `${USERS}/grace/deactivate`, two.number, 'POST'), 200)
    }),
  )

  step(`Ada reactivates Grace on instance ${third.number}`)
  report(
    'accepted',
    await measure(origin, instances, other.credential, 200, async () => {
      strictEqual(await statusOf(ada, `${USERS}/grace/reactivate`, third.number, 'POST'), 200)
    }),
  )

  step(`Instance ${third.number} (process ${third.pid}) is killed; the others continue`)
  await third.kill()
  proxy.targets = instances.filter((instance) => instance !== third)
  await goOn(other)

  async function warm({ credential }: Token): Promise<void> {
    for (const { number } of instances) {
      const times: number[] = []
      for (let n = 0; n < 2; n++) {
        const from = performance.now()
        strictEqual(await callInstance(origin, number, credential), 200)
        times.push(performance.now() - from)
      }
      const [cold = 0, warm = 0] = times
      print(`   instance ${number}  first call ${ms(cold)}, second ${ms(warm)}`)
    }
  }

  function report(what: 'refused' | 'accepted', { answeredMs, reachedMs }: Measured): void {
    print(`   the response came  ${ms(answeredMs)} after the request`)
    for (const [number, time] of reachedMs) {
      print(`   instance ${number}  ${what}  ${ms(time)} after the request`)
    }
    const last = Math.max(...reachedMs.values()) - answeredMs
    const when = last > 0 ? `${ms(last)} after the response` : `${ms(-last)} before the response`
    print(`   the last of them ${when}; the bound is ${ms(BOUND_MS)} after it`)
    if (last > BOUND_MS) throw new Error('An instance was later than promised')
  }

  async function goOn({ credential }: Token): Promise<void> {
    const counts = new Map<string, number>()
    for (let n = 0; n < CALLS; n++) {
      // Half of the calls use the token, half the session.
      const answer =
        n % 2 === 0
          ? await fetch(`${origin}/v1/models`, { headers: { authorization: `Bearer ${credential}` } })
          : await ada.request('/bodhi/v1/user')
      await answer.arrayBuffer()
      strictEqual(answer.status, 200)
      const by = answer.headers.get(INSTANCE_HEADER) ?? ''
      counts.set(by, (counts.get(by) ?? 0) + 1)
    }
    print(`   ${CALLS} calls, by token and by session, all with status 200`)
    for (const [number, count] of [...counts].sort()) print(`   instance ${number}  served ${count}`)
  }
}

async function signIn(browser: Browser, subject: string): Promise<void> {
  const { status, url } = await browser.signIn(subject)
  strictEqual(status, 200, `no sign-in at ${url}`)
}

async function generate(browser: Browser): Promise<Token> {
  const answer = await browser.send('POST', TOKENS, {
    name: 'Of the cluster',
    scopes: ['models:read', 'chat:write'],
  })
  strictEqual(answer.status, 201)
  const { id, token } = (await answer.json()) as { id: string; token: string } // as the routes' reference says
  return { id, credential: token }
}

async function statusOf(browser: Browser, path: string, instance: number, method = 'GET'): Promise<number> {
  const answer = await browser.request(path, { method, headers: { [INSTANCE_HEADER]: String(instance) } })
  await answer.arrayBuffer()
  return answer.status
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`
}
