/** The heap memory of a cached token: its entry, its row, its usage counter, and its place in every index. */

import { NO_ADDRESS } from '../../../src/verification/verification-entry.ts'
import type { Step } from '../steps.ts'
import { missOf, startSubject } from './subject.ts'

const TOKENS = 10_000

/** Needs `--expose-gc`. */
export async function memoryPerToken(): Promise<Step[]> {
  const { instance, issue, close } = await startSubject({ cacheMax: TOKENS })
  const credentials: string[] = []
  for (let user = 0; user < TOKENS; user += 1) credentials.push(await issue(`user-${user}`))
  // The first verifications create objects that do not belong to a single token.
  await verifyEach(credentials)
  instance.verification.clear()
  await instance.recorder.flush()
  const before = heapUsed()
  await verifyEach(credentials)
  const bytes = (heapUsed() - before) / TOKENS
  if (instance.cache.size !== TOKENS) throw new Error('not every token is in the cache')
  await close()
  return [
    {
      name: 'memory',
      title: 'memory of a cached token, total',
      value: bytes,
      unit: 'bytes',
      target: 800,
    },
  ]

  async function verifyEach(each: readonly string[]): Promise<void> {
    for (const credential of each)
      await instance.verification.loadAndCount(missOf(credential), () => undefined, NO_ADDRESS)
  }
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run by node --expose-gc')
  for (let times = 0; times < 4; times += 1) globalThis.gc()
  return process.memoryUsage().heapUsed
}
