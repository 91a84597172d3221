/** Chooses the guards of a CI run: those that changed since they were last proven, and a tenth of the others. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guard } from './guard.ts'

/** By name of a guard: the digest of all that it depends on, when a test last noticed its removal. */
export type Proven = Readonly<Record<string, string>>

/** `test:guards` writes it after a run without `--ci`. It is committed: a fresh clone knows what was proven by it. */
export const PROVEN_FILE = join(import.meta.dirname, 'proven.json')

const root = join(import.meta.dirname, '../..')
const PARTS = 10
const DAY_MS = 86_400_000

export function readProven(): Proven {
  return JSON.parse(readFileSync(PROVEN_FILE, 'utf8'))
}

/** Changes with the guard, with the file that it stands in, and with the tests that must notice. */
export function digestOf(guard: Guard): string {
  const hash = createHash('sha256').update(JSON.stringify(guard))
  for (const file of [guard.file, ...guard.tests]) hash.update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 16)
}

/** The changed ones first. Which tenth of the others depends on the day (UTC) alone, so that a run can be repeated. */
export function chooseForCi(guards: readonly Guard[], proven: Proven, now: number): readonly Guard[] {
  const isProven = (guard: Guard) => proven[guard.name] === digestOf(guard)
  const part = Math.floor(now / DAY_MS) % PARTS
  const others = guards.filter((guard, n) => n % PARTS === part && isProven(guard))
  return [...guards.filter((guard) => !isProven(guard)), ...others]
}
