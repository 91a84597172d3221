/** The store in memory: for tests, and for hosts whose tokens may end with the process. */

import { type Clock, checkedClock, systemClock } from '../../clock.ts'
import { noMore, optionsOf, requireMethod } from '../../option-values.ts'
import type {
  NewTokenRecord,
  OwnedToken,
  OwnerRecord,
  OwnerStatus,
  StatusReason,
  TokenRecord,
} from '../../token/token.ts'
import type { AdministrationStore } from '../administration-store.ts'
import type {
  ChangeOutcome,
  ChangeScope,
  DailyUses,
  IdlePeriods,
  InsertOutcome,
  InsertRules,
  Lease,
  MaxAgeMs,
  PruneTarget,
  RevokeScope,
  RotateOutcome,
  RotateScope,
  Succession,
  TokenPage,
  TokenPatch,
  TokenQuery,
  TokenStore,
  UpdateScope,
  UsageDays,
} from '../token-store.ts'
import type { RecordUseRules, TokenUse } from '../token-use.ts'
import { whyUnchanged } from '../why-unchanged.ts'
import { memoryAdministration } from './memory-administration.ts'
import { MemoryChangeFeed } from './memory-change-feed.ts'
import { MemoryDevices } from './memory-devices.ts'
import { MemoryLeases } from './memory-leases.ts'
import { newestStampOf } from './memory-newest-stamp.ts'
import { MemoryOwners } from './memory-owners.ts'
import { pageOf } from './memory-page.ts'
import { endedBeyondLimit } from './memory-room.ts'
import { MemoryTokens } from './memory-tokens.ts'
import { MemoryDailyUses, withUse } from './memory-uses.ts'

/**
 * Makes a store in memory, for one process. Its data is lost when the process ends.
 *
 * @param options `clock`: the store's clock for leases and device authorizations, for tests.
 * @example await app.register(apiTokens, { store: memoryTokenStore(), authenticateUser })
 */
export function memoryTokenStore(options: { readonly clock?: Clock } = {}, ...more: never[]): TokenStore {
  noMore('memoryTokenStore', more)
  const { clock = systemClock } = optionsOf('memoryTokenStore', options, ['clock'])
  requireMethod(clock, 'now', 'memoryTokenStore: clock must have a now() that returns milliseconds')
  return new MemoryTokenStore(checkedClock(clock))
}

type AgedScope = ChangeScope & Pick<UpdateScope, 'maxAgeMs'>

class MemoryTokenStore implements TokenStore {
  readonly shared = false
  readonly volatile = true
  readonly feed = new MemoryChangeFeed()
  readonly devices: MemoryDevices
  readonly administration: AdministrationStore
  readonly #tokens = new MemoryTokens()
  readonly #owners = new MemoryOwners()
  readonly #dailyUses = new MemoryDailyUses()
  readonly #leases: MemoryLeases
  /** By token, the start of the idle period whose warning was emitted. */
  readonly #idleWarningFrom = new Map<string, number>()

  constructor(clock: Clock) {
    this.devices = new MemoryDevices(clock)
    this.administration = memoryAdministration({
      tokens: this.#tokens,
      owners: this.#owners,
      revokeToken: (id, scope) => this.revokeToken(id, scope),
      touchOwner: (userId) => this.feed.stamp({ userId }),
    })
    this.#leases = new MemoryLeases(clock)
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  isEmpty = async (): Promise<boolean> => this.#tokens.size === 0

  async insertToken(token: NewTokenRecord, rules: InsertRules): Promise<InsertOutcome> {
    if (this.#tokens.has(token.id)) throw new Error(`there is a token ${token.id} already`)
    const owner = this.#owners.findOrAdd(token.userId)
    if (owner.status !== 'active') return { outcome: 'owner_inactive' }
    const { living } = this.#tokens.count(owner, rules.now, rules.maxAgeMs)
    if (living >= rules.maxTokens) return { outcome: 'limit_reached' }
    const oldest = endedBeyondLimit(this.#tokens, this.#owners, owner, rules)
    if (oldest === null) return { outcome: 'ended_limit_reached' }
    this.#delete(oldest)
    return { outcome: 'inserted', token: this.#tokens.put({ ...token, generation: owner.generation }) }
  }

  async findTokens(ids: readonly string[]): Promise<ReadonlyMap<string, OwnedToken>> {
    const found = new Map<string, OwnedToken>()
    for (const id of ids) {
      const token = this.#tokens.get(id)
      if (token !== undefined) found.set(id, { token, owner: this.#owners.find(token.userId) })
    }
    return found
  }

  findOwner = async (userId: string): Promise<OwnerRecord | null> => this.#owners.find(userId)

  async listTokens(query: TokenQuery): Promise<TokenPage> {
    const owner = this.#owners.find(query.userId)
    return { ...pageOf(this.#tokens, owner, query), owner }
  }

  async updateToken(id: string, changes: TokenPatch, scope: UpdateScope): Promise<ChangeOutcome> {
    const found = this.#findForChange(id, scope)
    if (found.outcome !== 'unchanged' || Object.keys(changes).length === 0) return found
    const { token } = found
    const { status, limits, ...texts } = changes
    if (limits !== undefined && limits.previousSeal !== token.seal) return found
    return {
      outcome: 'changed',
      token: this.#change({
        ...token,
        ...texts,
        ...limitFields(limits),
        ...statusFields(token, status, scope),
        updatedAt: scope.now,
      }),
    }
  }

  async revokeToken(id: string, scope: RevokeScope): Promise<ChangeOutcome> {
    const found = this.#findForChange(id, scope)
    if (found.outcome === 'not_found' || found.outcome === 'owner_inactive') return found
    const { token } = found
    if (token.status === 'revoked') return { outcome: 'unchanged', token }
    this.#cancelRotation(token, scope)
    return { outcome: 'changed', token: this.#revoke(token, scope.reason ?? null, scope.now) }
  }

  async rotateToken(id: string, successor: NewTokenRecord, scope: RotateScope): Promise<RotateOutcome> {
    const found = this.#findForChange(id, scope)
    if (found.outcome === 'not_found' || found.outcome === 'owner_inactive') return found
    const { token } = found
    const owner = this.#owners.find(token.userId)
    if (owner?.status !== 'active') return { outcome: 'owner_inactive' }
    if (found.outcome === 'ended') return found
    if (token.status !== 'active' || token.successorId !== scope.replaces) return found
    const { now, graceEndsAt, replaces } = scope
    const oldest = endedBeyondLimit(this.#tokens, this.#owners, owner, scope)
    if (oldest === null) return { outcome: 'ended_limit_reached' }
    this.#delete(oldest)
    this.#tokens.put({ ...successor, generation: token.generation })
    const replaced = replaces === null ? undefined : this.#tokens.get(replaces)
    if (replaced !== undefined && replaced.status !== 'revoked') this.#revoke(replaced, 'rotated', now)
    return {
      outcome: 'changed',
      token: this.#change({ ...token, successorId: successor.id, graceEndsAt, updatedAt: now }),
    }
  }

  async endPredecessor({ successorId, predecessorId }: Succession, now: number): Promise<TokenRecord | null> {
    const successor = this.#tokens.get(successorId)
    if (successor === undefined || successor.status === 'revoked') return null
    if (successor.predecessorId !== predecessorId) return null
    this.#change({ ...successor, predecessorId: null })
    const predecessor = this.#tokens.get(predecessorId)
    if (predecessor === undefined || predecessor.status === 'revoked') return null
    return predecessor.successorId === successorId ? this.#revoke(predecessor, 'rotated', now) : null
  }

  async setOwnerStatus(userId: string, status: OwnerStatus, now: number): Promise<OwnerRecord> {
    this.feed.stamp({ userId })
    return this.#owners.setStatus(userId, status, now)
  }

  async recordUses(uses: readonly TokenUse[], rules: RecordUseRules): Promise<void> {
    if (!this.#leases.storeBatch(rules.batch)) return
    for (const use of uses) {
      const token = this.#tokens.get(use.tokenId)
      if (token === undefined) continue
      this.#tokens.put(withUse(token, use, rules))
      this.#dailyUses.add(use, rules.dayStart)
    }
  }

  async dailyUses(tokenId: string, days: UsageDays): Promise<readonly DailyUses[]> {
    return this.#dailyUses.of(tokenId, days)
  }

  async markIdle(idleBefore: number, limit: number): Promise<readonly TokenRecord[]> {
    const idle = [...this.#tokens.values()]
      .filter((token) => token.status === 'active' && token.idleFrom < idleBefore)
      .slice(0, limit)
    return idle.map((token) => this.#tokens.put({ ...token, status: 'inactive', statusReason: 'idle' }))
  }

  async listIdleWarnings(periods: IdlePeriods, limit: number): Promise<readonly TokenRecord[]> {
    const soon = [...this.#tokens.values()]
      .filter(({ idleFrom }) => idleFrom >= periods.since && idleFrom < periods.before)
      .filter(({ id, idleFrom }) => this.#idleWarningFrom.get(id) !== idleFrom)
      .filter((token) => this.#isActive(token, periods))
      .slice(0, limit)
    for (const { id, idleFrom } of soon) this.#idleWarningFrom.set(id, idleFrom)
    return soon
  }

  async prune(target: PruneTarget, limit: number): Promise<number> {
    switch (target.rows) {
      case 'tokens':
        return this.#pruneTokens(target.endedBefore, limit, target.maxAgeMs)
      case 'usage':
        return this.#dailyUses.prune(target.before, limit)
      case 'leases':
        return this.#leases.prune(limit)
      default:
        return target satisfies never
    }
  }

  acquireLease = async (lease: Lease): Promise<boolean> => this.#leases.take(lease)
  releaseLease = async (lease: Pick<Lease, 'name' | 'holder'>): Promise<void> => this.#leases.release(lease)
  newestStamp = async (): Promise<number | null> => newestStampOf(this.#tokens.values())

  #pruneTokens(endedBefore: number, limit: number, maxAgeMs?: MaxAgeMs): number {
    const all = [...this.#tokens.values()]
    const ended = all.filter((token) => this.#owners.endOf(token, maxAgeMs) < endedBefore).slice(0, limit)
    this.#delete(ended)
    return ended.length
  }

  #isActive(token: TokenRecord, { now, maxAgeMs = null }: IdlePeriods): boolean {
    const isActive = this.#owners.statusOf(token, { now, idleTimeoutMs: null, maxAgeMs }) === 'active'
    return isActive && this.#owners.find(token.userId)?.status === 'active'
  }

  /** Finds the token; `unchanged` means that it may be changed. */
  #findForChange(id: string, scope: AgedScope): ChangeOutcome {
    const token = this.#tokens.get(id)
    const found = token === undefined ? null : { token, owner: this.#owners.find(token.userId) }
    return whyUnchanged(found, scope)
  }

  #delete(tokens: readonly TokenRecord[]): void {
    for (const { id } of tokens) {
      this.#tokens.delete(id)
      this.#dailyUses.forget(id)
      this.#idleWarningFrom.delete(id)
    }
  }

  #revoke(token: TokenRecord, statusReason: StatusReason | null, now: number): TokenRecord {
    return this.#change({ ...token, status: 'revoked', statusReason, revokedAt: now, updatedAt: now })
  }

  /** Restores the predecessor of an unused successor that is revoked. */
  #cancelRotation({ id, predecessorId }: TokenRecord, { now, undoesRotation = false }: RevokeScope): void {
    const predecessor = predecessorId === null ? undefined : this.#tokens.get(predecessorId)
    if (predecessor === undefined || predecessor.successorId !== id) return
    if (!undoesRotation && (predecessor.graceEndsAt ?? 0) <= now) return
    this.#change({ ...predecessor, successorId: null, graceEndsAt: null })
  }

  /** Stores a change that other instances must receive. */
  #change(token: TokenRecord): TokenRecord {
    this.feed.stamp({ tokenId: token.id })
    return this.#tokens.put(token)
  }
}

function limitFields(limits: TokenPatch['limits']): Partial<TokenRecord> {
  if (limits === undefined) return {}
  const { metadata, allowedIps, rateLimit, seal } = limits
  return { metadata, allowedIps, rateLimit, seal }
}

/** The fields that a change of the status writes. Enabling an inactive token restarts its idle clock. */
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
