/** Verifies a credential: cache, signature, store, owner, clock. */

import type { Invalidation } from '../invalidation/invalidation-bus.ts'
import { findToken } from '../store/find-token.ts'
import { MAX_CREDENTIAL_LENGTH } from '../token/credential.ts'
import { effectiveScopes } from '../token/scope.ts'
import { endsAt, expiresAtOf, judge } from '../token/status.ts'
import type { OwnedToken, TokenRecord } from '../token/token.ts'
import { keyOf } from './credential-key.ts'
import { type Found, type InFlightRead, InFlightReads } from './in-flight-reads.ts'
import { lookUpUser } from './look-up-user.ts'
import { Rounds } from './rounds.ts'
import { isAsIssued, readSignedToken, type SignedToken } from './signed-token.ts'
import type { Recheck } from './token-signals.ts'
import type { VerificationDeps, VerificationStats } from './verification-deps.ts'
import {
  FORGED,
  isCacheable,
  newEntry,
  type RejectionReason,
  type VerificationEntry,
} from './verification-entry.ts'

/** A credential with a valid signature. */
interface SignedCredential extends SignedToken {
  readonly credential: string
}

export class Verification {
  readonly #deps: VerificationDeps
  readonly #reads: InFlightReads
  #hits = 0
  #misses = 0

  constructor(deps: VerificationDeps) {
    this.#deps = deps
    this.#reads = new InFlightReads(deps.clock, (...wanted) => this.#find(...wanted))
  }

  /**
   * The warm path: the entry of a cached credential, which is `text` from `start` on. It is synchronous and does no I/O.
   *
   * @param counts Whether to count a use: a request counts once, however many hooks verify it.
   */
  getAndCount(text: string, now: number, start = 0, counts = true): VerificationEntry | undefined {
    if (text.length - start > MAX_CREDENTIAL_LENGTH) return FORGED
    const entry = this.#deps.cache.get(text, now, start)
    if (entry === undefined) return undefined
    this.#hits += 1
    return this.#counted(entry, now, counts)
  }

  /** The same for an entry that the connection holds: valid while it is in the cache and before its deadline. */
  revalidateAndCount(
    entry: VerificationEntry | undefined,
    now: number,
    counts = true,
  ): VerificationEntry | undefined {
    if (entry?.live !== true || this.#deps.cache.isOver(entry, now)) return undefined
    this.#deps.cache.markRecent(entry)
    this.#hits += 1
    return this.#counted(entry, now, counts)
  }

  /**
   * The cold path: the signature, then one read of the store shared by concurrent requests, then `findUser`. The result is
   * passed to `take` synchronously, because an invalidation could come before a promise with it resolves.
   *
   * @throws {StoreUnavailable} When the store or `findUser` is unavailable, or changes invalidate every read.
   */
  async loadAndCount<T>(
    credential: string,
    now: number,
    take: (entry: VerificationEntry) => T,
    counts = true,
  ): Promise<T> {
    this.#misses += 1
    for (const rounds = new Rounds(); ; rounds.next()) {
      // In every round: the key may have been removed during the wait.
      const signed = this.#verifySignature(credential, now)
      if (signed === undefined) return take(FORGED)
      const { tokenId, userId, refreshToken } = signed
      const read = this.#reads.of(tokenId, userId, refreshToken)
      const found = await read.found
      // An invalidation came during the read, or after another waiting request had cached its result.
      if (read.isInvalidated || read.entry?.live === false) continue
      const predecessorId = this.#predecessorOf(signed, found)
      if (predecessorId !== null) {
        read.ending ??= this.#deps.endPredecessor(tokenId, predecessorId)
        await read.ending
        // Read the row again: the token may have been revoked first.
        continue
      }
      return take(this.#counted(this.#evaluateAndCache(signed, read, found), this.#deps.clock.now(), counts))
    }
  }

  /**
   * Verifies without counting a use: the idle clock is not moved and no predecessor is ended. The signature is checked
   * first, also for a cached credential.
   *
   * @throws {StoreUnavailable} As `loadAndCount`.
   */
  async inspect<T>(credential: string, now: number, take: (entry: VerificationEntry) => T): Promise<T> {
    for (const rounds = new Rounds(); ; rounds.next()) {
      const signed = this.#verifySignature(credential, now)
      if (signed === undefined) return take(FORGED)
      const cached = this.#deps.cache.get(credential, this.#deps.clock.now())
      if (cached !== undefined) return take(cached)
      const read = this.#reads.of(signed.tokenId, signed.userId, signed.refreshToken)
      const found = await read.found
      if (read.isInvalidated || read.entry?.live === false) continue
      return take(this.#evaluateAndCache(signed, read, found))
    }
  }

  /**
   * Whether a token would be refused now, whatever the credential. For signals, which outlive the verification.
   *
   * @throws {StoreUnavailable} As `loadAndCount`.
   */
  async recheck(tokenId: string, userId: string): Promise<Recheck> {
    for (const rounds = new Rounds(); ; rounds.next()) {
      const read = this.#reads.of(tokenId, userId)
      const found = await read.found
      if (read.isInvalidated) continue
      const token = found.owned?.token
      return {
        refused:
          token === undefined ||
          !this.#deps.signer.isSealed(token) ||
          this.#rejectionOf(found, this.#deps.clock.now()) !== null,
        endsAt: token === undefined ? null : endsAt(token, this.#deps.maxAgeMs),
      }
    }
  }

  /** Drops the cache entries of the target, and invalidates its reads in flight. */
  onInvalidate({ target }: Invalidation): void {
    if ('tokenId' in target) {
      this.#deps.cache.dropToken(target.tokenId)
      this.#reads.invalidateToken(target.tokenId)
    } else {
      this.#deps.cache.dropUser(target.userId)
      this.#reads.invalidateUserReads(target.userId)
    }
  }

  /** Drops all cache entries and invalidates all reads in flight, when the keys have changed. */
  clear(): void {
    this.#deps.cache.clear()
    this.#reads.invalidateAll()
  }

  stats(): VerificationStats {
    return { hits: this.#hits, misses: this.#misses, loads: this.#reads.count }
  }

  /** Refuses every invalid signature before anything is read or cached. */
  #verifySignature(credential: string, now: number): SignedCredential | undefined {
    const signed = readSignedToken(this.#deps, credential, now)
    return signed && { credential, ...signed }
  }

  async #find(
    tokenId: string,
    refreshToken: string | undefined,
    learnOwner: (userId: string) => void,
  ): Promise<Found> {
    const { store, clock, findUser, identityProvider, endToken } = this.#deps
    const owned = await findToken(store, tokenId)
    if (owned !== null) learnOwner(owned.token.userId)
    if (owned === null || this.#ownRejection(owned, clock.now()) !== null)
      return { owned, user: null, refresh: null }
    const user = await lookUpUser(findUser, owned.token.userId)
    if (refreshToken === undefined || identityProvider === null || user?.active !== true)
      return { owned, user, refresh: null }
    const refresh = await identityProvider.refresh(refreshToken, clock.now())
    // This invalidates the present read: the waiting requests read the revoked row.
    if (refresh.outcome === 'ended') await endToken(tokenId)
    return { owned, user, refresh }
  }

  /** Evaluates what was found, and caches the result until its deadline. */
  #evaluateAndCache(signed: SignedCredential, read: InFlightRead, found: Found): VerificationEntry {
    // Read the clock after the wait: the token may have expired meanwhile.
    const now = this.#deps.clock.now()
    const shared = this.#deps.cache.get(signed.credential, now)
    if (shared !== undefined) return shared
    const token = found.owned?.token ?? null
    const refresh = found.refresh?.outcome === 'good' ? found.refresh : null
    const rejection = this.#evaluate(signed, found, now)
    const deadline = Math.min(
      this.#deadlineOf(token, rejection, read.startedAt),
      refresh?.expiresAt ?? Infinity,
    )
    const entry = newEntry(keyOf(signed.credential), deadline, {
      rejection,
      // The strings of the row, if there is one: the equal strings of the claims can be freed.
      tokenId: token?.id ?? signed.tokenId,
      userId: token?.userId ?? signed.userId ?? '',
      token,
      expiresAt: token === null ? null : expiresAtOf(token, this.#deps.maxAgeMs),
      scopes: Object.freeze(token === null ? [] : effectiveScopes(token.scopes, found.user?.scopes)),
      accessToken: refresh?.accessToken ?? null,
      readAt: read.startedAt,
    })
    if (isCacheable(entry)) {
      this.#deps.cache.put(entry)
      read.entry = entry
    }
    return entry
  }

  /** The predecessor that this token's first accepted use ends. */
  #predecessorOf(signed: SignedCredential, found: Found): string | null {
    const predecessorId = found.owned?.token.predecessorId ?? null
    if (predecessorId === null) return null
    return this.#evaluate(signed, found, this.#deps.clock.now()) === null ? predecessorId : null
  }

  #evaluate(signed: SignedToken, found: Found, now: number): RejectionReason | null {
    const token = found.owned?.token ?? null
    const asIssued = token === null || isAsIssued(signed, token, this.#deps)
    return asIssued ? this.#rejectionOf(found, now) : 'not_as_issued'
  }

  #counted(entry: VerificationEntry, now: number, counts: boolean): VerificationEntry {
    if (counts && entry.rejection === null && entry.use !== null) this.#deps.recorder.countUse(entry.use, now)
    return entry
  }

  #rejectionOf({ owned, user, refresh }: Found, now: number): RejectionReason | null {
    if (owned === null) return 'unknown'
    const rejection = this.#ownRejection(owned, now)
    if (rejection !== null) return rejection
    if (refresh?.outcome === 'ended') return 'revoked'
    return user?.active === true ? null : 'owner_inactive'
  }

  /** The rejection that follows from the row alone, without `findUser` and the identity provider. */
  #ownRejection({ token, owner }: OwnedToken, now: number): RejectionReason | null {
    if (owner === null) return 'owner_unknown'
    const { idleTimeoutMs, maxAgeMs } = this.#deps
    const { status, reason } = judge(this.#withPendingUse(token), owner, { now, idleTimeoutMs, maxAgeMs })
    if (status !== 'active') return reason === 'idle' ? 'idle' : status
    return owner.status === 'active' ? null : 'owner_inactive'
  }

  /** The token with uses that this instance has counted and not flushed yet. */
  #withPendingUse(token: TokenRecord): TokenRecord {
    const lastUsedAt = this.#deps.recorder.lastUsedAt(token.id)
    return lastUsedAt > token.idleFrom ? { ...token, idleFrom: lastUsedAt } : token
  }

  /** The earliest of: the end of the ttl, the end of the token by expiry or grace, the idle timeout. */
  #deadlineOf(token: TokenRecord | null, rejection: RejectionReason | null, startedAt: number): number {
    const { ttlMs, idleTimeoutMs, maxAgeMs } = this.#deps
    const ttlEnd = startedAt + Math.min(ttlMs, this.#deps.cache.longestLifeMs)
    if (token === null || rejection !== null) return ttlEnd
    const idleFrom = this.#withPendingUse(token).idleFrom
    const idleEnd = idleTimeoutMs === null ? Infinity : idleFrom + idleTimeoutMs + 1
    return Math.min(ttlEnd, endsAt(token, maxAgeMs) ?? Infinity, idleEnd)
  }
}
