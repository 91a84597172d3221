/**
 * Proves that the tests hold the promises: removes one check after another from a copy of the source, and demands
 * that a test turns red each time. Prints a line for each.
 *
 *     npm run test:guards                        all; what is noticed is written to proven.json
 *     npm run test:guards -- 'part of a name'    only those
 *     npm run test:guards -- --ci                those that changed since, and a tenth of the others, for a minute
 */

import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chooseForCi, digestOf, PROVEN_FILE, readProven } from './choose.ts'
import type { Guard } from './guard.ts'
import { guards } from './guards.ts'

interface Outcome {
  readonly guard: Guard
  /** The test that turned red, `undefined` when none did. */
  readonly red: string | undefined
}

const root = resolve(import.meta.dirname, '../..')
const COPIED = [
  'src',
  'test',
  'package.json',
  'tsconfig.json',
  'README.md',
  'docs',
  'CHANGELOG.md',
  'examples',
  'dist',
]
/** Of a run of CI, in milliseconds: what is left then comes with a later one. */
const CI_MS = 60_000
/** A test that hangs without the check is as red as one that fails. */
const TEST_MS = 120_000

const wanted = process.argv.slice(2).filter((word) => word !== '--ci')
const isCi = process.argv.includes('--ci')
const named = guards.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
const chosen = isCi ? chooseForCi(named, readProven(), Date.now()) : named
const compiled = await mkdtemp(join(tmpdir(), 'guards-compiled-'))
try {
  // In CI all tests have just been run.
  if (!isCi) await demandGreen([...new Set(chosen.flatMap(({ tests }) => tests))])
  const outcomes = await proveAll(chosen)
  if (!isCi) await writeProven(outcomes)
  print(outcomes)
} finally {
  await rm(compiled, { recursive: true, force: true })
}

async function proveAll(all: readonly Guard[]): Promise<Outcome[]> {
  const done: Outcome[] = []
  const isOver = () => isCi && performance.now() > CI_MS
  await inLanes(all, async (queue) => {
    const copy = await copyOfRepository()
    try {
      for (let guard = queue.shift(); guard !== undefined; guard = isOver() ? undefined : queue.shift()) {
        const outcome = await prove(copy, guard)
        console.log(lineOf(outcome))
        done.push(outcome)
      }
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  })
  return done
}

/** Two at a time: each test has processes and databases of its own. */
async function inLanes<Item>(
  items: readonly Item[],
  lane: (queue: Item[]) => Promise<unknown>,
): Promise<void> {
  const queue = [...items]
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, () => lane(queue)))
}

async function copyOfRepository(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'guards-'))
  for (const name of COPIED) await cp(join(root, name), join(copy, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** A test that is red anyway would prove nothing. */
async function demandGreen(tests: readonly string[]): Promise<void> {
  const red: string[] = []
  await inLanes(tests, async (queue) => {
    for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
      if (!(await passes(root, test))) red.push(test)
    }
  })
  if (red.length > 0) throw new Error(`red before anything was removed: ${red.join(', ')}`)
}

async function prove(copy: string, guard: Guard): Promise<Outcome> {
  const file = join(copy, guard.file)
  const source = await readFile(file, 'utf8')
  await writeFile(file, without(source, guard))
  try {
    return { guard, red: await firstRed(copy, guard.tests) }
  } finally {
    await writeFile(file, source)
  }
}

function without(source: string, { name, file, remove, put }: Guard): string {
  const parts = source.split(remove)
  if (parts.length !== 2) throw new Error(`${name}: its text stands ${parts.length - 1} times in ${file}`)
  return parts.join(put)
}

async function firstRed(folder: string, tests: readonly string[]): Promise<string | undefined> {
  for (const test of tests) if (!(await passes(folder, test))) return test
  return undefined
}

/** Ends at the first assertion that fails. */
function passes(folder: string, test: string): Promise<boolean> {
  const { promise, resolve: settle } = Promise.withResolvers<boolean>()
  const env = {
    ...process.env,
    CI: '1',
    TAP_BAIL: '1',
    TAP_TIMEOUT: String(TEST_MS / 1000),
    NODE_COMPILE_CACHE: compiled,
  }
  const options = { cwd: folder, env, timeout: TEST_MS, maxBuffer: 64 * 1024 * 1024 }
  const args = ['--import=./test/support/fail-on-uncaught.ts', test]
  execFile(process.execPath, args, options, (error) => settle(error === null))
  return promise
}

async function writeProven(outcomes: readonly Outcome[]): Promise<void> {
  const proven = new Map(Object.entries(readProven()))
  for (const { guard, red } of outcomes) {
    if (red === undefined) proven.delete(guard.name)
    else proven.set(guard.name, digestOf(guard))
  }
  const known = guards.flatMap(({ name }) => {
    const digest = proven.get(name)
    return digest === undefined ? [] : [[name, digest] as const]
  })
  await writeFile(PROVEN_FILE, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`)
}

function lineOf({ guard, red }: Outcome): string {
  return red === undefined ? `GREEN  ${guard.name}: no test noticed` : `red    ${guard.name}: ${red}`
}

function print(all: readonly Outcome[]): void {
  const unnoticed = all.filter(({ red }) => red === undefined).length
  for (const outcome of all.filter(({ red }) => red === undefined)) console.log(lineOf(outcome))
  const left = chosen.length - all.length
  console.log(`# guards: { noticed: ${all.length - unnoticed}, unnoticed: ${unnoticed}, left: ${left} }`)
  if (unnoticed > 0) process.exitCode = 1
}
