/** Keeps tokens in a database: one store in dialect-free Kysely, what differs comes as traits. */

import type { CompiledQuery, ExpressionBuilder, Kysely, UpdateObject } from 'kysely'
import { judge } from '../../token/status.ts'
import type { OwnedToken, OwnerRecord, OwnerStatus, TokenRecord, UnownedToken } from '../../token/token.ts'
import type {
  ChangeOutcome,
  ChangeScope,
  InsertOutcome,
  InsertRules,
  RecordUseRules,
  RotateScope,
  Succession,
  TokenChanges,
  TokenPage,
  TokenQuery,
  TokenStore,
  TokenUse,
  UpdateScope,
} from '../token-store.ts'
import { API_TOKEN_COLUMNS, rowFromToken, tokenFromRow } from './api-token.table.ts'
import type { ApiTokenDatabase } from './database.ts'
import type { DialectTraits } from './dialect-traits.ts'
import { type JoinedRow, ownedFromRow, selectToken } from './find-token.sql.ts'
import { selectPage } from './list-tokens.sql.ts'
import { updateIdle } from './mark-idle.sql.ts'
import { migrate, requireSchema } from './migrate.ts'
import { belongsTo, ownerGeneration } from './owner-conditions.sql.ts'
import { addOwner, selectOwner, writeOwnerStatus } from './owners.sql.ts'
import { deleteEnded } from './prune.sql.ts'
import { addUses } from './record-uses.sql.ts'
import { writeRevocation } from './revoke-token.sql.ts'
import { revokePredecessor, writeSuccessor } from './rotate-token.sql.ts'
import { isLiving } from './token-status.sql.ts'

/** The form of a driver's connection that a store is built on. */
export interface KyselyStoreParts {
  readonly db: Kysely<ApiTokenDatabase>
  readonly traits: DialectTraits
  readonly shared: boolean
  /** Whether `open` brings the schema up to date; otherwise it demands that it is. */
  readonly migrate: boolean
}

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

export class KyselyTokenStore implements TokenStore {
  readonly shared: boolean
  readonly #db: Kysely<ApiTokenDatabase>
  readonly #traits: DialectTraits
  readonly #migrate: boolean
  readonly #selectToken: CompiledQuery<JoinedRow>

  constructor({ db, traits, shared, migrate }: KyselyStoreParts) {
    this.#db = db
    this.#traits = traits
    this.shared = shared
    this.#migrate = migrate
    this.#selectToken = selectToken(db)
  }

  async open(): Promise<void> {
    if (this.#migrate) await migrate(this.#db, this.#traits)
    else await requireSchema(this.#db, this.#traits)
  }

  async close(): Promise<void> {
    await this.#db.destroy()
  }

  async isEmpty(): Promise<boolean> {
    const row = await this.#db.selectFrom('api_tokens').select('id').limit(1).executeTakeFirst()
    return row === undefined
  }

  async insertToken(token: UnownedToken, rules: InsertRules): Promise<InsertOutcome> {
    const inserted = await this.#insert(token, rules)
    if (inserted !== undefined) return { outcome: 'inserted', token: inserted }
    const owner = await this.findOwner(token.userId)
    if (owner === null) {
      await addOwner(this.#db, token.userId)
      return this.insertToken(token, rules)
    }
    return { outcome: owner.status === 'active' ? 'limit_reached' : 'owner_inactive' }
  }

  async findToken(id: string): Promise<OwnedToken | null> {
    const { rows } = await this.#db.executeQuery<JoinedRow>({ ...this.#selectToken, parameters: [id] })
    const row = rows[0]
    return row === undefined ? null : ownedFromRow(row)
  }

  async findOwner(userId: string): Promise<OwnerRecord | null> {
    return selectOwner(this.#db, userId)
  }

  async listTokens(query: TokenQuery): Promise<TokenPage> {
    const owner = await this.findOwner(query.userId)
    if (owner === null) return { tokens: [], more: false, total: 0, owner }
    return { ...(await selectPage(this.#db, owner, query)), owner }
  }

  async updateToken(id: string, changes: TokenChanges, scope: UpdateScope): Promise<ChangeOutcome> {
    if (Object.keys(changes).length === 0) return this.#whyUnchanged(id, scope)
    return this.#change(id, scope, (eb) => ({ ...columnsOf(eb, changes, scope), updated_at: scope.now }))
  }

  async revokeToken(id: string, scope: ChangeScope): Promise<ChangeOutcome> {
    const revoked = await writeRevocation(this.#db, id, scope)
    if (revoked !== undefined) return { outcome: 'changed', token: revoked }
    const why = await this.#whyUnchanged(id, scope)
    return why.outcome === 'ended' ? { outcome: 'unchanged', token: why.token } : why
  }

  async rotateToken(id: string, successor: UnownedToken, scope: RotateScope): Promise<ChangeOutcome> {
    const rotated = await writeSuccessor(this.#db, id, successor, scope)
    if (rotated !== undefined) return { outcome: 'changed', token: rotated }
    return this.#whyUnchanged(id, scope, true)
  }

  async endPredecessor(succession: Succession, now: number): Promise<TokenRecord | null> {
    return revokePredecessor(this.#db, succession, now)
  }

  async setOwnerStatus(userId: string, status: OwnerStatus, now: number): Promise<OwnerRecord> {
    return writeOwnerStatus(this.#db, userId, status, now)
  }

  async recordUses(uses: readonly TokenUse[], rules: RecordUseRules): Promise<void> {
    if (uses.length > 0) await addUses(this.#db, this.#traits, uses, rules)
  }

  async markIdle(idleBefore: number, limit: number): Promise<readonly TokenRecord[]> {
    return updateIdle(this.#db, idleBefore, limit)
  }

  async prune(endedBefore: number, limit: number): Promise<number> {
    return deleteEnded(this.#db, endedBefore, limit)
  }

  /** INSERT … SELECT from the owner's row: no active owner, or no room, and nothing is inserted. */
  async #insert(token: UnownedToken, { maxTokens, now }: InsertRules): Promise<TokenRecord | undefined> {
    const row = rowFromToken({ ...token, generation: 0 })
    const copied = await this.#db
      .insertInto('api_tokens')
      .columns([...API_TOKEN_COLUMNS])
      .expression((eb) =>
        eb
          .selectFrom('api_token_owners')
          .select((owner) =>
            API_TOKEN_COLUMNS.map((column) =>
              (column === 'generation'
                ? owner.ref('api_token_owners.generation')
                : owner.val(row[column])
              ).as(column),
            ),
          )
          .where('api_token_owners.user_id', '=', token.userId)
          .where('api_token_owners.status', '=', 'active')
          .where(
            (owner) =>
              owner
                .selectFrom('api_tokens')
                .select((tokens) => tokens.fn.countAll<number>().as('living'))
                .where('api_tokens.user_id', '=', token.userId)
                .whereRef('api_tokens.generation', '=', 'api_token_owners.generation')
                .where((tokens) => isLiving(tokens, now)),
            '<',
            maxTokens,
          ),
      )
      .returning('generation')
      .executeTakeFirst()
    return copied === undefined ? undefined : { ...token, generation: copied.generation }
  }

  async #change(
    id: string,
    scope: ChangeScope,
    columns: (eb: Tokens) => UpdateObject<ApiTokenDatabase, 'api_tokens'>,
  ): Promise<ChangeOutcome> {
    const changed = await this.#db
      .updateTable('api_tokens')
      .set(columns)
      .where('api_tokens.id', '=', id)
      .where((eb) => isLiving(eb, scope.now))
      .where((eb) => eb('api_tokens.generation', '=', ownerGeneration(eb)))
      .where((eb) => belongsTo(eb, scope.userId))
      .returning([...API_TOKEN_COLUMNS])
      .executeTakeFirst()
    if (changed !== undefined) return { outcome: 'changed', token: tokenFromRow(changed) }
    return this.#whyUnchanged(id, scope)
  }

  /** Why a change found no row; `unchanged` where it would have found one. */
  async #whyUnchanged(
    id: string,
    scope: ChangeScope,
    demandsActiveOwner = scope.userId !== undefined,
  ): Promise<ChangeOutcome> {
    const { userId, now } = scope
    const found = await this.findToken(id)
    if (found === null) return { outcome: 'not_found' }
    const { token, owner } = found
    if (userId !== undefined && token.userId !== userId) return { outcome: 'not_found' }
    if (demandsActiveOwner && owner?.status !== 'active') return { outcome: 'owner_inactive' }
    const { status } = judge(token, owner, { now, idleTimeoutMs: null })
    return { outcome: status === 'revoked' || status === 'expired' ? 'ended' : 'unchanged', token }
  }
}

/** Waking starts the idle clock anew: for a token that sleeps, by its row or by the clock. */
function columnsOf(
  eb: Tokens,
  { status, ...texts }: TokenChanges,
  { now, idleBefore }: UpdateScope,
): UpdateObject<ApiTokenDatabase, 'api_tokens'> {
  if (status === undefined) return texts
  if (status === 'inactive') return { ...texts, status, status_reason: 'switched_off' }
  const sleeps = eb.or([
    eb('api_tokens.status', '=', 'inactive'),
    ...(idleBefore === null ? [] : [eb('api_tokens.idle_from', '<', idleBefore)]),
  ])
  return {
    ...texts,
    status,
    status_reason: null,
    idle_from: eb.case().when(sleeps).then(now).else(eb.ref('api_tokens.idle_from')).end(),
  }
}
