/** Variants in one process: tells its parent where each listens, and when asked what it has done until now. */

import type { AddressInfo } from 'node:net'
import { type AnswerCount, countAnswers } from './answers.ts'
import { variantNamed } from './variants/all.ts'

export interface Endpoint {
  readonly port: number
  readonly credentials: readonly string[]
}

/** What a process has done until a moment. */
export interface Reading {
  /** Milliseconds, by the process's own clock. */
  readonly at: number
  /** Microseconds of processor time. */
  readonly cpu: number
  /** Requests answered, by endpoint. */
  readonly answered: readonly number[]
}

const endpoints: Endpoint[] = []
const counts: AnswerCount[] = []
for (const name of process.argv.slice(2)) {
  const { app, credentials } = await variantNamed(name).start()
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  endpoints.push({ port, credentials })
  counts.push(await countAnswers(app.server, credentials[0] ?? ''))
}
process.send?.(endpoints)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  const answered = counts.map((each) => each.count())
  process.send?.({ at: performance.now(), cpu: user + system, answered } satisfies Reading)
})
