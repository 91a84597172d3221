/** Runs scripts of this folder as concurrent processes. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Starts the script once for each list of arguments, and returns what each printed. */
export async function inProcesses(script: string, runs: readonly string[][]): Promise<string[]> {
  const file = join(import.meta.dirname, script)
  const printed = await Promise.all(runs.map((args) => run(process.execPath, [file, ...args])))
  return printed.map(({ stdout }) => stdout.trim())
}
