/** The store for all SQL databases, written in Kysely. The differences between them are in the traits. */

import type { CompiledQuery } from 'kysely'
import type { NewTokenRecord, OwnedToken, OwnerRecord, OwnerStatus, TokenRecord } from '../../token/token.ts'
import type { AdministrationStore } from '../administration-store.ts'
import type { ChangeFeed } from '../change-feed.ts'
import { checkChange } from '../check-change.ts'
import type { DeviceAuthorizationStore } from '../device-authorization-store.ts'
import { findToken } from '../find-token.ts'
import type { PubSub } from '../pubsub.ts'
import type {
  ChangeOutcome,
  ChangeScope,
  DailyUses,
  IdlePeriods,
  InsertOutcome,
  InsertRules,
  Lease,
  PruneTarget,
  RecordUseRules,
  RevokeScope,
  RotateOutcome,
  RotateScope,
  Succession,
  TokenPage,
  TokenPatch,
  TokenQuery,
  TokenStore,
  TokenUse,
  UpdateScope,
  UsageDays,
} from '../token-store.ts'
import type { Migrator } from './migrations/migrator.ts'
import { administration } from './queries/administration.ts'
import { changeFeed } from './queries/change-feed.ts'
import { deleteDailyUses, selectDailyUses } from './queries/daily-uses.ts'
import { deviceAuthorizations } from './queries/devices.ts'
import { type JoinedRow, ownedFromRow, queryFor, selectTokens } from './queries/find-token.ts'
import { storeIdleWarnings } from './queries/idle-warnings.ts'
import { writeToken } from './queries/insert-token.ts'
import { deleteEndedLeases, endLease, takeLease } from './queries/leases.ts'
import { selectPage } from './queries/list-tokens.ts'
import { updateIdle } from './queries/mark-idle.ts'
import { selectNewestStamp } from './queries/newest-stamp.ts'
import { selectOwner, writeOwnerStatus } from './queries/owners.ts'
import { deleteEnded } from './queries/prune.ts'
import { writeUses } from './queries/record-uses.ts'
import { writeRevocation } from './queries/revoke-token.ts'
import { revokePredecessor, writeSuccessor } from './queries/rotate-token.ts'
import { writePatch } from './queries/update-token.ts'
import { SharedOpening } from './shared-opening.ts'
import { reading, type StoreDb, withRetries } from './transactions.ts'

/** The collaborators of a store. */
export interface KyselyStoreDeps {
  readonly storeDb: StoreDb
  readonly migrator: Migrator
  readonly shared: boolean
  /** Whether `open` migrates. Otherwise it requires an up-to-date schema. */
  readonly migrate: boolean
  /** The database's pub/sub, if it has one. */
  readonly pubsub?: PubSub | undefined
  /** Opens the database. Called for the first application that uses the store. */
  open?(): Promise<void>
  /** Closes the connections that the store has opened. Called for the last application that uses the store. */
  close(): Promise<void>
  /** Called with each SQL text of a cold verification, for a driver that prepares it. */
  onFindToken?(sql: string): unknown
  /** SQLite only: runs a query synchronously. Returns `undefined` while another transaction has the turn. */
  readAtOnce?(sql: string, parameters: readonly unknown[]): readonly unknown[] | undefined
}

export class KyselyTokenStore implements TokenStore {
  readonly shared: boolean
  readonly feed: ChangeFeed
  readonly devices: DeviceAuthorizationStore
  readonly administration: AdministrationStore
  readonly pubsub?: PubSub
  readonly #storeDb: StoreDb
  readonly #migrator: Migrator
  readonly #migrate: boolean
  readonly #usage: SharedOpening
  readonly #selectTokens: readonly CompiledQuery<JoinedRow>[]
  readonly #readAtOnce: KyselyStoreDeps['readAtOnce']

  constructor(deps: KyselyStoreDeps) {
    const { storeDb, migrator, shared, migrate, pubsub, close, onFindToken, readAtOnce } = deps
    this.#storeDb = storeDb
    this.#migrator = migrator
    this.shared = shared
    this.feed = changeFeed(storeDb)
    this.devices = deviceAuthorizations(storeDb)
    this.administration = administration(storeDb)
    if (pubsub !== undefined) this.pubsub = pubsub
    this.#migrate = migrate
    this.#usage = new SharedOpening({ open: () => this.#openFirst(deps), close })
    this.#selectTokens = selectTokens(storeDb)
    this.#readAtOnce = readAtOnce
    for (const { sql } of this.#selectTokens) onFindToken?.(sql)
  }

  isPermanent(error: unknown): boolean {
    return this.#storeDb.traits.isPermanent(error)
  }

  async open(): Promise<void> {
    await this.#usage.begin()
  }

  async close(): Promise<void> {
    await this.#usage.end()
  }

  async isEmpty(): Promise<boolean> {
    const row = await this.#read(({ db }) =>
      db.selectFrom('api_tokens').select('id').limit(1).executeTakeFirst(),
    )
    return row === undefined
  }

  async insertToken(token: NewTokenRecord, rules: InsertRules): Promise<InsertOutcome> {
    return this.#write((storeDb) => writeToken(storeDb, token, rules))
  }

  async findTokens(ids: readonly string[]): Promise<ReadonlyMap<string, OwnedToken>> {
    const found = new Map<string, OwnedToken>()
    if (ids.length === 0) return found
    const query = queryFor(this.#selectTokens, ids, this.#storeDb.traits)
    // Both ways return the columns that the query selects.
    const atOnce = this.#readAtOnce?.(query.sql, query.parameters) as readonly JoinedRow[] | undefined
    const rows = atOnce ?? (await this.#read(({ db }) => db.executeQuery(query))).rows
    for (const row of rows) {
      const owned = ownedFromRow(row)
      found.set(owned.token.id, owned)
    }
    return found
  }

  async findOwner(userId: string): Promise<OwnerRecord | null> {
    return this.#read((storeDb) => selectOwner(storeDb, userId))
  }

  async listTokens(query: TokenQuery): Promise<TokenPage> {
    const owner = await this.findOwner(query.userId)
    if (owner === null) {
      return { tokens: [], next: null, total: query.text === undefined ? 0 : null, owner }
    }
    const page = await this.#read((storeDb) => selectPage(storeDb, owner, query))
    return { ...page, owner }
  }

  async updateToken(id: string, changes: TokenPatch, scope: UpdateScope): Promise<ChangeOutcome> {
    if (Object.keys(changes).length === 0) return this.#whyUnchanged(id, scope)
    const changed = await this.#write((storeDb) => writePatch(storeDb, id, changes, scope))
    return changed === undefined ? this.#whyUnchanged(id, scope) : { outcome: 'changed', token: changed }
  }

  async revokeToken(id: string, scope: RevokeScope): Promise<ChangeOutcome> {
    const revoked = await this.#write((storeDb) => writeRevocation(storeDb, id, scope))
    if (revoked !== undefined) return { outcome: 'changed', token: revoked }
    const why = await this.#whyUnchanged(id, scope)
    return why.outcome === 'ended' ? { outcome: 'unchanged', token: why.token } : why
  }

  async rotateToken(id: string, successor: NewTokenRecord, scope: RotateScope): Promise<RotateOutcome> {
    const rotated = await this.#write((storeDb) => writeSuccessor(storeDb, id, successor, scope))
    if (typeof rotated === 'object') return { outcome: 'changed', token: rotated }
    const why = await this.#whyUnchanged(id, scope, true)
    if (rotated === undefined || why.outcome !== 'unchanged') return why
    const { status, successorId } = why.token
    return status === 'active' && successorId === scope.replaces ? { outcome: rotated } : why
  }

  async endPredecessor(succession: Succession, now: number): Promise<TokenRecord | null> {
    return this.#write((storeDb) => revokePredecessor(storeDb, succession, now))
  }

  async setOwnerStatus(userId: string, status: OwnerStatus, now: number): Promise<OwnerRecord> {
    return this.#write((storeDb) => writeOwnerStatus(storeDb, userId, status, now))
  }

  async recordUses(uses: readonly TokenUse[], rules: RecordUseRules): Promise<void> {
    if (uses.length > 0) await this.#write((storeDb) => writeUses(storeDb, uses, rules))
  }

  async dailyUses(tokenId: string, days: UsageDays): Promise<readonly DailyUses[]> {
    return this.#read((storeDb) => selectDailyUses(storeDb, tokenId, days))
  }

  async markIdle(idleBefore: number, limit: number): Promise<readonly TokenRecord[]> {
    return updateIdle(this.#storeDb, idleBefore, limit)
  }

  async listIdleWarnings(periods: IdlePeriods, limit: number): Promise<readonly TokenRecord[]> {
    return storeIdleWarnings(this.#storeDb, periods, limit)
  }

  async newestStamp(): Promise<number | null> {
    return selectNewestStamp(this.#storeDb)
  }

  async prune(target: PruneTarget, limit: number): Promise<number> {
    switch (target.rows) {
      case 'tokens':
        return deleteEnded(this.#storeDb, target.endedBefore, limit, target.maxAgeMs)
      case 'usage':
        return deleteDailyUses(this.#storeDb, target.before, limit)
      case 'leases':
        return this.#write((storeDb) => deleteEndedLeases(storeDb, limit))
      default:
        return target satisfies never
    }
  }

  async acquireLease(lease: Lease): Promise<boolean> {
    return this.#write((storeDb) => takeLease(storeDb, lease))
  }

  async releaseLease(lease: Pick<Lease, 'name' | 'holder'>): Promise<void> {
    await this.#write((storeDb) => endLease(storeDb, lease))
  }

  async #openFirst({ open }: KyselyStoreDeps): Promise<void> {
    await open?.()
    await this.#storeDb.traits.requireServer(this.#storeDb)
    if (this.#migrate) await this.#migrator.migrate()
    else await this.#migrator.assertUpToDate()
    await this.#storeDb.traits.requireTables?.(this.#storeDb)
  }

  #write<T>(work: (storeDb: StoreDb) => Promise<T>): Promise<T> {
    return withRetries(this.#storeDb, work)
  }

  #read<T>(work: (storeDb: StoreDb) => Promise<T>): Promise<T> {
    return reading(this.#storeDb, work)
  }

  /** Why a change found no row. */
  async #whyUnchanged(
    id: string,
    scope: ChangeScope & Pick<UpdateScope, 'maxAgeMs'>,
    requiresActiveOwner?: boolean,
  ): Promise<ChangeOutcome> {
    return checkChange(await findToken(this, id), scope, requiresActiveOwner)
  }
}
