/** The record of a token after each kind of change, for stores that write whole records. Call them on rows that are locked. */

import type { TokenRecord } from '../token/token.ts'
import { eitherUsed } from '../token/used-scopes.ts'
import type { RevokeScope, RotateScope, TokenPatch, UpdateScope } from './token-store.ts'
import type { RecordUseRules, TokenUse } from './token-use.ts'

/**
 * The record after `updateToken`. Enabling an inactive or idle token restarts its idle timeout.
 *
 * @returns `null` if nothing changes: no field is given, or the limits are sealed for a row that has changed since.
 */
export function withPatch(token: TokenRecord, changes: TokenPatch, scope: UpdateScope): TokenRecord | null {
  const { status, limits, ...texts } = changes
  if (Object.keys(changes).length === 0) return null
  if (limits !== undefined && limits.previousSeal !== token.seal) return null
  return {
    ...token,
    ...texts,
    ...limitFields(limits),
    ...statusFields(token, status, scope),
    updatedAt: scope.now,
  }
}

/** The record after a revocation. */
export function withRevocation(token: TokenRecord, { reason = null, now }: RevokeScope): TokenRecord {
  return { ...token, status: 'revoked', statusReason: reason, revokedAt: now, updatedAt: now }
}

/** The record of a token that was rotated. */
export function withSuccessor(
  token: TokenRecord,
  successor: Pick<TokenRecord, 'id'>,
  { now, graceEndsAt }: RotateScope,
): TokenRecord {
  return { ...token, successorId: successor.id, graceEndsAt, updatedAt: now }
}

/**
 * The record of a predecessor that the revocation of its unused successor restores.
 *
 * @param predecessor The token with the id `predecessorId` of the successor, if there is one.
 * @param successor The successor before its revocation.
 * @returns `null` if there is nothing to restore: the successor was used or replaced, or the grace period has ended.
 */
export function withoutSuccessor(
  predecessor: TokenRecord | null | undefined,
  successor: Pick<TokenRecord, 'id'>,
  { now, undoesRotation = false }: RevokeScope,
): TokenRecord | null {
  if (predecessor?.successorId !== successor.id) return null
  if (!undoesRotation && (predecessor.graceEndsAt ?? 0) <= now) return null
  return { ...predecessor, successorId: null, graceEndsAt: null }
}

/** The record after a use: counts are added, times move forward, and a token that was wrongly marked idle becomes active. */
export function withUse(
  token: TokenRecord,
  use: TokenUse,
  { now, idleTimeoutMs, storesClients = false }: RecordUseRules,
): TokenRecord {
  const wasIdle = token.status === 'inactive' && token.statusReason === 'idle'
  const undoesIdle = wasIdle && idleTimeoutMs !== null && use.lastUsedAt + idleTimeoutMs >= now
  return {
    ...token,
    ...(undoesIdle ? { status: 'active', statusReason: null } : {}),
    useCount: token.useCount + use.count,
    scopesUsed: eitherUsed(token.scopesUsed, use.scopesUsed ?? 0),
    lastClient: storesClients ? latestClient(token, use) : null,
    lastUsedAt: Math.max(token.lastUsedAt ?? 0, use.lastUsedAt),
    idleFrom: Math.max(token.idleFrom, use.lastUsedAt),
  }
}

function limitFields(limits: TokenPatch['limits']): Partial<TokenRecord> {
  if (limits === undefined) return {}
  const { previousSeal: _, ...fields } = limits
  return fields
}

function statusFields(
  token: TokenRecord,
  status: TokenPatch['status'],
  { now, idleBefore }: UpdateScope,
): Partial<TokenRecord> {
  if (status === undefined) return {}
  if (status === 'inactive') return { status, statusReason: 'disabled' }
  const isInactive = token.status === 'inactive' || (idleBefore !== null && token.idleFrom < idleBefore)
  return { status, statusReason: null, idleFrom: isInactive ? now : token.idleFrom }
}

function latestClient(token: TokenRecord, { lastUsedAt, lastClient = null }: TokenUse) {
  return lastClient !== null && lastUsedAt >= (token.lastUsedAt ?? 0) ? lastClient : token.lastClient
}
