/** This plugin on an SQLite file: warm, with scopes, cold, and with what it refuses. */

import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import apiTokens, { type ApiTokensOptions, requireScopes } from '../../../src/index.ts'
import { sqliteTokenStore } from '../../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { hmac, read } from '../../../test/support/forge.ts'
import { hs256Key } from '../../../test/support/keys.ts'
import { addRoute, CREDENTIALS, host, type Running, type Variant } from './variant.ts'

/** Every token is in the cache: what a client meets whose token was used within the last minute. */
export const warm: Variant = {
  name: 'warm',
  title: 'this plugin, warm',
  answers: 200,
  start: () => start({}),
}

export const scopes: Variant = {
  name: 'scopes',
  title: 'this plugin, warm, with a required scope',
  answers: 200,
  start: () => start({}, 'chat:write'),
}

/** A cache of one entry: with more than one client, every request finds another's there. */
export const cold: Variant = {
  name: 'cold',
  title: 'this plugin, cold: signature and one read of SQLite each time',
  answers: 200,
  start: () => start({ cache: { max: 1 } }),
}

/** Whole in every part but the signature: the dearest to refuse. */
export const forged: Variant = {
  name: 'forged',
  title: 'this plugin, invalid signatures',
  answers: 401,
  start: async () => {
    const { app, credentials } = await start({})
    return { app, credentials: credentials.map(forge) }
  },
}

/** The same credential, signed by who does not have the key. */
export function forge(credential: string): string {
  const { header, claims } = read(credential)
  return hmac(randomUUID(), header, claims)
}

async function start(options: ApiTokensOptions, scope?: string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const app = host()
  app.addHook('onClose', async () => rmSync(folder, { recursive: true }))
  await app.register(apiTokens, {
    store: sqliteTokenStore({ filename: join(folder, 'tokens.db') }),
    keys: [hs256Key()],
    routes: false,
    scopes: { 'chat:write': 'chat', 'models:read': 'list models' },
    ...options,
  })
  addRoute(app, scope === undefined ? app.verifyApiToken : requireScopes(scope))
  await app.ready()
  const credentials: string[] = []
  for (let user = 0; user < CREDENTIALS; user += 1) {
    const { credential } = await app.apiTokens.issue({
      userId: `user-${user}`,
      scopes: ['chat:write', 'models:read'],
    })
    credentials.push(credential)
  }
  return { app, credentials }
}
