/** Tokens as the contract of stores puts them in: whole, plain, and different only where a test says so. */

import { deepEqual } from 'node:assert/strict'
import type { EndedRules, TokenPage, TokenQuery, TokenStore, UsageDays } from '../../store/token-store.ts'
import type { NewTokenRecord, OwnedToken, TokenRecord } from '../../token/token.ts'

/** What a store's own test file gives to the contract: a store that is open and empty. */
export interface StoreUnderTest {
  readonly store: TokenStore
  /** A second writer on the same tokens: another connection where the store has such, otherwise the store itself. */
  readonly second: TokenStore
  /** Called when the test has ended, however it did. */
  close?(): Promise<void>
}

/** Declares one test of the contract, on a store of its own. */
export type StoreTest = (title: string, run: (stores: StoreUnderTest) => Promise<void>) => void

/** 2026-01-01T00:00:00Z. */
export const NOW = Date.UTC(2026, 0, 1)
export const DAY = 86_400_000
export const IDLE = 30 * DAY

/** The n-th id: a UUIDv7 that sorts by n. */
export function id(n: number): string {
  return `019b7500-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

/** A token that is not in a store yet. */
export function draft(n: number, fields: Partial<NewTokenRecord> = {}): NewTokenRecord {
  return {
    id: id(n),
    userId: 'ada',
    name: `token ${n}`,
    description: null,
    scopes: [],
    status: 'active',
    statusReason: null,
    hint: 'wxyz',
    kid: 'key-1',
    form: 'jwt',
    seal: `seal of ${n}`,
    createdAt: NOW,
    createdBy: { kind: 'user', id: fields.userId ?? 'ada' },
    metadata: null,
    allowedIps: null,
    rateLimit: null,
    updatedAt: NOW,
    expiresAt: null,
    lastUsedAt: null,
    idleFrom: NOW,
    useCount: 0,
    scopesUsed: 0,
    lastClient: null,
    revokedAt: null,
    successorId: null,
    predecessorId: null,
    graceEndsAt: null,
    ...fields,
  }
}

/** Room for more ended tokens than any test makes. */
export const MANY_ENDED: EndedRules = { maxEnded: 1_000_000, deletableBefore: 0 }

/** Inserts a token, with room for more of them than any test makes. */
export async function put(
  store: TokenStore,
  n: number,
  fields: Partial<NewTokenRecord> = {},
): Promise<TokenRecord> {
  const inserted = await store.insertToken(draft(n, fields), {
    ...MANY_ENDED,
    maxTokens: 1_000_000,
    now: NOW,
  })
  if (inserted.outcome !== 'inserted') throw new Error(`token ${n} was not inserted: ${inserted.outcome}`)
  return inserted.token
}

/** The token with this id and its owner, or `null`. */
export async function findToken(store: TokenStore, tokenId: string): Promise<OwnedToken | null> {
  return (await store.findTokens([tokenId])).get(tokenId) ?? null
}

/** The row as it stands now. */
export async function rowOf(store: TokenStore, n: number): Promise<TokenRecord> {
  const found = await findToken(store, id(n))
  if (found === null) throw new Error(`there is no token ${n}`)
  return found.token
}

/** Thirty days, from the first one on. */
export function daysFrom(since: number): UsageDays {
  return { since, before: since + 30 * DAY }
}

/** A page's query: ada's tokens by time, in ascending order, unless the fields say otherwise. */
export function query(fields: Partial<TokenQuery> = {}): TokenQuery {
  return {
    userId: 'ada',
    limit: 100,
    sort: 'created_at',
    descending: false,
    maxRows: 1_000,
    now: NOW,
    idleBefore: NOW - IDLE,
    ...fields,
  }
}

/** The numbers of tokens, by their ids. */
export function numbers(tokens: readonly { readonly id: string }[]): number[] {
  return tokens.map((token) => Number.parseInt(token.id.slice(-12), 16))
}

/** Every page from the first one, or from `fields.after`, on, as the numbers of its tokens. */
export async function pagesOf(store: TokenStore, fields: Partial<TokenQuery>): Promise<number[][]> {
  const pages: number[][] = []
  let after = fields.after
  for (;;) {
    const page: TokenPage = await store.listTokens(query({ ...fields, after }))
    pages.push(numbers(page.tokens))
    if (page.next === null) return pages
    after = page.next
  }
}

/** Throws unless the object has these fields, with these values. */
export function hasFields(actual: object | null | undefined, fields: object, message?: string): void {
  const known = new Map(Object.entries(actual ?? {}))
  const same = Object.fromEntries(Object.keys(fields).map((name) => [name, known.get(name)]))
  deepEqual(same, fields, message)
}
