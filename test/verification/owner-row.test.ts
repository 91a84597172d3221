/** A token whose owner has no row, for example after a manual deletion. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'

t.test('promise 9: a token without an owner’s row is refused, and works again with it', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const { app, clock } = await startHost(t, { store: sqliteTokenStore({ filename }) })
  const { token } = await issue(app, 'ada')
  const database = new Database(filename)
  t.teardown(() => database.close())
  database.prepare('delete from api_token_owners').run()
  t.equal((await app.inject(withToken(token))).statusCode, 401)

  database
    .prepare("insert into api_token_owners (user_id, status, generation) values ('ada', 'active', 1)")
    .run()
  clock.advance('60s')
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})
