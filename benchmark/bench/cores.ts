/** Runs the server and the load on different cores, if there are two and `taskset` is installed. */

import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const LOAD_CORE = 0
export const SERVER_CORE = 1

const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).error === undefined

/** The command with its core. */
export function pinned(core: number, command: readonly [string, ...string[]]): [string, ...string[]] {
  return canPin ? ['taskset', '--cpu-list', String(core), ...command] : [...command]
}
