/** The issue of a token on SQLite, without the time of a disk sync. */

import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { median } from '../../../test/support/median.ts'
import type { Step } from '../steps.ts'
import { countStatements } from './count-statements.ts'
import { startSubject } from './subject.ts'

/** A file system in memory, where a sync takes no time. */
const IN_MEMORY = '/dev/shm'
const USERS = 1_000
const SAMPLES = 60
const IN_A_SAMPLE = 250

export async function issue(): Promise<Step[]> {
  const { issue, close } = await startSubject({ folder: existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir() })
  // The first token of an owner also inserts the owner's row, so every owner gets one before the measurement.
  for (let user = 0; user < USERS; user += 1) await issue(`user-${user}`)
  const count = countStatements()
  await issue('user-0')
  const statements = count.stop()
  const samples: number[] = []
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const begun = performance.now()
    for (let token = 0; token < IN_A_SAMPLE; token += 1)
      await issue(`user-${(sample * IN_A_SAMPLE + token) % USERS}`)
    samples.push(((performance.now() - begun) * 1000) / IN_A_SAMPLE)
  }
  await close()
  return [
    {
      name: 'issue',
      title: 'issue of a token on SQLite, without the sync of a disk',
      value: median(samples),
      unit: 'µs',
      target: 60,
    },
    {
      name: 'issue-statements',
      title: 'issue of a token: statements',
      value: statements,
      unit: 'statements',
      target: 6,
    },
  ]
}
