/**
 * `npm run bench:micro`: measures the steps within the process, on one core if there are two. Prints the results and
 * stores them. With names (`npm run bench:micro -- memory`) it measures and prints only these steps.
 */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pinned, SERVER_CORE } from './cores.ts'

const [command, ...args] = pinned(SERVER_CORE, [
  process.execPath,
  '--expose-gc',
  join(import.meta.dirname, 'micro/run.ts'),
  ...process.argv.slice(2),
])
process.exitCode = spawnSync(command, args, { stdio: 'inherit' }).status ?? 1
