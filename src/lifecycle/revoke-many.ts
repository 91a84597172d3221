/** Revokes many tokens at once, by their ids or by their credentials, in one transaction. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { InvalidInput } from '../errors.ts'
import { administrationOf } from '../store/administration-of.ts'
import { MAX_FOUND_TOKENS } from '../store/find-token.ts'
import type { Actor } from '../token/actor.ts'
import { isTokenId } from '../token/claims.ts'
import type { RevocationReason, TokenRecord } from '../token/token.ts'
import { readSignedToken, type SignedToken } from '../verification/signed-token.ts'
import { viewOf } from './api-token.ts'
import type { Context } from './context.ts'
import { matching } from './find-by-credential.ts'

export interface ManyRevocation {
  readonly by: Actor
  readonly reason?: RevocationReason | null | undefined
}

export interface RevokedById {
  /** How many tokens were revoked; others were revoked before. */
  readonly revoked: number
  /** The given ids without a token. */
  readonly unknown: readonly string[]
}

export interface RevokedByCredential {
  /** How many tokens were revoked; others were revoked before. */
  readonly revoked: number
  /** The positions, from 0, of credentials without a token: a response must not repeat a credential. */
  readonly unknown: readonly number[]
}

export const MAX_REVOKED_IDS = 500
export const MAX_REVOKED_CREDENTIALS = 100

/** After this many signatures other requests get a turn. */
const SIGNATURES_A_TURN = 10

/**
 * @throws {InvalidInput} For no id, more than 500, or a text that is no id.
 * @throws {InvalidOption} For a store without administration.
 * @throws {StoreUnavailable} When the store is unavailable. The tokens may have been revoked.
 */
export async function revokeByIds(
  context: Context,
  ids: readonly string[],
  revocation: ManyRevocation,
): Promise<RevokedById> {
  requireCount('ids', ids.length, MAX_REVOKED_IDS)
  // By position: what is in a wrong place may be a credential.
  const malformed = ids.findIndex((id) => !isTokenId(id))
  if (malformed !== -1) throw new InvalidInput(`ids[${malformed}] must be the id of a token`)
  const given = [...new Set(ids)]
  const revoked = await revokeSome(context, given, revocation)
  const known = new Set(revoked.map(({ id }) => id))
  const others = given.filter((id) => !known.has(id))
  for (let from = 0; from < others.length; from += MAX_FOUND_TOKENS) {
    const found = await context.store.findTokens(others.slice(from, from + MAX_FOUND_TOKENS))
    for (const id of found.keys()) known.add(id)
  }
  return { revoked: revoked.length, unknown: given.filter((id) => !known.has(id)) }
}

/**
 * Revokes the tokens of credentials with a valid signature and row, whatever their status: see `findByCredential`.
 *
 * @throws As `revokeByIds`, with at most 100.
 */
export async function revokeByCredentials(
  context: Context,
  credentials: readonly string[],
  revocation: ManyRevocation,
): Promise<RevokedByCredential> {
  requireCount('credentials', credentials.length, MAX_REVOKED_CREDENTIALS)
  const signed = await signedTokens(context, credentials)
  const ids = [...new Set(signed.flatMap((token) => token?.tokenId ?? []))]
  const found = ids.length === 0 ? new Map() : await context.store.findTokens(ids)
  const tokens = signed.map((token) => token && matching(context, token, found.get(token.tokenId)))
  const revoked = await revokeSome(
    context,
    tokens.flatMap((owned) => owned?.token.id ?? []),
    revocation,
  )
  const unknown = tokens.flatMap((owned, index) => (owned ? [] : [index]))
  return { revoked: revoked.length, unknown }
}

/** Publishes and emits each revocation, as `revokeToken` does. */
async function revokeSome(
  context: Context,
  ids: readonly string[],
  { by, reason = null }: ManyRevocation,
): Promise<readonly TokenRecord[]> {
  const { store, invalidations, events, clock } = context
  const administration = administrationOf(store, 'the revocation of many tokens')
  if (ids.length === 0) return []
  const now = clock.now()
  let revoked: readonly TokenRecord[]
  try {
    revoked = await administration.revokeTokens(ids, { now, reason })
  } catch (error) {
    // The change may have been committed: cached entries must be read again.
    for (const tokenId of ids) invalidations.publish({ target: { tokenId }, ended: false })
    throw error
  }
  for (const token of revoked) {
    invalidations.publish({ target: { tokenId: token.id }, ended: true })
    // Revoking an unused successor keeps its predecessor active.
    if (token.predecessorId !== null) {
      invalidations.publish({ target: { tokenId: token.predecessorId }, ended: false })
    }
  }
  for (const token of revoked) {
    events.emitSafely('revoked', { at: new Date(now), by, reason, token: viewOf(token, null, now, context) })
  }
  return revoked
}

async function signedTokens(
  context: Context,
  credentials: readonly string[],
): Promise<readonly (SignedToken | undefined)[]> {
  const signed: (SignedToken | undefined)[] = []
  for (const credential of credentials) {
    signed.push(readSignedToken(context, credential, context.clock.now()))
    if (signed.length % SIGNATURES_A_TURN === 0) await nextTurn()
  }
  return signed
}

function requireCount(field: string, count: number, max: number): void {
  if (count >= 1 && count <= max) return
  throw new InvalidInput(`${field} must have 1 to ${max} entries`)
}
