/**
 * Runs variants in one process. Sends the parent their ports and credentials, and the counters on request. Closes the
 * variants on `stop`, or when the parent ends.
 */

import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type AnswerCount, countAnswers } from './answers.ts'
import { loadVariant } from './before.ts'

export interface Endpoint {
  readonly port: number
  readonly credentials: readonly string[]
}

/** The counters of the process at one moment. */
export interface Reading {
  /** Milliseconds, by the clock of the process. */
  readonly at: number
  /** CPU time of the process in microseconds. */
  readonly cpu: number
  /** The number of responses of each endpoint. */
  readonly answered: readonly number[]
}

export type ServerRequest = 'read' | 'stop'

const apps: FastifyInstance[] = []
/** While a variant starts, it may have created a database that only its `app` can drop. */
let isStarting = true
let isClosing = false
const endpoints: Endpoint[] = []
const counts: AnswerCount[] = []
// Ctrl-C reaches the whole process group. The parent ends, and its disconnection closes the variants.
process.on('SIGINT', () => undefined)
process.on('disconnect', close)
// A failed start also closes the variants that have started.
process.on('uncaughtException', (error) => {
  console.error(error)
  process.exitCode = 1
  isStarting = false
  close()
})
for (const name of process.argv.slice(2)) {
  const { app, credentials } = await (await loadVariant(name)).start()
  apps.push(app)
  if (isClosing) break
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  endpoints.push({ port, credentials })
  counts.push(await countAnswers(app.server, credentials[0] ?? ''))
}
isStarting = false
if (isClosing) await close()
process.send?.(endpoints)
process.on('message', (request: ServerRequest) => {
  if (request === 'stop') {
    close()
    return
  }
  const { user, system } = process.cpuUsage()
  const answered = counts.map((each) => each.count())
  process.send?.({ at: performance.now(), cpu: user + system, answered } satisfies Reading)
})

/** Closing a variant drops its database. */
async function close(): Promise<void> {
  isClosing = true
  if (isStarting) return
  await Promise.all(apps.splice(0).map((app) => app.close()))
  process.exit()
}
