/** Makes a page of an owner's tokens out of ordered reads, for stores whose database does not evaluate the filters. */

import { judge, type TokenStatus } from '../token/status.ts'
import { lowerAscii } from '../token/text.ts'
import type { OwnerRecord, TokenRecord } from '../token/token.ts'
import { compareBytes } from './compare-bytes.ts'
import { nameAndId } from './name-and-id.ts'
import type { PagePosition, Stretch, TokenPage, TokenQuery } from './token-query.ts'

/** A range of an owner's tokens. */
export interface PageRange {
  readonly userId: string
  /** The key to sort by: `id`, or the text that `nameAndId` makes. Keys are compared by bytes. */
  readonly order: 'id' | 'name'
  readonly descending: boolean
  /** Where the range begins; `null` for the first token, or the last one in descending order. */
  readonly from: { readonly key: string; readonly inclusive: boolean } | null
  readonly limit: number
}

/** Reads a range. */
export type ReadRange = (range: PageRange) => readonly TokenRecord[] | Promise<readonly TokenRecord[]>

/** The tokens of a page, and where the next one begins. */
type Rows = Pick<TokenPage, 'tokens' | 'next'>
type Matches = (token: TokenRecord) => boolean

/**
 * The page for a query. It reads at most `maxRows` tokens for the page and again for the total, in two or three ranges, and
 * evaluates statuses and text itself.
 *
 * @param owner The owner of the tokens, for the status and for the result.
 * @param read Reads a range from an index of the database.
 */
export async function pageOf(
  query: TokenQuery,
  owner: OwnerRecord | null,
  read: ReadRange,
): Promise<TokenPage> {
  const { statuses, text } = query
  const matches: Matches = (token) =>
    (statuses === undefined || statuses.includes(statusOf(token, owner, query))) &&
    (text === undefined || mentions(token, text))
  const byUse = query.sort === 'last_used_at'
  const rows = byUse ? await byLastUse(query, matches, read) : await byKey(query, matches, read)
  return { ...rows, total: await countMatching(query, matches, read), owner }
}

function statusOf(
  token: TokenRecord,
  owner: OwnerRecord | null,
  { now, idleBefore, maxAgeMs = null }: TokenQuery,
): TokenStatus {
  const idleTimeoutMs = idleBefore === null ? null : now - idleBefore
  return judge(token, owner, { now, idleTimeoutMs, maxAgeMs }).status
}

/** Whether name or description contain the text; ASCII letters match in either case. */
function mentions(token: TokenRecord, text: string): boolean {
  const wanted = lowerAscii(text)
  return [token.name, token.description].some((field) => field !== null && lowerAscii(field).includes(wanted))
}

async function byKey(query: TokenQuery, matches: Matches, read: ReadRange): Promise<Rows> {
  const { userId, descending, limit, maxRows, after, statuses, text } = query
  const order = query.sort === 'name' ? 'name' : 'id'
  const isFiltered = statuses !== undefined || text !== undefined
  const rows = await read({
    userId,
    order,
    descending,
    from: after === undefined ? null : { key: keyOf(after, order), inclusive: false },
    limit: isFiltered ? maxRows : limit + 1,
  })
  const position = ({ id, name }: TokenRecord) => ({ value: order === 'id' ? null : (name ?? ''), id })
  const matching = isFiltered ? rows.filter(matches) : rows
  const shown = matching.slice(0, limit)
  const last =
    matching.length > limit ? shown.at(-1) : isFiltered && rows.length === maxRows ? rows.at(-1) : undefined
  return { tokens: shown, next: last === undefined ? null : position(last) }
}

function keyOf({ value, id }: PagePosition, order: PageRange['order']): string {
  return order === 'id' ? id : nameAndId(String(value), id)
}

async function byLastUse(query: TokenQuery, matches: Matches, read: ReadRange): Promise<Rows> {
  const { descending, limit, after } = query
  const stretch = after?.stretch ?? (await nextStretch(query, read))
  if (stretch === undefined) return { tokens: [], next: null }
  const direction = descending ? -1 : 1
  const tokens = await tokensOf(query, stretch, read)
  const rest = tokens
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

async function nextStretch(query: TokenQuery, read: ReadRange): Promise<Stretch | undefined> {
  const { userId, descending, maxRows, after } = query
  const from = after === undefined ? null : { key: after.id, inclusive: false }
  const rows = await read({ userId, order: 'id', descending, from, limit: maxRows })
  const first = rows[0]
  if (first === undefined) return undefined
  return { first: first.id, last: rows.length === maxRows ? (rows.at(-1)?.id ?? null) : null }
}

/** At most `maxRows` tokens, also where a cursor names other ids. */
async function tokensOf(query: TokenQuery, { first, last }: Stretch, read: ReadRange) {
  const { userId, descending, maxRows } = query
  const from = { key: first, inclusive: true }
  const rows = await read({ userId, order: 'id', descending, from, limit: maxRows })
  const direction = descending ? -1 : 1
  return rows.filter(({ id }) => last === null || compareBytes(id, last) * direction <= 0)
}

/** Below zero when the token comes before the position in ascending order. */
function compareUse(token: TokenRecord, { value, id }: PagePosition): number {
  return (token.lastUsedAt ?? 0) - Number(value) || compareBytes(token.id, id)
}

async function countMatching(
  { userId, text, maxRows }: TokenQuery,
  matches: Matches,
  read: ReadRange,
): Promise<number | null> {
  if (text !== undefined) return null
  const rows = await read({ userId, order: 'id', descending: false, from: null, limit: maxRows + 1 })
  return rows.length > maxRows ? null : rows.filter(matches).length
}
