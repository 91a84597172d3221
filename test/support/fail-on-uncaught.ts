/**
 * Preloaded into each test file and into the Node.js processes that it starts (package.json, `tap.node-arg`): an uncaught
 * exception or an unhandled rejection fails the test file.
 *
 * tap fails a test for most of them by itself. It steps aside where anything in the process listens to
 * `uncaughtException` or `unhandledRejection`, and it does not see child processes.
 */

import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Names the file to which this process and its children write what was not caught. */
const FILE = 'UNCAUGHT_ERRORS_FILE'
const PRELOAD = `--import=${import.meta.url}`

if (process.env[FILE] === undefined) failOnWrittenErrors()
writeErrors(process.env[FILE] ?? '')

/** The variables for a child process that does not inherit the environment. */
export function uncaughtEnvironment(): Readonly<Record<string, string>> {
  return { [FILE]: process.env[FILE] ?? '', NODE_OPTIONS: PRELOAD }
}

/** In the test file's own process: at its end, the errors of all its processes are printed and counted. */
function failOnWrittenErrors(): void {
  const folder = mkdtempSync(join(tmpdir(), 'uncaught-'))
  const file = join(folder, 'errors')
  appendFileSync(file, '')
  process.env[FILE] = file
  process.env['NODE_OPTIONS'] = [process.env['NODE_OPTIONS'] ?? '', PRELOAD].join(' ').trim()
  process.on('exit', () => {
    const errors = readFileSync(file, 'utf8')
    rmSync(folder, { recursive: true })
    if (errors === '') return
    process.stderr.write(errors)
    process.exitCode = 1
  })
}

function writeErrors(file: string): void {
  const write = (kind: string, error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    appendFileSync(file, `${kind} in process ${process.pid}: ${text}\n`)
  }
  process.on('uncaughtExceptionMonitor', (error, origin) => write(origin, error))
  // A rejection becomes an exception, unless something listens to it: then this listens beside it, and only then.
  const event = 'unhandledRejection'
  const writeRejection = (reason: unknown) => write(event, reason)
  process.on('newListener', (name, listener) => {
    if (name !== event || listener === writeRejection) return
    if (!process.listeners(event).includes(writeRejection)) process.on(event, writeRejection)
  })
  process.on('removeListener', (name) => {
    if (name === event && process.listenerCount(event) === 1) process.off(event, writeRejection)
  })
}
