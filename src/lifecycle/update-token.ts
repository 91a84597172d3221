/** Changes the name, description or status of a token. */

import { InvalidInput, TokenNotFound } from '../errors.ts'
import { isTokenId } from '../token/claims.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import { changeToken } from './change-token.ts'
import type { ActingScope, Context } from './context.ts'
import type { TokenUpdate } from './token-update.ts'
import { requireTexts } from './valid-input.ts'

/**
 * Changes the given fields only. `null` clears a name or description. `active` enables an idle token and restarts its
 * idle timeout.
 *
 * @throws {InvalidInput} For an invalid name, description or status.
 * @throws {TokenNotFound} For an unknown id, or another user's token.
 * @throws {UserInactive} With `userId`, for a user who is deactivated or removed.
 * @throws {TokenConflict} For a token that has ended.
 */
export async function updateToken(
  context: Context,
  id: string,
  changes: TokenUpdate,
  { userId, by }: ActingScope,
): Promise<ApiToken> {
  requireChanges(changes)
  if (!isTokenId(id)) throw new TokenNotFound()
  const now = context.clock.now()
  const idleBefore = idleBeforeOf(context, id, now)
  const { token, changed } = await changeToken(context, id, {
    ends: changes.status === 'inactive',
    write: () =>
      context.store.updateToken(id, changes, { userId, now, idleBefore, maxAgeMs: context.maxAgeMs }),
  })
  const view = viewOf(token, null, now, context)
  if (changed)
    context.events.emitSafely('updated', { at: new Date(now), by, reason: null, token: view, changes })
  return view
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

const CHANGEABLE: readonly string[] = ['name', 'description', 'status'] satisfies (keyof TokenUpdate)[]

function requireChanges(changes: TokenUpdate): void {
  // The host's code may pass a request body on unchecked: no other field may be written.
  for (const field of Object.keys(changes)) {
    if (!CHANGEABLE.includes(field)) throw new InvalidInput(`${field} cannot be changed`)
  }
  requireTexts(changes)
  const { status } = changes
  if (status !== undefined && status !== 'active' && status !== 'inactive') {
    throw new InvalidInput('status must be active or inactive')
  }
}
