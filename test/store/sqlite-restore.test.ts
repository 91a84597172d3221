/** A backup of an SQLite file can be restored as the guide says, and not if its steps are left out. */

import { execFile } from 'node:child_process'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { snippetsOf } from '../docs/markdown.ts'
import { issue, startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const GUIDE = 'docs/guides/run-in-production.md'
const [backUp = '', restore = ''] = snippetsOf(GUIDE)
  .filter(({ language, code }) => language === 'sh' && code.includes('backup.db'))
  .map(({ code }) => code)

t.test(
  'the steps of the guide bring back the backup, in which a token revoked later is active',
  async (t) => {
    const { folder, key, credential } = await crashedHost(t)
    await promisify(execFile)('/bin/sh', ['-ec', restore], { cwd: folder })
    t.equal(soundnessOf(folder), 'ok')
    const store = sqliteTokenStore({ filename: join(folder, 'api-tokens.db') })
    const { app } = await startHost(t, { store, keys: [key] })
    t.equal(await statusOf(app, credential), 200)
  },
)

t.test('a backup beside the -wal of the old database is ruined', async (t) => {
  const { folder } = await crashedHost(t)
  await copyFile(join(folder, 'backup.db'), join(folder, 'api-tokens.db'))
  t.not(soundnessOf(folder), 'ok')
})

/** The files of a host that ended without closing its database, with a backup from before its last changes. */
async function crashedHost(t: Test) {
  const running = t.testdir({ files: {} })
  const folder = join(running, 'crashed')
  await mkdir(folder)
  const key = hs256Key()
  const file = (name: string) => join(running, 'files', name)
  const store = sqliteTokenStore({ filename: file('api-tokens.db') })
  const { app } = await startHost(t, { store, keys: [key] })
  const { id, token: credential } = await issue(app, 'ada')
  for (let n = 0; n < 50; n += 1) await issue(app, `user-${n}`)
  // The statement of the guide; the program sqlite3 need not be there.
  const statement = /"(VACUUM INTO 'backup\.db')"/
    .exec(backUp)?.[1]
    ?.replace('backup.db', join(folder, 'backup.db'))
  const other = new Database(file('api-tokens.db'))
  // Later changes are in the -wal alone.
  other.pragma('wal_checkpoint(TRUNCATE)')
  other.exec(statement ?? '')
  other.close()
  for (let n = 50; n < 100; n += 1) await issue(app, `user-${n}`)
  await app.apiTokens.revoke(id)
  for (const name of ['api-tokens.db', 'api-tokens.db-wal', 'api-tokens.db-shm']) {
    await copyFile(file(name), join(folder, name))
  }
  return { folder, key, credential }
}

function soundnessOf(folder: string): unknown {
  const db = new Database(join(folder, 'api-tokens.db'))
  try {
    return db.pragma('integrity_check', { simple: true })
  } catch (error) {
    return error
  } finally {
    db.close()
  }
}
