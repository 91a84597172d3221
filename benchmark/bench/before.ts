/** Variants of earlier code: the `src` of another commit under the variants of the current benchmark. */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BEFORE, variantNamed } from './variants/all.ts'
import type { Variant } from './variants/variant.ts'

const ROOT = join(import.meta.dirname, '../..')
const VARIANTS = 'benchmark/bench/variants'
/** Where the server processes find the earlier code. */
const FOLDER_VARIABLE = 'BENCH_BEFORE'

/** Copies the code of a commit to a temporary folder, which is deleted when the process ends. */
export function checkOutBefore(commit: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'bench-before-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const archive = execFileSync(
    'git',
    ['archive', '--format=tar', commit, 'src', 'test/support', 'package.json'],
    {
      cwd: ROOT,
      maxBuffer: 1e9,
    },
  )
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  cpSync(join(ROOT, VARIANTS), join(folder, VARIANTS), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  process.env[FOLDER_VARIABLE] = folder
}

/** A variant by its name. With the prefix `before:`, the variant runs the earlier code. */
export async function loadVariant(name: string): Promise<Variant> {
  if (!name.startsWith(BEFORE)) return variantNamed(name)
  const folder = process.env[FOLDER_VARIABLE]
  if (folder === undefined) throw new Error(`${name} needs --before`)
  const program = (await import(join(folder, VARIANTS, 'all.ts'))) as typeof import('./variants/all.ts')
  return program.variantNamed(name.slice(BEFORE.length))
}
