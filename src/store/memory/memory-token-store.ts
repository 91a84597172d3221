/** The store in memory: for tests, and for hosts whose tokens may end with the process. */

import { type Clock, checkedClock, systemClock } from '../../clock.ts'
import { noMore, optionsOf, requireMethod } from '../../option-values.ts'
import type { NewTokenRecord, OwnedToken, OwnerRecord, OwnerStatus, TokenRecord } from '../../token/token.ts'
import type { AdministrationStore } from '../administration-store.ts'
import { withoutSuccessor, withPatch, withRevocation, withSuccessor, withUse } from '../changed-record.ts'
import { checkChange } from '../check-change.ts'
import { pageOf } from '../owner-page.ts'
import { endOf } from '../token-end.ts'
import type {
  ChangeOutcome,
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
import { memoryAdministration } from './memory-administration.ts'
import { MemoryChangeFeed } from './memory-change-feed.ts'
import { MemoryDevices } from './memory-devices.ts'
import { MemoryLeases } from './memory-leases.ts'
import { newestStampOf } from './memory-newest-stamp.ts'
import { MemoryOwners } from './memory-owners.ts'
import { endedBeyondLimit } from './memory-room.ts'
import { MemoryTokens } from './memory-tokens.ts'
import { MemoryDailyUses } from './memory-uses.ts'

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
    const oldest = endedBeyondLimit(this.#tokens, owner, rules)
    if (oldest === null) return { outcome: 'ended_limit_reached' }
    this.#delete(oldest)
    return { outcome: 'inserted', token: this.#tokens.put({ ...token, generation: owner.generation }) }
  }

  async findTokens(ids: readonly string[]): Promise<ReadonlyMap<string, OwnedToken>> {
    const found = new Map<string, OwnedToken>()
    for (const id of ids) {
      const owned = this.#findOwned(id)
      if (owned !== null) found.set(id, owned)
    }
    return found
  }

  findOwner = async (userId: string): Promise<OwnerRecord | null> => this.#owners.find(userId)

  async listTokens(query: TokenQuery): Promise<TokenPage> {
    return pageOf(query, this.#owners.find(query.userId), (range) => this.#tokens.read(range))
  }

  async updateToken(id: string, changes: TokenPatch, scope: UpdateScope): Promise<ChangeOutcome> {
    const found = checkChange(this.#findOwned(id), scope)
    const patched = found.outcome === 'unchanged' ? withPatch(found.token, changes, scope) : null
    return patched === null ? found : { outcome: 'changed', token: this.#change(patched) }
  }

  async revokeToken(id: string, scope: RevokeScope): Promise<ChangeOutcome> {
    const found = checkChange(this.#findOwned(id), scope)
    if (found.outcome === 'not_found' || found.outcome === 'owner_inactive') return found
    const { token } = found
    if (token.status === 'revoked') return { outcome: 'unchanged', token }
    const predecessor = token.predecessorId === null ? undefined : this.#tokens.get(token.predecessorId)
    const restored = withoutSuccessor(predecessor, token, scope)
    if (restored !== null) this.#change(restored)
    return { outcome: 'changed', token: this.#revoke(token, scope) }
  }

  async rotateToken(id: string, successor: NewTokenRecord, scope: RotateScope): Promise<RotateOutcome> {
    const found = checkChange(this.#findOwned(id), scope, true)
    if (found.outcome !== 'unchanged') return found
    const { token } = found
    const owner = this.#owners.findOrAdd(token.userId)
    if (token.status !== 'active' || token.successorId !== scope.replaces) return found
    if (scope.seal !== undefined && token.seal !== scope.seal) return found
    const { now, replaces } = scope
    const oldest = endedBeyondLimit(this.#tokens, owner, scope)
    if (oldest === null) return { outcome: 'ended_limit_reached' }
    this.#delete(oldest)
    this.#tokens.put({ ...successor, generation: token.generation })
    const replaced = replaces === null ? undefined : this.#tokens.get(replaces)
    if (replaced !== undefined && replaced.status !== 'revoked')
      this.#revoke(replaced, { reason: 'rotated', now })
    return { outcome: 'changed', token: this.#change(withSuccessor(token, successor, scope)) }
  }

  async endPredecessor({ successorId, predecessorId }: Succession, now: number): Promise<TokenRecord | null> {
    const successor = this.#tokens.get(successorId)
    if (successor === undefined || successor.status === 'revoked') return null
    if (successor.predecessorId !== predecessorId) return null
    this.#change({ ...successor, predecessorId: null })
    const predecessor = this.#tokens.get(predecessorId)
    if (predecessor === undefined || predecessor.status === 'revoked') return null
    return predecessor.successorId === successorId
      ? this.#revoke(predecessor, { reason: 'rotated', now })
      : null
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
    const ended = all
      .filter((token) => endOf(token, this.#owners.stored(token.userId), maxAgeMs) < endedBefore)
      .slice(0, limit)
    this.#delete(ended)
    return ended.length
  }

  #isActive(token: TokenRecord, periods: IdlePeriods): boolean {
    const owner = this.#owners.find(token.userId)
    return token.status === 'active' && checkChange({ token, owner }, periods, true).outcome === 'unchanged'
  }

  #findOwned(id: string): OwnedToken | null {
    const token = this.#tokens.get(id)
    return token === undefined ? null : { token, owner: this.#owners.find(token.userId) }
  }

  #delete(tokens: readonly TokenRecord[]): void {
    for (const { id } of tokens) {
      this.#tokens.delete(id)
      this.#dailyUses.forget(id)
      this.#idleWarningFrom.delete(id)
    }
  }

  #revoke(token: TokenRecord, scope: RevokeScope): TokenRecord {
    return this.#change(withRevocation(token, scope))
  }

  /** Stores a change that other instances must receive. */
  #change(token: TokenRecord): TokenRecord {
    this.feed.stamp({ tokenId: token.id })
    return this.#tokens.put(token)
  }
}
