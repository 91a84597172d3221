/** From a credential to a judgement: cache, signature, store, owner, clock. */

import type { Invalidation } from '../invalidation/invalidation-bus.ts'
import { MAX_CREDENTIAL_LENGTH } from '../token/credential.ts'
import { effectiveScopes } from '../token/scope.ts'
import { endsAt, expiresAtOf, judge } from '../token/status.ts'
import type { OwnedToken, TokenRecord } from '../token/token.ts'
import { keyOf } from './credential-key.ts'
import { InFlightReads } from './in-flight-reads.ts'
import type { Found, Genuine, InFlightRead } from './load.ts'
import { lookUpUser } from './look-up-user.ts'
import { Rounds } from './rounds.ts'
import { isAsIssued, readSignedToken, type SignedToken } from './signed-token.ts'
import type { Recheck } from './token-signals.ts'
import type { VerificationDeps, VerificationStats } from './verification-deps.ts'
import {
  FORGED,
  isWorthKeeping,
  newEntry,
  type RejectionReason,
  type VerificationEntry,
} from './verification-entry.ts'

export class Verification {
  readonly #parts: VerificationDeps
  readonly #loads: InFlightReads
  #hits = 0
  #misses = 0

  constructor(parts: VerificationDeps) {
    this.#parts = parts
    this.#loads = new InFlightReads(parts.clock, (tokenId, refreshToken) => this.#find(tokenId, refreshToken))
  }

  /**
   * The warm path: the entry of a cached credential, the text from `start` on. Reads, writes and awaits nothing.
   *
   * @param counts Whether it is a use of the token: a request counts once, however many hooks verify it.
   */
  getAndCount(text: string, now: number, start = 0, counts = true): VerificationEntry | undefined {
    if (text.length - start > MAX_CREDENTIAL_LENGTH) return FORGED
    const entry = this.#parts.cache.get(text, now, start)
    if (entry === undefined) return undefined
    this.#hits += 1
    return this.#counted(entry, now, counts)
  }

  /** The same for an entry of this connection: good while it is in the cache and its deadline has not come. */
  reuse(entry: VerificationEntry | undefined, now: number, counts = true): VerificationEntry | undefined {
    if (entry?.live !== true || this.#parts.cache.isOver(entry, now)) return undefined
    this.#parts.cache.touch(entry)
    this.#hits += 1
    return this.#counted(entry, now, counts)
  }

  /**
   * The cold path: signature first, then one read however many wait for it, then the owner's host. The judgement is
   * given to `take` at once: once a promise has carried it, news may have come in between.
   *
   * @throws {StoreUnavailable} When the store or `findUser` cannot answer, or changes overtake every read.
   */
  async load<T>(
    credential: string,
    now: number,
    take: (entry: VerificationEntry) => T,
    counts = true,
  ): Promise<T> {
    this.#misses += 1
    for (const rounds = new Rounds(); ; rounds.next()) {
      // In each round again: the key may have been removed during the wait.
      const genuine = this.#check(credential, now)
      if (genuine === undefined) return take(FORGED)
      const { jti, sub } = genuine.claims
      const load = this.#loads.of(jti, sub, genuine.refreshToken)
      const found = await load.found
      // An invalidation came during the read, or while another waiting request went on with its result.
      if (load.stale || load.entry?.live === false) continue
      const predecessorId = this.#predecessorOf(genuine, found)
      if (predecessorId !== null) {
        load.ending ??= this.#parts.endPredecessor(jti, predecessorId)
        await load.ending
        // What the store made of it is in the row: a revoke may have come first.
        continue
      }
      return take(this.#counted(this.#settle(genuine, load, found), this.#parts.clock.now(), counts))
    }
  }

  /**
   * Judges a credential for those who only ask: it is no use of the token, moves no idle clock and ends no
   * predecessor. The cache is read first; the signature is checked in each round, as in `load`.
   *
   * @throws {StoreUnavailable} When the store or `findUser` cannot answer, or changes overtake every read.
   */
  async inspect<T>(credential: string, now: number, take: (entry: VerificationEntry) => T): Promise<T> {
    for (const rounds = new Rounds(); ; rounds.next()) {
      const genuine = this.#check(credential, now)
      if (genuine === undefined) return take(FORGED)
      const remembered = this.#parts.cache.get(credential, this.#parts.clock.now())
      if (remembered !== undefined) return take(remembered)
      const load = this.#loads.of(genuine.claims.jti, genuine.claims.sub, genuine.refreshToken)
      const found = await load.found
      if (load.stale || load.entry?.live === false) continue
      return take(this.#settle(genuine, load, found))
    }
  }

  /**
   * Whether a token would be refused now, by any credential; for callers that hold it longer than a request.
   *
   * @throws {StoreUnavailable} As `load` does.
   */
  async recheck(tokenId: string, userId: string): Promise<Recheck> {
    for (const rounds = new Rounds(); ; rounds.next()) {
      const load = this.#loads.of(tokenId, userId)
      const found = await load.found
      if (load.stale) continue
      const token = found.owned?.token
      return {
        refused:
          token === undefined ||
          !this.#parts.signer.knows(token.kid) ||
          this.#rejectionOf(found, this.#parts.clock.now()) !== null,
        endsAt: token === undefined ? null : endsAt(token, this.#parts.maxAgeMs),
      }
    }
  }

  /** Forgets what the news is about, and what is being read of it at this moment. */
  onInvalidate({ target }: Invalidation): void {
    if ('tokenId' in target) {
      this.#parts.cache.dropToken(target.tokenId)
      this.#loads.invalidateToken(target.tokenId)
    } else {
      this.#parts.cache.dropUser(target.userId)
      this.#loads.invalidateUserReads(target.userId)
    }
  }

  /** Forgets everything, and what is being read at this moment: other keys may judge otherwise. */
  clear(): void {
    this.#parts.cache.clear()
    this.#loads.invalidateAll()
  }

  stats(): VerificationStats {
    return { hits: this.#hits, misses: this.#misses, loads: this.#loads.count }
  }

  /** Everything that a forgery fails at, before anything is read or remembered. */
  #check(credential: string, now: number): Genuine | undefined {
    const signed = readSignedToken(this.#parts, credential, now)
    return signed && { credential, ...signed }
  }

  async #find(tokenId: string, refreshToken: string | undefined): Promise<Found> {
    const { store, clock, findUser, identityProvider, endToken } = this.#parts
    const owned = await store.findToken(tokenId)
    if (owned === null || this.#ownRejection(owned, clock.now()) !== null)
      return { owned, word: null, provider: null }
    const word = await lookUpUser(findUser, owned.token.userId)
    if (refreshToken === undefined || identityProvider === null || word?.active !== true)
      return { owned, word, provider: null }
    const provider = await identityProvider.refresh(refreshToken, clock.now())
    // The news of it makes this very load stale: its row is read again.
    if (provider.outcome === 'ended') await endToken(tokenId)
    return { owned, word, provider }
  }

  /** Judges what was found, and remembers the judgement for as long as it may be believed. */
  #settle(genuine: Genuine, load: InFlightRead, found: Found): VerificationEntry {
    // The wait was a moment of its own: what ended meanwhile has ended.
    const now = this.#parts.clock.now()
    const shared = this.#parts.cache.get(genuine.credential, now)
    if (shared !== undefined) return shared
    const token = found.owned?.token ?? null
    const provider = found.provider?.outcome === 'good' ? found.provider : null
    const rejection = this.#judge(genuine, found, now)
    const deadline = Math.min(
      this.#deadlineOf(token, rejection, load.startedAt),
      provider?.expiresAt ?? Infinity,
    )
    const entry = newEntry(keyOf(genuine.credential), deadline, {
      rejection,
      // The row's own texts where they are the same: those of the claims need not be kept then.
      tokenId: token?.id ?? genuine.claims.jti,
      userId: token?.userId ?? genuine.claims.sub,
      token,
      expiresAt: token === null ? null : expiresAtOf(token, this.#parts.maxAgeMs),
      scopes: Object.freeze(token === null ? [] : effectiveScopes(token.scopes, found.word?.scopes)),
      accessToken: provider?.accessToken ?? null,
      readAt: load.startedAt,
    })
    if (isWorthKeeping(entry)) {
      this.#parts.cache.put(entry)
      load.entry = entry
    }
    return entry
  }

  /** The predecessor that this token's first accepted use ends. */
  #predecessorOf(genuine: Genuine, found: Found): string | null {
    const predecessorId = found.owned?.token.predecessorId ?? null
    if (predecessorId === null) return null
    return this.#judge(genuine, found, this.#parts.clock.now()) === null ? predecessorId : null
  }

  #judge(signed: SignedToken, found: Found, now: number): RejectionReason | null {
    const token = found.owned?.token ?? null
    const asIssued = token === null || isAsIssued(signed, token, this.#parts.audience)
    return asIssued ? this.#rejectionOf(found, now) : 'not_as_issued'
  }

  #counted(entry: VerificationEntry, now: number, counts: boolean): VerificationEntry {
    if (counts && entry.rejection === null && entry.use !== null) this.#parts.recorder.touch(entry.use, now)
    return entry
  }

  #rejectionOf({ owned, word, provider }: Found, now: number): RejectionReason | null {
    if (owned === null) return 'unknown'
    const rejection = this.#ownRejection(owned, now)
    if (rejection !== null) return rejection
    if (provider?.outcome === 'ended') return 'revoked'
    return word?.active === true ? null : 'owner_inactive'
  }

  /** What the plugin itself knows against a token, without asking the host. */
  #ownRejection({ token, owner }: OwnedToken, now: number): RejectionReason | null {
    if (owner === null) return 'owner_unknown'
    const { idleTimeoutMs, maxAgeMs } = this.#parts
    const { status, reason } = judge(this.#withKnownUse(token), owner, { now, idleTimeoutMs, maxAgeMs })
    if (status !== 'active') return reason === 'idle' ? 'idle' : status
    return owner.status === 'active' ? null : 'owner_inactive'
  }

  /** A token with use that is known here and not in its row yet. */
  #withKnownUse(token: TokenRecord): TokenRecord {
    const lastUsedAt = this.#parts.recorder.lastUsedAt(token.id)
    return lastUsedAt > token.idleFrom ? { ...token, idleFrom: lastUsedAt } : token
  }

  /** The earliest of: the ttl is over, the token expires or its grace ends, it goes idle. */
  #deadlineOf(token: TokenRecord | null, rejection: RejectionReason | null, startedAt: number): number {
    const { ttlMs, idleTimeoutMs, maxAgeMs } = this.#parts
    const ttlEnd = startedAt + Math.min(ttlMs, this.#parts.cache.longestLifeMs)
    if (token === null || rejection !== null) return ttlEnd
    const idleFrom = this.#withKnownUse(token).idleFrom
    const idleEnd = idleTimeoutMs === null ? Infinity : idleFrom + idleTimeoutMs + 1
    return Math.min(ttlEnd, endsAt(token, maxAgeMs) ?? Infinity, idleEnd)
  }
}
