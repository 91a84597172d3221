/** Administration in memory. It sorts all tokens at each read: a store in memory is small. */

import type { OwnerRecord, TokenRecord } from '../../token/token.ts'
import { dayNumberOf } from '../../utc-day.ts'
import type {
  AdministrationStore,
  OwnerRange,
  PlacedToken,
  RangePlace,
  RangePosition,
  TokenRange,
} from '../administration-store.ts'
import { compareBytes } from '../compare-bytes.ts'
import { nameAndId } from '../name-and-id.ts'
import type { ChangeOutcome, RevokeScope } from '../token-store.ts'
import type { MemoryOwners } from './memory-owners.ts'
import type { MemoryTokens } from './memory-tokens.ts'

export interface MemoryAdministrationDeps {
  readonly tokens: MemoryTokens
  readonly owners: MemoryOwners
  revokeToken(id: string, scope: RevokeScope): Promise<ChangeOutcome>
  touchOwner(userId: string): void
}

export function memoryAdministration({
  tokens,
  owners,
  revokeToken,
  touchOwner,
}: MemoryAdministrationDeps): AdministrationStore {
  return {
    readTokens: async (range, place) =>
      placed([...tokens.values()].filter(selects(range)), range, place).map(({ token, position }) => ({
        ...{ token, position },
        owner: owners.find(token.userId),
      })),
    readOwners: async (range) => ownersOf(owners.all(), range),
    revokeTokens: async (ids, scope) => {
      const revoked: TokenRecord[] = []
      for (const id of new Set(ids)) {
        const change = await revokeToken(id, scope)
        if (change.outcome === 'changed') revoked.push(change.token)
      }
      return revoked
    },
    revokeAllTokens: async (userId, { reason, now }) => {
      touchOwner(userId)
      return owners.raiseGeneration(userId, reason, now)
    },
  }
}

function selects(range: TokenRange): (token: TokenRecord) => boolean {
  switch (range.by) {
    case 'id':
      return () => true
    case 'owner':
      return ({ userId }) => userId === range.userId
    case 'creator':
      return ({ createdBy }) => createdBy.id === range.creatorId
    case 'name':
      return ({ name }) => (name ?? '').startsWith(range.prefix)
    case 'last_use':
      return (token) => dayOf(token) < dayNumberOf(range.before)
    case 'expiry':
      return ({ expiresAt }) => range.before === null || (expiresAt !== null && expiresAt < range.before)
    default:
      return range satisfies never
  }
}

function placed(
  found: readonly TokenRecord[],
  { by }: TokenRange,
  { after, descending, limit }: RangePlace,
): readonly Pick<PlacedToken, 'token' | 'position'>[] {
  const direction = descending ? -1 : 1
  return found
    .map((token) => ({ token, position: positionOf(token, by) }))
    .filter(({ position }) => after === null || compare(position, after, by) * direction > 0)
    .sort((a, b) => compare(a.position, b.position, by) * direction)
    .slice(0, limit)
}

function positionOf(token: TokenRecord, by: TokenRange['by']): RangePosition {
  const { id, name, expiresAt } = token
  switch (by) {
    case 'name':
      return { id, value: name ?? '' }
    case 'last_use':
      return { id, value: dayOf(token) }
    case 'expiry':
      return { id, value: expiresAt }
    default:
      return { id, value: null }
  }
}

function compare(a: RangePosition, b: RangePosition, by: TokenRange['by']): number {
  if (by === 'name') return compareBytes(nameAndId(String(a.value), a.id), nameAndId(String(b.value), b.id))
  if (by === 'last_use' || by === 'expiry') {
    const [first, second] = [a, b].map(({ value }) => (value === null ? Infinity : Number(value)))
    if (first !== second) return (first ?? 0) < (second ?? 0) ? -1 : 1
  }
  return compareBytes(a.id, b.id)
}

/** The day of the latest of: issued, enabled, last used. */
function dayOf({ idleFrom, lastUsedAt }: TokenRecord): number {
  return dayNumberOf(Math.max(idleFrom, lastUsedAt ?? 0))
}

function ownersOf(all: readonly OwnerRecord[], { prefix, after, limit }: OwnerRange): readonly OwnerRecord[] {
  return all
    .filter(({ userId }) => userId.startsWith(prefix))
    .filter(({ userId }) => after === null || compareBytes(userId, after) > 0)
    .sort((a, b) => compareBytes(a.userId, b.userId))
    .slice(0, limit)
}
