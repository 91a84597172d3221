/** Reads and searches an owner's page in memory as the databases do, and as few tokens as they. */

import { judge, type TokenStatus } from '../../token/status.ts'
import { lowerAscii } from '../../token/text.ts'
import type { OwnerRecord, TokenRecord } from '../../token/token.ts'
import { nameAndId } from '../name-and-id.ts'
import type { PagePosition, Stretch, TokenPage, TokenQuery } from '../token-store.ts'
import type { MemoryTokens } from './memory-tokens.ts'
import { compareBytes } from './sorted-keys.ts'

type Rows = Pick<TokenPage, 'tokens' | 'next'>

export function pageOf(
  tokens: MemoryTokens,
  owner: OwnerRecord | null,
  query: TokenQuery,
): Omit<TokenPage, 'owner'> {
  const { statuses, text } = query
  const matches = (token: TokenRecord) =>
    (statuses === undefined || statuses.includes(statusOf(token, owner, query))) &&
    (text === undefined || mentions(token, text))
  const rows =
    query.sort === 'last_used_at' ? byLastUse(tokens, query, matches) : byKey(tokens, query, matches)
  return { ...rows, total: countMatching(tokens, query, matches) }
}

function statusOf(
  token: TokenRecord,
  owner: OwnerRecord | null,
  { now, idleBefore, maxAgeMs = null }: TokenQuery,
): TokenStatus {
  const idleTimeoutMs = idleBefore === null ? null : now - idleBefore
  return judge(token, owner, { now, idleTimeoutMs, maxAgeMs }).status
}

/** Whether name or description hold the text; ASCII letters match in either case. */
function mentions(token: TokenRecord, text: string): boolean {
  const wanted = lowerAscii(text)
  return [token.name, token.description].some((field) => field !== null && lowerAscii(field).includes(wanted))
}

function byKey(tokens: MemoryTokens, query: TokenQuery, matches: (token: TokenRecord) => boolean): Rows {
  const { userId, descending, limit, maxRows, after, statuses, text } = query
  const order = query.sort === 'name' ? 'name' : 'id'
  const isFiltered = statuses !== undefined || text !== undefined
  const read = tokens.read(userId, {
    order,
    after: after === undefined ? null : order === 'id' ? after.id : nameAndId(String(after.value), after.id),
    descending,
    limit: isFiltered ? maxRows : limit + 1,
  })
  const position = ({ id, name }: TokenRecord) => ({ value: order === 'id' ? null : (name ?? ''), id })
  const matching = isFiltered ? read.filter(matches) : read
  const shown = matching.slice(0, limit)
  const last =
    matching.length > limit ? shown.at(-1) : isFiltered && read.length === maxRows ? read.at(-1) : undefined
  return { tokens: shown, next: last === undefined ? null : position(last) }
}

function byLastUse(tokens: MemoryTokens, query: TokenQuery, matches: (token: TokenRecord) => boolean): Rows {
  const { descending, limit, after } = query
  const stretch = after?.stretch ?? nextStretch(tokens, query)
  if (stretch === undefined) return { tokens: [], next: null }
  const direction = descending ? -1 : 1
  const rest = tokensOf(tokens, query, stretch)
    .filter(matches)
    .filter((token) => typeof after?.value !== 'number' || compareUse(token, after) * direction > 0)
    .sort((a, b) => compareUse(a, { value: b.lastUsedAt ?? 0, id: b.id }) * direction)
  const shown = rest.slice(0, limit)
  const last = shown.at(-1)
  if (rest.length > limit && last !== undefined) {
    return { tokens: shown, next: { value: last.lastUsedAt ?? 0, id: last.id, stretch } }
  }
  return { tokens: shown, next: stretch.last === null ? null : { value: null, id: stretch.last } }
}

function nextStretch(tokens: MemoryTokens, query: TokenQuery): Stretch | undefined {
  const { userId, descending, maxRows, after } = query
  const rows = tokens.read(userId, { order: 'id', after: after?.id ?? null, descending, limit: maxRows })
  const first = rows[0]
  if (first === undefined) return undefined
  return { first: first.id, last: rows.length === maxRows ? (rows.at(-1)?.id ?? null) : null }
}

/** No more than a stretch may have, also where a cursor names other ids. */
function tokensOf(tokens: MemoryTokens, query: TokenQuery, { first, last }: Stretch): TokenRecord[] {
  const { userId, descending, maxRows } = query
  const behind = tokens.read(userId, { order: 'id', after: first, descending, limit: maxRows })
  const at = tokens.get(first)
  const all = at?.userId === userId ? [at, ...behind].slice(0, maxRows) : behind
  const direction = descending ? -1 : 1
  return all.filter(({ id }) => last === null || compareBytes(id, last) * direction <= 0)
}

/** Below zero when the token comes before the position in ascending order. */
function compareUse(token: TokenRecord, { value, id }: PagePosition): number {
  return (token.lastUsedAt ?? 0) - Number(value) || compareBytes(token.id, id)
}

function countMatching(
  tokens: MemoryTokens,
  { userId, text, maxRows }: TokenQuery,
  matches: (token: TokenRecord) => boolean,
): number | null {
  if (text !== undefined) return null
  const read = tokens.read(userId, { order: 'id', after: null, descending: false, limit: maxRows + 1 })
  return read.length > maxRows ? null : read.filter(matches).length
}
