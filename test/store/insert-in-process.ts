/** A separate process that opens an SQLite store and inserts one token: `file number`. */

import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { draft, MANY_ENDED, NOW } from '../../src/testing/store-contract/records.ts'

const [, , filename = '', number] = process.argv
const store = sqliteTokenStore({ filename })
await store.open()
const { outcome } = await store.insertToken(draft(Number(number)), {
  ...MANY_ENDED,
  maxTokens: 100,
  now: NOW,
})
await store.close()
process.stdout.write(outcome)
