/** The API keys of better-auth on SQLite. Its packages are installed in their own folder. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyRequest } from 'fastify'
import { addRoute, CREDENTIALS, host, type Variant } from './variant.ts'

/** The type of `better-auth/verify.js`, declared here because its packages may not be installed. */
interface BetterAuthKeys {
  issue(userNumber: number): Promise<string>
  verify(key: string): Promise<boolean>
  close(): void
}

const FOLDER = join(import.meta.dirname, '../../../benchmark/bench/better-auth')

/** Whether the packages are installed. Only the benchmark installs them. */
export function hasBetterAuth(): boolean {
  return existsSync(join(FOLDER, 'node_modules'))
}

/** Installs them outside of the repository's dependencies, so that `npm ci` stays small. */
export function installBetterAuth(): void {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: 'inherit',
  })
}

export const betterAuth: Variant = {
  name: 'better-auth',
  title: 'better-auth API keys on SQLite',
  answers: 200,
  start: () => start({ deferUpdates: false, wal: false }),
}

export const betterAuthWal: Variant = {
  name: 'better-auth-wal',
  title: 'better-auth API keys on SQLite, in WAL mode',
  answers: 200,
  start: () => start({ deferUpdates: false, wal: true }),
}

export const betterAuthDeferred: Variant = {
  name: 'better-auth-deferred',
  title: 'better-auth API keys on SQLite, updates deferred',
  answers: 200,
  start: () => start({ deferUpdates: true, wal: false }),
}

interface BetterAuthOptions {
  readonly deferUpdates: boolean
  readonly wal: boolean
}

async function start(options: BetterAuthOptions) {
  const { openKeys } = (await import(join(FOLDER, 'verify.js'))) as {
    openKeys(options: BetterAuthOptions): Promise<BetterAuthKeys>
  }
  const keys = await openKeys(options)
  const app = host()
  app.addHook('onClose', async () => keys.close())
  addRoute(app, async ({ headers }: FastifyRequest) => {
    if (await keys.verify(headers.authorization?.slice('Bearer '.length) ?? '')) return
    throw Object.assign(new Error('Unauthorized'), { statusCode: 401 })
  })
  const credentials: string[] = []
  for (let user = 0; user < CREDENTIALS; user += 1) credentials.push(await keys.issue(user))
  return { app, credentials }
}
