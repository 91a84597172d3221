/** The built command `fastify-api-tokens`, run as a separate process, as a host's `npx` runs it. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { uncaughtEnvironment } from './fail-on-uncaught.ts'

/** The built files have no source maps, so their coverage would be useless. */
const NOT_COVERED = { NODE_V8_COVERAGE: undefined, ...uncaughtEnvironment() }

export const BUILT_COMMAND = join(import.meta.dirname, '../../dist/cli/main.js')

export interface CommandRun {
  /** `null` when a signal ended it. */
  readonly code: number | null
  readonly lines: readonly string[]
  readonly errors: string
}

export interface RunningCommand {
  readonly ended: Promise<CommandRun>
  kill(): void
}

/** Starts the command, with this standard input; `kill` ends it as a power cut would. */
export function startCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): RunningCommand {
  const child = spawn(process.execPath, [BUILT_COMMAND, ...args], {
    env: { ...process.env, ...NOT_COVERED, DATABASE_URL: undefined, ...env },
  })
  // A command that does not read its input may have ended.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return {
    ended: ended.then(([printed, errors, [code]]) => ({ code, lines: linesOf(printed), errors })),
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}

/** Runs the command to its end. */
export function runCommand(
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  input?: string,
): Promise<CommandRun> {
  return startCommand(args, env, input).ended
}

function linesOf(printed: string): readonly string[] {
  return printed.split('\n').filter((line) => line !== '')
}
