/** Renames, describes, switches off and on: what an owner changes of a token. */

import { InvalidInput, TokenNotFound } from '../errors.ts'
import type { TokenPatch } from '../store/token-store.ts'
import { isTokenId } from '../token/claims.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import { changeToken } from './change-token.ts'
import type { Context, OwnerScope } from './context.ts'
import { requireTexts } from './valid-input.ts'

/**
 * Changes the given fields and leaves the others alone. `null` clears a name or description; `active` wakes an
 * idle token, whose 30 days begin again.
 *
 * @throws {InvalidInput} A name, description or status that cannot be.
 * @throws {TokenNotFound} An id that is unknown, or of another user's token.
 * @throws {UserInactive} With a user, when they are deactivated or removed.
 * @throws {TokenConflict} A token that has ended.
 */
export async function updateToken(
  context: Context,
  id: string,
  changes: TokenPatch,
  { userId }: OwnerScope = {},
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
  if (changed) context.events.emitSafely('updated', { token: view, changes })
  return view
}

/**
 * A token idle since before this moment sleeps, and is woken. One whose use is known here does not, whatever its row
 * says: that use is not written yet, and to enable the token must not restart its idle clock.
 */
function idleBeforeOf({ idleTimeoutMs, recorder }: Context, id: string, now: number): number | null {
  if (idleTimeoutMs === null) return null
  const idleBefore = now - idleTimeoutMs
  return recorder.lastUsedAt(id) >= idleBefore ? null : idleBefore
}

const CHANGEABLE: readonly string[] = ['name', 'description', 'status'] satisfies (keyof TokenPatch)[]

function requireChanges(changes: TokenPatch): void {
  // A host's code may pass on a body as it came: nothing else of a token is ever written.
  for (const field of Object.keys(changes)) {
    if (!CHANGEABLE.includes(field)) throw new InvalidInput(`${field} cannot be changed`)
  }
  requireTexts(changes)
  const { status } = changes
  if (status !== undefined && status !== 'active' && status !== 'inactive') {
    throw new InvalidInput('status must be active or inactive')
  }
}
