/** The filters of an owner's list as SQL conditions. */

import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { lowerAscii as inLowerCase } from '../../../token/text.ts'
import type { OwnerRecord } from '../../../token/token.ts'
import type { TokenQuery } from '../../token-store.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { clockMoment, hasStatus } from './token-status.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

export function isFiltered({ statuses, text }: TokenQuery): boolean {
  return statuses !== undefined || text !== undefined
}

/** The token matches the query's filters. */
export function matches(
  eb: Tokens,
  { generation }: OwnerRecord,
  query: TokenQuery,
  traits: DialectTraits,
): Expression<SqlBool> {
  const { statuses, text, idleBefore } = query
  const conditions: Expression<SqlBool>[] = []
  if (statuses !== undefined) {
    const idle = idleBefore === null ? null : traits.time(idleBefore)
    const moment = { ...clockMoment(traits, query), idleBefore: idle, generation }
    conditions.push(eb.or(statuses.map((status) => hasStatus(eb, status, moment))))
  }
  if (text !== undefined) conditions.push(mentions(eb, text, traits))
  return eb.and(conditions)
}

function mentions(eb: Tokens, text: string, { lowerAscii }: DialectTraits): Expression<SqlBool> {
  const pattern = `%${inLowerCase(text).replace(/[!%_]/g, '!$&')}%`
  const holds = (field: 'api_tokens.name' | 'api_tokens.description') =>
    sql<SqlBool>`${lowerAscii(eb.ref(field))} like ${pattern} escape '!'`
  return eb.or([holds('api_tokens.name'), holds('api_tokens.description')])
}
