/** Type-checks programs as a host's TypeScript would, in a folder of this package, where its own name resolves. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { ROOT } from './markdown.ts'
import { exportsOf } from './sources.ts'

/** Not its `bin`, whose name has no extension: tap's loader takes such a file for CommonJS. */
const TSC = join(ROOT, 'node_modules/typescript/lib/tsc.js')
const SURROUNDINGS = 'test/docs/surroundings.ts'

/** A program: its path and its code. */
export interface Code {
  /** `docs/guides/getting-started.md:27`. */
  readonly place: string
  readonly code: string
}

export interface CheckOptions {
  /** As in a tsconfig.json. */
  readonly paths?: Readonly<Record<string, readonly string[]>>
}

/** The errors of the compiler, one a line. Empty for correct code. */
export async function typeErrors(
  t: Test,
  codes: readonly Code[],
  { paths = {} }: CheckOptions = {},
): Promise<string> {
  const tsconfig = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, paths },
    include: ['*.ts'],
    exclude: [],
  }
  const modules = codes.map(({ place, code }) => [fileNameOf(place), moduleOf(code)])
  const folder = t.testdir({ ...Object.fromEntries(modules), 'tsconfig.json': JSON.stringify(tsconfig) })
  try {
    await promisify(execFile)(process.execPath, [TSC, '-p', folder], { cwd: folder })
    return ''
  } catch (error) {
    // Found faults are on its standard output; without any, it could not run at all.
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
    return said === '' ? String(error) : said
  }
}

/** A file's name for a place: `docs/reference/claims.md:30` as `docs-reference-claims.md-30.ts`. */
export function fileNameOf(place: string): string {
  return `${place.replaceAll(/[/:]/g, '-')}.ts`
}

/** Whether code uses a name, other than as a member of an object. */
export function uses(code: string, name: string): boolean {
  return new RegExp(`(?<![.\\w])${name}\\b`).test(code)
}

/** The code as a module, with what it takes for granted imported on its first line, which keeps the others' count. */
function moduleOf(code: string): string {
  const granted = exportsOf(SURROUNDINGS).filter((name) => uses(code, name) && !declares(code, name))
  return `import { ${granted.join(', ')} } from '${join(ROOT, SURROUNDINGS)}';${code}\n`
}

/** Whether a line declares or imports the name. */
function declares(code: string, name: string): boolean {
  return new RegExp(`^(?:import|const|let|(?:async )?function) [^=('\\n]*\\b${name}\\b`, 'm').test(code)
}
