/** Four real processes of a host on one PostgreSQL, and what a test asks of them. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { SigningJwk } from '../../src/index.ts'
import { hs256Key } from '../support/keys.ts'
import { bundleProgram } from './bundle.ts'

export interface Setting {
  readonly connectionString: string
  /** The keys, or the file that has them. */
  readonly keys: readonly SigningJwk[] | string
  readonly pubsub: 'postgres' | 'redis' | false
  readonly redisUrl: string
  readonly channel: string
  /** In milliseconds, as `flushMs` too; left out, as a host has it. */
  readonly keyRefreshMs?: number
  readonly flushMs?: number
}

export interface Made {
  readonly id: string
  readonly userId: string
  readonly credential: string
}

/** The requests to an instance, by name. */
export interface Questions {
  /** A token for each of these users. */
  make: readonly string[]
  /** Requests with this credential, until the end. */
  load: string
  served: null
  /** A stream for each of these tokens. */
  watch: readonly Made[]
  /** Their end, one after another. */
  revoke: readonly Made[]
  /** The end of all tokens of this user. */
  revokeAll: string
  /** That their streams have ended, and requests are refused. */
  ended: readonly Made[]
  availability: null
}

/** Times are milliseconds of the clock that all processes of a machine share. */
export interface Answers {
  make: readonly Made[]
  load: null
  served: { readonly served: number; readonly refused: number }
  watch: null
  revoke: readonly number[]
  revokeAll: number
  ended: readonly number[]
  availability: 'available' | 'unavailable' | null
}

export interface Asked {
  readonly id: number
  readonly name: keyof Questions
  readonly asked: unknown
}

export interface Instance {
  readonly port: number
  /** When it was killed, by `performance.now()`. */
  readonly killedAt: number | null
  ask<Name extends keyof Questions>(name: Name, asked: Questions[Name]): Promise<Answers[Name]>
  /** As a power cut would. */
  kill(): Promise<void>
}

export interface Cluster {
  readonly first: Instance
  readonly others: readonly Instance[]
  readonly all: readonly Instance[]
}

/** Starts four, all under load, that end with the test. */
export async function startCluster(t: Test, setting: Omit<Setting, 'keys'>): Promise<Cluster> {
  const keys = [hs256Key()]
  const all = await Promise.all([0, 1, 2, 3].map(() => startInstance(t, { ...setting, keys })))
  const [first, ...others] = all
  if (first === undefined) throw new Error('there are four')
  const [loaded] = await first.ask('make', ['load'])
  await Promise.all(all.map((instance) => instance.ask('load', loaded?.credential ?? '')))
  return { first, others, all }
}

/** For each token, how many milliseconds after its end the last of the others had heard of it. */
export async function timesToReach({ first, others }: Cluster, count: number): Promise<number[]> {
  const users = Array.from({ length: count }, () => `user-${crypto.randomUUID()}`)
  const tokens = await first.ask('make', users)
  await Promise.all(others.map((other) => other.ask('watch', tokens)))
  const from = await first.ask('revoke', tokens)
  const heard = await Promise.all(others.map((other) => other.ask('ended', tokens)))
  return from.map((time, n) => Math.max(...heard.map((times) => (times[n] ?? Infinity) - time)))
}

/** Starts one that ends with the test. */
export async function startInstance(t: Test, setting: Setting): Promise<Instance> {
  const child = fork(await bundledInstance(), [JSON.stringify(setting)])
  t.teardown(() => child.kill('SIGKILL'))
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ready = expectAnswer(waiting, 0)
  listen(child, waiting)
  // The first message of instance.ts.
  const port = (await ready) as number
  let asks = 0
  let killedAt: number | null = null
  return {
    port,
    get killedAt() {
      return killedAt
    },
    kill: async () => {
      const ended = once(child, 'exit')
      killedAt = performance.now()
      child.kill('SIGKILL')
      await ended
    },
    ask: async (name, asked) => {
      asks += 1
      const answer = expectAnswer(waiting, asks)
      child.send({ id: asks, name, asked } satisfies Asked)
      // The instance answers each name with its own type.
      return (await answer) as never
    },
  }
}

let bundled: Promise<string> | undefined

/** Bundled once for a test file, and removed when its process ends. */
function bundledInstance(): Promise<string> {
  bundled ??= (async () => {
    // Within the repository, where the packages are found that are not bundled.
    const folder = mkdtempSync(join(import.meta.dirname, '../../node_modules/.cluster-'))
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
    return bundleProgram('instance', folder)
  })()
  return bundled
}

function expectAnswer(waiting: Map<number, PromiseWithResolvers<unknown>>, id: number): Promise<unknown> {
  const answer = Promise.withResolvers<unknown>()
  waiting.set(id, answer)
  return answer.promise
}

function listen(child: ChildProcess, waiting: Map<number, PromiseWithResolvers<unknown>>): void {
  child.on('message', (message) => {
    // The messages of instance.ts.
    const { id, answer, error } = message as { id: number; answer?: unknown; error?: string }
    if (error === undefined) waiting.get(id)?.resolve(answer)
    else waiting.get(id)?.reject(new Error(error))
    waiting.delete(id)
  })
  child.on('exit', (code) => {
    for (const answer of waiting.values()) answer.reject(new Error(`the instance ended with ${code}`))
  })
}
