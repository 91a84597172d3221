/** Changes a token that was issued: its name, description and status, and the limits that code and administrators set. */

import { InvalidInput, TokenConflict, TokenNotFound } from '../errors.ts'
import type { SealedLimits, TokenPatch } from '../store/token-store.ts'
import { isTokenId } from '../token/claims.ts'
import type { TokenLimits, TokenRecord } from '../token/token.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import { type ChangedToken, changeToken } from './change-token.ts'
import type { ActingScope, Context } from './context.ts'
import { findOwned } from './get-token.ts'
import { limitsFrom } from './token-limits.ts'
import type { TokenUpdate } from './token-update.ts'
import { requireTexts } from './valid-input.ts'

/** How often a change of limits is tried when the limits are changed at the same time. */
const MAX_TRIES = 3

/**
 * Changes the given fields only. `null` clears a name or description, and removes a limit. `active` enables an idle token
 * and restarts its idle timeout. Limits of the token take effect at once; a token that already replaces it keeps its own.
 *
 * @throws {InvalidInput} For an invalid name, description, status or limit.
 * @throws {TokenNotFound} For an unknown id, or another user's token.
 * @throws {UserInactive} With `userId`, for a user who is deactivated or removed.
 * @throws {TokenConflict} For a token that has ended. With limits, also for one whose key is retired or whose row is not as
 * it was sealed, and after three changes of its limits at the same time.
 */
export async function updateToken(
  context: Context,
  id: string,
  changes: TokenUpdate,
  scope: ActingScope,
): Promise<ApiToken> {
  requireKnown(changes)
  const { metadata: _, allowedIps: __, rateLimit: ___, ...others } = changes
  requireOthers(others)
  const limits = limitsFrom(changes)
  if (!isTokenId(id)) throw new TokenNotFound()
  const now = context.clock.now()
  const { token, changed } =
    Object.keys(limits).length === 0
      ? await write(context, id, others, scope, now)
      : await writeLimits(context, id, { others, limits, scope, now })
  const view = viewOf(token, null, now, context)
  const { by } = scope
  const cause = { at: new Date(now), by, reason: null }
  if (changed)
    context.events.emitSafely('updated', { ...cause, token: view, changes: { ...others, ...limits } })
  return view
}

function write(
  context: Context,
  id: string,
  patch: TokenPatch,
  { userId }: ActingScope,
  now: number,
): Promise<ChangedToken> {
  const idleBefore = idleBeforeOf(context, id, now)
  return changeToken(context, id, {
    ends: patch.status === 'inactive',
    write: () =>
      context.store.updateToken(id, patch, { userId, now, idleBefore, maxAgeMs: context.maxAgeMs }),
  })
}

interface LimitsChange {
  readonly others: TokenPatch
  readonly limits: Partial<TokenLimits>
  readonly scope: ActingScope
  readonly now: number
}

/** The row is written only over the seal that was read, so that of two changes at the same time none is lost. */
async function writeLimits(
  context: Context,
  id: string,
  { others, limits, scope, now }: LimitsChange,
): Promise<ChangedToken> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { token } = await findOwned(context, id, scope)
    const sealed = sealedLimits(context, token, limits)
    const change = await write(context, id, { ...others, limits: sealed }, scope, now)
    if (change.changed) return change
  }
  throw new TokenConflict('The limits of the API token were changed at the same time: read it again')
}

/** The row must still have its seal: a row that was given more rights by SQL would get a good seal otherwise. */
function sealedLimits(
  { signer, onNotAsIssued }: Context,
  token: TokenRecord,
  limits: Partial<TokenLimits>,
): SealedLimits {
  const { metadata, allowedIps, rateLimit, seal: previousSeal } = token
  const changed = { metadata, allowedIps, rateLimit, ...limits }
  const seal = signer.seal({ ...token, ...changed })
  if (seal === undefined)
    throw new TokenConflict(
      'The key of the API token is retired, so its limits cannot change: generate another',
    )
  if (!signer.isSealed(token)) {
    onNotAsIssued(token.id, 'changed')
    throw new TokenConflict('The API token is refused, and its limits cannot change: generate another')
  }
  return { ...changed, seal, previousSeal }
}

/**
 * A token without a use since this moment is idle, so enabling it restarts its idle timeout. A token with a recent use
 * that this instance has not flushed yet is not idle, whatever its row says: `null`.
 */
function idleBeforeOf({ idleTimeoutMs, recorder }: Context, id: string, now: number): number | null {
  if (idleTimeoutMs === null) return null
  const idleBefore = now - idleTimeoutMs
  return recorder.lastUsedAt(id) >= idleBefore ? null : idleBefore
}

const CHANGEABLE: readonly string[] = [
  'name',
  'description',
  'status',
  'metadata',
  'allowedIps',
  'rateLimit',
] satisfies (keyof TokenUpdate)[]

/** The host's code may pass a request body on unchecked: no other field may be written. */
function requireKnown(changes: TokenUpdate): void {
  for (const field of Object.keys(changes)) {
    if (!CHANGEABLE.includes(field)) throw new InvalidInput(`${field} cannot be changed`)
  }
}

function requireOthers(changes: TokenPatch): void {
  requireTexts(changes)
  const { status } = changes
  if (status !== undefined && status !== 'active' && status !== 'inactive') {
    throw new InvalidInput('status must be active or inactive')
  }
}
