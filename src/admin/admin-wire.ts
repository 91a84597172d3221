/** The bodies of the routes for administrators: snake_case names, times in ISO 8601 and UTC, and spans in seconds. */

import { InvalidInput } from '../errors.ts'
import { scopesOnWire, tokenOnWire } from '../http/wire.ts'
import type { ApiToken } from '../lifecycle/api-token.ts'
import type { Context } from '../lifecycle/context.ts'
import type { IssuedToken } from '../lifecycle/issue-token.ts'
import type { OwnerList } from '../lifecycle/list-owners.ts'
import type { SearchResult } from '../lifecycle/search-tokens.ts'
import type { GivenLimits } from '../lifecycle/token-limits.ts'
import type { JsonObject, OwnerRecord } from '../token/token.ts'
import type {
  AdminScopeListBody,
  AdminTokenBody,
  AdminTokenListBody,
  IssuedAdminTokenBody,
  OwnerBody,
  OwnerListBody,
  RevokedBody,
} from './admin-schemas.ts'

/** The token object with the members that only administrators see. */
export function adminTokenOnWire(token: ApiToken): AdminTokenBody {
  const { metadata, allowedIps, rateLimit } = token
  return {
    ...tokenOnWire(token),
    metadata,
    allowed_ips: allowedIps === null ? null : [...allowedIps],
    rate_limit: rateLimit === null ? null : { max: rateLimit.max, time_window: rateLimit.timeWindow / 1000 },
  }
}

/** The only response body with the credential. */
export function issuedAdminTokenOnWire({ token, credential }: IssuedToken): IssuedAdminTokenBody {
  return { ...adminTokenOnWire(token), token: credential, token_type: 'Bearer' }
}

export function searchOnWire({ data, nextCursor }: SearchResult): AdminTokenListBody {
  return { data: data.map(adminTokenOnWire), next_cursor: nextCursor }
}

export function adminScopesOnWire({ catalogue, expiry }: Context): AdminScopeListBody {
  const { owners: _, ...chosen } = scopesOnWire(catalogue.entries(), expiry)
  return chosen
}

export function ownerOnWire({ userId, status }: Pick<OwnerRecord, 'userId' | 'status'>): OwnerBody {
  return { user_id: userId, status }
}

export function ownersOnWire({ data, nextCursor }: OwnerList): OwnerListBody {
  return { data: data.map(ownerOnWire), next_cursor: nextCursor }
}

export function revokedOnWire(
  revoked: number | null,
  unknown: { readonly ids?: readonly string[]; readonly credentials?: readonly number[] },
): RevokedBody {
  return {
    revoked,
    unknown_ids: [...(unknown.ids ?? [])],
    unknown_credentials: [...(unknown.credentials ?? [])],
  }
}

/** The limits of a body. Absent ones stay absent. */
interface LimitsOnWire {
  readonly metadata?: object | null
  readonly allowed_ips?: readonly string[] | null
  readonly rate_limit?: { readonly max: number; readonly time_window: number } | null
}

export function limitsOf({
  metadata,
  allowed_ips: allowedIps,
  rate_limit: limit,
}: LimitsOnWire): GivenLimits {
  return {
    // A body was parsed from JSON.
    metadata: metadata as JsonObject | null | undefined,
    allowedIps,
    rateLimit: limit ? { max: limit.max, timeWindow: limit.time_window * 1000 } : limit,
  }
}

const UTC_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?Z)?$/

/**
 * A time of a query: RFC 3339 `full-date`, or `date-time` in UTC.
 *
 * @throws {InvalidInput} That names the field. A date that does not exist, such as February 30, is refused, too.
 */
export function timeFrom(field: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(UTC_TIME.test(text) ? text : NaN)
  if (!Number.isNaN(time.getTime()) && time.toISOString().slice(0, 10) === text.slice(0, 10)) return time
  throw new InvalidInput(`${field} must be a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z`)
}

/** An error of the lifecycle that names a member, such as `allowedIps[0]`, names the field of the request instead. */
export async function withWireNames<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    const message = error.message.replace(/^[a-z]\w*(\.timeWindow)?/, (name) =>
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    )
    throw new InvalidInput(message)
  }
}
