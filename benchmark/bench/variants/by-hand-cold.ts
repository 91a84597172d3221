/**
 * Plain Fastify programs without a cache. For each request they check an HMAC-SHA-256 credential with `node:crypto` and
 * read the token by primary key, joined with its owner, by a prepared statement.
 */

import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import pg from 'pg'
import { postgresDatabase } from './databases.ts'
import {
  addRoute,
  eachCredential,
  FIND_USER_MS,
  host,
  POOL_SIZE,
  type Running,
  type Variant,
} from './variant.ts'

export const byHandColdSqlite: Variant = {
  name: 'by-hand-cold-sqlite',
  title: 'by hand: HMAC and one read of SQLite each time',
  answers: 200,
  start: startOnSqlite,
}

export const byHandColdPostgres: Variant = {
  name: 'by-hand-cold-postgres',
  title: 'by hand: HMAC and one read of PostgreSQL each time',
  answers: 200,
  needs: 'PostgreSQL',
  start: () => startOnPostgres(),
}

export const byHandColdPostgresUsers: Variant = {
  name: 'by-hand-cold-postgres-users',
  title: 'by hand: HMAC, one read of PostgreSQL and a user lookup of 1 ms each time',
  answers: 200,
  needs: 'PostgreSQL',
  start: () =>
    startOnPostgres(async () => {
      await sleep(FIND_USER_MS)
      return true
    }),
}

interface TokenRow {
  readonly id: string
  readonly user_id: string
  readonly scopes: string
  readonly status: string
  /** Milliseconds since the epoch; the text of a `bigint` in PostgreSQL. */
  readonly expires_at: number | string | null
  readonly owner_status: string
}

interface VerifiedToken {
  readonly id: string
  readonly userId: string
  readonly scopes: readonly string[]
}

declare module 'fastify' {
  interface FastifyRequest {
    benchToken: VerifiedToken | null
  }
}

const TABLES = [
  'create table owners (user_id varchar(255) primary key, status varchar(20) not null)',
  `create table tokens (
    id varchar(36) primary key,
    user_id varchar(255) not null references owners (user_id),
    scopes varchar(1000) not null,
    status varchar(20) not null,
    expires_at bigint
  )`,
]
const SELECT = `select tokens.id, tokens.user_id, tokens.scopes, tokens.status, tokens.expires_at,
    owners.status as owner_status
  from tokens join owners on owners.user_id = tokens.user_id where tokens.id = `
const EXPIRES_IN_MS = 86_400_000

async function startOnSqlite(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-by-hand-'))
  const database = new Database(join(folder, 'tokens.db'))
  database.pragma('journal_mode = WAL')
  for (const table of TABLES) database.exec(table)
  const { secret, tokens } = makeTokens()
  const insertOwner = database.prepare('insert into owners values (?, ?)')
  const insertToken = database.prepare('insert into tokens values (?, ?, ?, ?, ?)')
  for (const { owner, row } of tokens) {
    insertOwner.run(owner)
    insertToken.run(row)
  }
  const select = database.prepare<[string], TokenRow>(`${SELECT} ?`)
  const app = host()
  app.decorateRequest('benchToken', null)
  app.addHook('onClose', async () => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  addRoute(app, (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction) => {
    const id = checkedId(secret, request.headers.authorization)
    const token = id === null ? null : verified(select.get(id))
    if (token === null) return done(unauthorized())
    request.benchToken = token
    done()
  })
  return { app, credentials: tokens.map(({ credential }) => credential) }
}

async function startOnPostgres(findUser?: (userId: string) => Promise<boolean>): Promise<Running> {
  const { connectionString, drop } = await postgresDatabase()
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE })
  const app = host()
  app.decorateRequest('benchToken', null)
  app.addHook('onClose', async () => {
    await pool.end()
    await drop()
  })
  const { secret, tokens } = makeTokens()
  try {
    for (const table of TABLES) await pool.query(table)
    await Promise.all(tokens.map(({ owner }) => pool.query('insert into owners values ($1, $2)', owner)))
    await Promise.all(
      tokens.map(({ row }) => pool.query('insert into tokens values ($1, $2, $3, $4, $5)', row)),
    )
    await pool.query('analyze owners')
    await pool.query('analyze tokens')
  } catch (error) {
    await app.close()
    throw error
  }
  addRoute(app, async (request: FastifyRequest) => {
    const id = checkedId(secret, request.headers.authorization)
    if (id === null) throw unauthorized()
    const { rows } = await pool.query<TokenRow>({
      name: 'find-token',
      text: `${SELECT} $1`,
      values: [id],
    })
    const token = verified(rows[0])
    if (token === null || (findUser !== undefined && !(await findUser(token.userId)))) throw unauthorized()
    request.benchToken = token
  })
  return { app, credentials: tokens.map(({ credential }) => credential) }
}

function makeTokens() {
  const secret = randomBytes(32)
  const tokens = eachCredential((index) => {
    const id = randomUUID()
    const userId = `user-${index}`
    return {
      credential: `${id}.${macOf(secret, id).toString('base64url')}`,
      owner: [userId, 'active'],
      row: [id, userId, 'chat:write models:read', 'active', Date.now() + EXPIRES_IN_MS],
    }
  })
  return { secret, tokens }
}

/** The id in the header, or `null` without a valid MAC. */
function checkedId(secret: Buffer, header: string | undefined): string | null {
  if (header === undefined || !header.startsWith('Bearer ')) return null
  const dot = header.indexOf('.')
  if (dot < 0) return null
  const id = header.slice('Bearer '.length, dot)
  const expected = macOf(secret, id)
  const given = Buffer.from(header.slice(dot + 1), 'base64url')
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : null
}

function macOf(secret: Buffer, id: string): Buffer {
  return createHmac('sha256', secret).update(id).digest()
}

function verified(row: TokenRow | undefined): VerifiedToken | null {
  if (row === undefined || row.status !== 'active' || row.owner_status !== 'active') return null
  if (row.expires_at !== null && Number(row.expires_at) <= Date.now()) return null
  return { id: row.id, userId: row.user_id, scopes: row.scopes.split(' ') }
}

function unauthorized(): Error {
  return Object.assign(new Error('Unauthorized'), { statusCode: 401 })
}
