/**
 * `npm run bench:micro`: what each step costs within the process, on a core of its own where there are two. Prints it,
 * and writes it as JSON and as the table of `docs/explanation/performance.md`.
 */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pinned, SERVER_CORE } from './cores.ts'

const [command, ...args] = pinned(SERVER_CORE, [
  process.execPath,
  '--expose-gc',
  join(import.meta.dirname, 'micro/run.ts'),
])
process.exitCode = spawnSync(command, args, { stdio: 'inherit' }).status ?? 1
