/** The API keys of better-auth as in its guide, in an SQLite file and without the rate limit. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import Database from 'better-sqlite3'

/** `wal` enables the WAL mode, which the guide does not use. */
export async function openKeys({ deferUpdates, wal }) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-better-auth-'))
  const database = new Database(join(folder, 'keys.db'))
  if (wal) database.pragma('journal_mode = WAL')
  const options = {
    database,
    secret: randomBytes(32).toString('base64'),
    baseURL: 'http://localhost',
    telemetry: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: { enabled: true },
    advanced: { backgroundTasks: { handler: (task) => task.catch(() => undefined) } },
    plugins: [apiKey({ rateLimit: { enabled: false }, deferUpdates })],
  }
  await (await getMigrations(options)).runMigrations()
  const { api } = betterAuth(options)
  const { user } = await api.signUpEmail({
    body: { email: 'ada@example.com', password: randomBytes(16).toString('hex'), name: 'Ada' },
  })
  return {
    issue: async (number) =>
      (await api.createApiKey({ body: { userId: user.id, name: `key ${number}` } })).key,
    verify: async (key) => (await api.verifyApiKey({ body: { key } })).valid,
    close: () => {
      database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
