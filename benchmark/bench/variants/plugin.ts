/** This plugin: warm, with scopes, cold on each database, and with invalid signatures. */

import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import apiTokens, { type ApiTokensOptions, requireScopes } from '../../../src/index.ts'
import { mysqlTokenStore } from '../../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { postgresTokenStore } from '../../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import type { TokenStore } from '../../../src/store/token-store.ts'
import { hmac, read } from '../../../test/support/forge.ts'
import { hs256Key } from '../../../test/support/keys.ts'
import { mariaDbDatabase, postgresDatabase } from './databases.ts'
import {
  addRoute,
  CREDENTIALS,
  FIND_USER_MS,
  host,
  POOL_SIZE,
  type Running,
  type Variant,
} from './variant.ts'

/** A cache of one entry: with 500 tokens in turn, every request is a miss. */
export const COLD: ApiTokensOptions = { cache: { max: 1 } }

/** Every token is in the cache, as for a client whose token was used within the last minute. */
export const warm: Variant = {
  name: 'warm',
  title: 'this plugin, warm',
  answers: 200,
  start: () => startPlugin({}),
}

export const scopes: Variant = {
  name: 'scopes',
  title: 'this plugin, warm, with a required scope',
  answers: 200,
  start: () => startPlugin({}, { scope: 'chat:write' }),
}

export const warmAddresses: Variant = {
  name: 'warm-addresses',
  title: 'this plugin, warm, tokens with a list of addresses',
  answers: 200,
  start: () => startPlugin({}, { allowedIps: ['10.0.0.0/8', '127.0.0.0/8'] }),
}

export const cold: Variant = {
  name: 'cold',
  title: 'this plugin, cold: signature and one read of SQLite each time',
  answers: 200,
  start: () => startPlugin(COLD),
}

export const coldPostgres: Variant = {
  name: 'cold-postgres',
  title: 'this plugin, cold on PostgreSQL',
  answers: 200,
  needs: 'PostgreSQL',
  start: () => startPlugin(COLD, { openStore: postgresStore }),
}

export const coldPostgresUsers: Variant = {
  name: 'cold-postgres-users',
  title: 'this plugin, cold on PostgreSQL, with a `findUser` of 1 ms',
  answers: 200,
  needs: 'PostgreSQL',
  start: () => startPlugin({ ...COLD, findUser: slowFindUser }, { openStore: postgresStore }),
}

export const coldMariaDb: Variant = {
  name: 'cold-mariadb',
  title: 'this plugin, cold on MariaDB',
  answers: 200,
  needs: 'MariaDB',
  start: () => startPlugin(COLD, { openStore: mariaDbStore }),
}

/** Only the signature is wrong, so the whole signature check runs. */
export const forged: Variant = {
  name: 'forged',
  title: 'this plugin, invalid signatures',
  answers: 401,
  start: async () => {
    const { app, credentials } = await startPlugin({})
    return { app, credentials: credentials.map(forge) }
  },
}

/** The same header and claims, signed with another key. */
export function forge(credential: string): string {
  const { header, claims } = read(credential)
  return hmac(randomUUID(), header, claims)
}

interface OpenStore {
  readonly store: TokenStore
  /** Deletes the database, after the store has closed. */
  drop(): Promise<void>
}

interface Setup {
  /** The scope that the route requires. */
  readonly scope?: string
  /** The addresses that may use the tokens. Default: all. */
  readonly allowedIps?: readonly string[]
  readonly openStore?: () => Promise<OpenStore>
}

/** Starts the plugin with these options and issues the tokens. */
export async function startPlugin(
  options: ApiTokensOptions,
  { scope, allowedIps, openStore = sqliteStore }: Setup = {},
): Promise<Running> {
  const { store, drop } = await openStore()
  const app = host()
  app.addHook('onClose', drop)
  try {
    await app.register(apiTokens, {
      store,
      keys: [hs256Key()],
      routes: false,
      scopes: { 'chat:write': 'chat', 'models:read': 'list models' },
      ...options,
    })
    addRoute(app, scope === undefined ? app.verifyApiToken : requireScopes(scope))
    await app.ready()
    return { app, credentials: await issueAll(app, allowedIps) }
  } catch (error) {
    await app.close()
    throw error
  }
}

/** Issues in batches of the size of a pool, which is several times faster on a database server. */
async function issueAll(app: FastifyInstance, allowedIps: Setup['allowedIps']): Promise<readonly string[]> {
  const credentials: string[] = []
  while (credentials.length < CREDENTIALS) {
    const batch = Array.from({ length: Math.min(POOL_SIZE, CREDENTIALS - credentials.length) }, (_, index) =>
      app.apiTokens.issue({
        userId: `user-${credentials.length + index}`,
        scopes: ['chat:write', 'models:read'],
        allowedIps,
      }),
    )
    credentials.push(...(await Promise.all(batch)).map(({ credential }) => credential))
  }
  return credentials
}

async function slowFindUser(): Promise<{ readonly active: boolean }> {
  await sleep(FIND_USER_MS)
  return { active: true }
}

async function sqliteStore(): Promise<OpenStore> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const store = sqliteTokenStore({ filename: join(folder, 'tokens.db') })
  return { store, drop: async () => rmSync(folder, { recursive: true }) }
}

async function postgresStore(): Promise<OpenStore> {
  const { connectionString, drop } = await postgresDatabase()
  return { store: postgresTokenStore({ connectionString, migrate: true }), drop }
}

async function mariaDbStore(): Promise<OpenStore> {
  const { connectionString, drop } = await mariaDbDatabase()
  return { store: mysqlTokenStore({ connectionString, migrate: true }), drop }
}
