/** The response bodies: snake_case names, times in ISO 8601 and UTC. */

import type { ApiToken } from '../lifecycle/api-token.ts'
import type { ExpiryPolicy } from '../lifecycle/expiry-policy.ts'
import type { IssuedToken } from '../lifecycle/issue-token.ts'
import type { TokenList } from '../lifecycle/list-tokens.ts'
import type { ScopeEntry } from '../lifecycle/scope-catalogue.ts'
import type { TokenUsage } from '../lifecycle/token-usage.ts'
import type { ManagedOwner } from './managed-owners.ts'
import type { IssuedTokenBody, ScopeListBody, Token, TokenListBody, UsageBody } from './schemas.ts'

export function tokenOnWire(token: ApiToken): Token {
  return {
    id: token.id,
    user_id: token.userId,
    name: token.name,
    description: token.description,
    scopes: [...token.scopes],
    status: token.status,
    status_reason: token.statusReason,
    hint: token.hint,
    created_at: token.createdAt.toISOString(),
    created_by: { ...token.createdBy },
    updated_at: token.updatedAt.toISOString(),
    expires_at: isoOf(token.expiresAt),
    last_used_at: isoOf(token.lastUsedAt),
    idle_warning_at: isoOf(token.idleWarningAt),
    idle_expires_at: isoOf(token.idleExpiresAt),
    use_count: token.useCount,
    ...clientOnWire(token),
  }
}

/** The only response body with the credential. */
export function issuedOnWire({ token, credential }: IssuedToken): IssuedTokenBody {
  return { ...tokenOnWire(token), token: credential, token_type: 'Bearer' }
}

export function listOnWire({ data, nextCursor, total }: TokenList): TokenListBody {
  return { data: data.map(tokenOnWire), next_cursor: nextCursor, total }
}

export function usageOnWire({ data, scopes }: TokenUsage): UsageBody {
  return { data: [...data], scopes: [...scopes] }
}

/** The scopes and lifetimes that a user may choose for a new token, and its further owners. */
export function scopesOnWire(
  entries: readonly ScopeEntry[],
  policy: ExpiryPolicy,
  owners: readonly ManagedOwner[] = [],
): ScopeListBody {
  return {
    data: [...entries],
    expires_in: expiryOnWire(policy),
    owners: owners.map(({ id, name = null }) => ({ id, name })),
  }
}

/** The wire uses seconds. */
function expiryOnWire({ defaultMs, minMs, maxMs }: ExpiryPolicy): ScopeListBody['expires_in'] {
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1000)
  return { default: seconds(defaultMs), minimum: minMs / 1000, maximum: seconds(maxMs) }
}

/** Members that exist only if the host stores the last client. */
function clientOnWire({ lastClient }: ApiToken) {
  if (lastClient === undefined) return {}
  return { last_used_ip: lastClient?.ip ?? null, last_used_user_agent: lastClient?.userAgent ?? null }
}

function isoOf(time: Date | null): string | null {
  return time === null ? null : time.toISOString()
}
