/** A separate process that starts a host in a folder for the first time, and prints a token that it issued. */

import { join } from 'node:path'
import Fastify from 'fastify'
import apiTokens from '../../src/index.ts'
import { jwksFile } from '../../src/keys/jwks-file.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'

const [, , folder = ''] = process.argv
const app = Fastify()
await app.register(apiTokens, {
  store: sqliteTokenStore({ filename: join(folder, 'tokens.db') }),
  keys: jwksFile(join(folder, 'keys.json')),
  routes: false,
})
await app.ready()
const { credential } = await app.apiTokens.issue({ userId: 'ada' })
await app.close()
process.stdout.write(credential)
