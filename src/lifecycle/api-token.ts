/** A token as its owner and the host's code see it: the record, evaluated at a moment. */

import { endsAt, idleExpiresAt, idleWarningAt, judge, type TokenStatus } from '../token/status.ts'
import type {
  Creator,
  LastClient,
  OwnerRecord,
  StatusReason,
  TokenLimits,
  TokenRecord,
} from '../token/token.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'

export interface ApiToken extends TokenLimits {
  readonly id: string
  readonly userId: string
  readonly name: string | null
  readonly description: string | null
  readonly scopes: readonly string[]
  readonly status: TokenStatus
  /** Why it is inactive or revoked. `null` if its owner or the host revoked it. */
  readonly statusReason: StatusReason | null
  /** The credential's last four characters. */
  readonly hint: string
  readonly createdAt: Date
  readonly createdBy: Creator
  /** The last change by the owner. */
  readonly updatedAt: Date
  /** With `expiry.enforce: 'all'` at most `expiry.max` after `createdAt`; of a rotated token at most the end of its grace. */
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
  /** When the idle warning begins, unless it is used before; `null` without `idleWarning` and for an ended token. */
  readonly idleWarningAt: Date | null
  /** When it becomes idle, unless it is used before; `null` without `idleTimeout` and for an ended token. */
  readonly idleExpiresAt: Date | null
  readonly useCount: number
  /** The client of the last use. Only with `usage.lastClient`; `null` until the first use. */
  readonly lastClient?: LastClient | null
}

export interface ViewDeps {
  readonly recorder: Pick<UsageRecorder, 'lastUsedAt' | 'pendingCount' | 'lastClient'>
  readonly idleTimeoutMs: number | null
  /** How long before the idle timeout the warning begins, or `null` for no warning. */
  readonly idleWarningMs: number | null
  /** The age at which every token expires; `null` for none. */
  readonly maxAgeMs: number | null
  readonly storesClients: boolean
}

/** Evaluates a record at `now`, including uses that this instance has not flushed yet. */
export function viewOf(
  record: TokenRecord,
  owner: OwnerRecord | null,
  now: number,
  deps: ViewDeps,
): ApiToken {
  const token = withPendingUse(record, deps.recorder)
  const { idleTimeoutMs, maxAgeMs } = deps
  const { status, reason } = judge(token, owner, { now, idleTimeoutMs, maxAgeMs })
  const runs = status === 'active' || status === 'inactive'
  return {
    id: token.id,
    userId: token.userId,
    name: token.name,
    description: token.description,
    // A copy: a caller must not change the record of a store in memory.
    scopes: Object.freeze([...token.scopes]),
    status,
    statusReason: reason,
    hint: token.hint,
    createdAt: new Date(token.createdAt),
    createdBy: token.createdBy,
    metadata: token.metadata,
    allowedIps: token.allowedIps,
    rateLimit: token.rateLimit,
    updatedAt: new Date(token.updatedAt),
    expiresAt: dateOf(endsAt(token, maxAgeMs)),
    lastUsedAt: dateOf(token.lastUsedAt),
    idleWarningAt: runs ? dateOf(idleWarningAt(token, deps)) : null,
    idleExpiresAt: runs ? dateOf(idleExpiresAt(token, idleTimeoutMs)) : null,
    useCount: token.useCount,
    ...(deps.storesClients ? { lastClient: token.lastClient } : {}),
  }
}

function withPendingUse(token: TokenRecord, recorder: ViewDeps['recorder']): TokenRecord {
  const known = recorder.lastUsedAt(token.id)
  const lastUsedAt = Math.max(token.lastUsedAt ?? 0, known)
  return {
    ...token,
    lastUsedAt: lastUsedAt === 0 ? null : lastUsedAt,
    idleFrom: Math.max(token.idleFrom, lastUsedAt),
    useCount: token.useCount + recorder.pendingCount(token.id),
    lastClient: (known === lastUsedAt ? recorder.lastClient(token.id) : null) ?? token.lastClient,
  }
}

function dateOf(time: number | null): Date | null {
  return time === null ? null : new Date(time)
}
