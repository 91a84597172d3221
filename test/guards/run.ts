/**
 * Proves that the tests hold the promises: removes one check after another from a copy of the source, and demands
 * that a test turns red each time. Prints the table of them.
 */

import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Guard } from './guard.ts'
import { guards } from './guards.ts'

interface Outcome {
  readonly guard: Guard
  /** The tests that turned red. */
  readonly red: readonly string[]
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

const wanted = process.argv.slice(2)
const chosen =
  wanted.length === 0 ? guards : guards.filter(({ name }) => wanted.some((word) => name.includes(word)))
await demandGreen([...new Set(chosen.flatMap(({ tests }) => tests))])
print(await proveAll(chosen))

async function proveAll(all: readonly Guard[]): Promise<Outcome[]> {
  const queue = [...all]
  const done: Outcome[] = []
  const work = async () => {
    const copy = await copyOfRepository()
    try {
      for (let guard = queue.shift(); guard !== undefined; guard = queue.shift())
        done.push(await prove(copy, guard))
    } finally {
      await rm(copy, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
  return done.sort((a, b) => all.indexOf(a.guard) - all.indexOf(b.guard))
}

async function copyOfRepository(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'guards-'))
  for (const name of COPIED) await cp(join(root, name), join(copy, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** A test that is red anyway would prove nothing. */
async function demandGreen(tests: readonly string[]): Promise<void> {
  const red = await redOf(root, tests)
  if (red.length > 0) throw new Error(`red before anything was removed: ${red.join(', ')}`)
}

async function prove(copy: string, guard: Guard): Promise<Outcome> {
  const file = join(copy, guard.file)
  const source = await readFile(file, 'utf8')
  await writeFile(file, without(source, guard))
  try {
    return { guard, red: await redOf(copy, guard.tests) }
  } finally {
    await writeFile(file, source)
  }
}

function without(source: string, { name, file, remove, put }: Guard): string {
  const parts = source.split(remove)
  if (parts.length !== 2) throw new Error(`${name}: its text stands ${parts.length - 1} times in ${file}`)
  return parts.join(put)
}

async function redOf(folder: string, tests: readonly string[]): Promise<string[]> {
  const red: string[] = []
  for (const test of tests) if (!(await passes(folder, test))) red.push(test)
  return red
}

/** A test that hangs without the check is as red as one that fails. */
function passes(folder: string, test: string): Promise<boolean> {
  const { promise, resolve: settle } = Promise.withResolvers<boolean>()
  const options = { cwd: folder, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 }
  execFile(process.execPath, [test], options, (error) => settle(error === null))
  return promise
}

function print(all: readonly Outcome[]): void {
  const width = Math.max(...all.map(({ guard }) => guard.name.length))
  for (const { guard, red } of all) {
    console.log(
      `${red.length > 0 ? 'red  ' : 'GREEN'}  ${guard.name.padEnd(width)}  ${red.join(', ') || 'no test noticed'}`,
    )
  }
  const unnoticed = all.filter(({ red }) => red.length === 0).length
  console.log(`${all.length} guards removed one by one: ${all.length - unnoticed} noticed, ${unnoticed} not`)
  if (unnoticed > 0) process.exitCode = 1
}
