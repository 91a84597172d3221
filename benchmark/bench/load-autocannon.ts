/** Generates the load with autocannon until SIGINT. The argument contains the options as JSON. */

import { readFileSync } from 'node:fs'
import autocannon, { type Instance } from 'autocannon'
import type { LoadOptions, LoadResult } from './load.ts'

const { url, credentials, carrying, connections, seconds, pauseMs } = JSON.parse(
  process.argv[2] ?? '',
) as Omit<LoadOptions, 'credentials'> & { url: string; credentials: string; seconds: number }
const headers = readFileSync(credentials, 'utf8')
  .split('\n')
  .map((credential) => ({ authorization: `Bearer ${credential}` }))

let client = 0
// The types declare a promise only, but the result also has the method `stop`.
const run = autocannon({
  url,
  connections,
  duration: seconds,
  ...(pauseMs > 0 ? { overallRate: Math.ceil((connections * 1000) / pauseMs) } : {}),
  setupClient: (each) => {
    const at = client * 7
    client += 1
    const own = headers.map((_, index) => headers[(at + index) % headers.length] ?? {})
    each.setRequests(
      (carrying === 'rotating' ? own : own.slice(0, 1)).map((carried) => ({
        method: 'GET',
        headers: carried,
      })),
    )
  },
})
// The parent repeats the signal until this process ends.
process.on('SIGINT', () => (run as unknown as Instance).stop())
const result = await run

console.log(
  JSON.stringify({
    requests: result.requests.total,
    seconds: result.duration,
    refused: result.non2xx,
    failed: result.errors + result.timeouts,
    p99: result.latency.p99,
  } satisfies LoadResult),
)
