/**
 * Reads tokens of all owners in the order of an index. A position within equal values is continued by statements of its own:
 * the rest of the equal values, then the greater ones. MySQL reads a comparison of two columns at once without an index.
 */

import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { hexOfUuid } from '../../../token/uuid.ts'
import { dayNumberOf } from '../../../utc-day.ts'
import type { PlacedToken, RangePlace, RangePosition, TokenRange } from '../../administration-store.ts'
import { nameAndId } from '../../name-and-id.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { tokenColumns } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'
import { afterPrefix } from './after-prefix.ts'
import { type JoinedRow, ownedFromRow, ownerColumns } from './find-token.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** A part of a range: rows that one index holds together and in order. */
interface Stretch {
  readonly where: (eb: Tokens) => readonly Expression<SqlBool>[]
  readonly order: readonly ('id' | 'name_and_id' | 'idle_day' | 'expires_at')[]
}

export async function readRange(
  storeDb: StoreDb,
  range: TokenRange,
  place: RangePlace,
): Promise<readonly PlacedToken[]> {
  if (range.by === 'creator') return readCreator(storeDb, range.creatorId, place)
  return readStretches(storeDb, stretchesOf(storeDb, range, place), range.by, place)
}

/** Reads one stretch after another until there are enough rows. */
async function readStretches(
  storeDb: StoreDb,
  stretches: readonly Stretch[],
  by: TokenRange['by'],
  { limit, descending }: RangePlace,
): Promise<readonly PlacedToken[]> {
  const found: PlacedToken[] = []
  for (const stretch of stretches) {
    if (found.length >= limit) break
    found.push(...(await readStretch(storeDb, stretch, by, { limit: limit - found.length, descending })))
  }
  return found
}

/** The owner's tokens do not name their creator again: there are two stretches with the same order. */
async function readCreator(
  storeDb: StoreDb,
  creatorId: string,
  place: RangePlace,
): Promise<readonly PlacedToken[]> {
  const { descending, limit } = place
  const after = afterId(storeDb, place)
  const named = (eb: Tokens) => [eb('api_tokens.created_by_id', '=', creatorId), ...after(eb)]
  const own = (eb: Tokens) => [
    eb('api_tokens.user_id', '=', creatorId),
    eb('api_tokens.created_by_kind', '=', 'user'),
    eb('api_tokens.created_by_id', 'is', null),
    ...after(eb),
  ]
  const both = [
    ...(await readStretch(storeDb, { where: named, order: ['id'] }, 'creator', place)),
    ...(await readStretch(storeDb, { where: own, order: ['id'] }, 'creator', place)),
  ]
  const direction = descending ? -1 : 1
  return both.sort((a, b) => (a.token.id < b.token.id ? -1 : 1) * direction).slice(0, limit)
}

async function readStretch(
  { db, traits }: StoreDb,
  { where, order }: Stretch,
  by: TokenRange['by'],
  { limit, descending }: Pick<RangePlace, 'limit' | 'descending'>,
): Promise<readonly PlacedToken[]> {
  let query = db
    .selectFrom('api_tokens')
    .select(tokenColumns(traits))
    .select((eb) => ownerColumns(eb))
    .select('idle_day')
    .where((eb) => eb.and([...where(eb)]))
    .limit(limit)
  for (const column of order) query = query.orderBy(`api_tokens.${column}`, descending ? 'desc' : 'asc')
  const rows = await query.$castTo<JoinedRow & { readonly idle_day: number }>().execute()
  return rows.map((row) => {
    const owned = ownedFromRow(row)
    return { ...owned, position: positionOf(owned.token, by, Number(row.idle_day)) }
  })
}

function positionOf(
  { id, name, expiresAt }: PlacedToken['token'],
  by: TokenRange['by'],
  day: number,
): RangePosition {
  const values = { name: name ?? '', last_use: day, expiry: expiresAt }
  return { id, value: by in values ? values[by as keyof typeof values] : null }
}

function stretchesOf(
  storeDb: StoreDb,
  range: Exclude<TokenRange, { by: 'creator' }>,
  place: RangePlace,
): readonly Stretch[] {
  const { traits } = storeDb
  const { after } = place
  switch (range.by) {
    case 'id':
      return [{ where: afterId(storeDb, place), order: ['id'] }]
    case 'owner':
      return [
        {
          where: (eb) => [eb('api_tokens.user_id', '=', range.userId), ...afterId(storeDb, place)(eb)],
          order: ['id'],
        },
      ]
    case 'name': {
      const { prefix } = range
      const from =
        after === null ? sql`${prefix}` : sql`${nameAndId(String(after.value), hexOfUuid(after.id))}`
      const column = sql.ref('api_tokens.name_and_id')
      return [
        {
          where: () => [
            sql<SqlBool>`${column} ${sql.raw(after === null ? '>=' : '>')} ${from}`,
            ...(prefix === '' ? [] : [sql<SqlBool>`${column} < ${afterPrefix(prefix)}`]),
          ],
          order: ['name_and_id'],
        },
      ]
    }
    case 'last_use': {
      const before = (eb: Tokens) => eb('api_tokens.idle_day', '<', dayNumberOf(range.before))
      return inOrder(storeDb, after, {
        order: ['idle_day', 'id'],
        all: (eb) => [before(eb)],
        equal: (eb, value) => eb('api_tokens.idle_day', '=', Number(value)),
        greater: (eb, value) => [before(eb), eb('api_tokens.idle_day', '>', Number(value))],
      })
    }
    case 'expiry': {
      const { before } = range
      const within = (eb: Tokens) => [
        before === null
          ? eb('api_tokens.expires_at', 'is not', null)
          : eb('api_tokens.expires_at', '<', traits.time(before)),
      ]
      const never: Stretch = {
        where: (eb) => [
          eb('api_tokens.expires_at', 'is', null),
          ...(after?.value === null ? afterId(storeDb, place)(eb) : []),
        ],
        // Not by id alone: PostgreSQL would then read all tokens by primary key and filter them.
        order: ['expires_at', 'id'],
      }
      const withoutExpiry = before === null ? [never] : []
      if (after !== null && after.value === null) return withoutExpiry
      return [
        ...inOrder(storeDb, after, {
          order: ['expires_at', 'id'],
          all: within,
          equal: (eb, value) => eb('api_tokens.expires_at', '=', traits.time(Number(value))),
          greater: (eb, value) => [
            ...within(eb),
            eb('api_tokens.expires_at', '>', traits.time(Number(value))),
          ],
        }),
        ...withoutExpiry,
      ]
    }
    default:
      return range satisfies never
  }
}

interface OrderedColumn {
  readonly order: Stretch['order']
  readonly all: (eb: Tokens) => readonly Expression<SqlBool>[]
  readonly equal: (eb: Tokens, value: RangePosition['value']) => Expression<SqlBool>
  readonly greater: (eb: Tokens, value: RangePosition['value']) => readonly Expression<SqlBool>[]
}

/** The rows after a position: those with its value and a greater id, then those with a greater value. */
function inOrder(
  { traits }: StoreDb,
  after: RangePosition | null,
  { order, all, equal, greater }: OrderedColumn,
): readonly Stretch[] {
  if (after === null) return [{ where: all, order }]
  const { id, value } = after
  return [
    { where: (eb) => [equal(eb, value), eb('api_tokens.id', '>', traits.id(id))], order: ['id'] },
    { where: (eb) => greater(eb, value), order },
  ]
}

function afterId({ traits }: StoreDb, { after, descending }: RangePlace) {
  const id = traits.id(after?.id ?? (descending ? LAST_ID : FIRST_ID))
  return (eb: Tokens): readonly Expression<SqlBool>[] => [eb('api_tokens.id', descending ? '<' : '>', id)]
}

/** The nil and the max UUID (RFC 9562 §5.9 and §5.10), which are no ids of tokens. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000'
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
