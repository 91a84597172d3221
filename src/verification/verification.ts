/** Verifies a credential: cache, signature, store, owner, clock. */

import { ownError } from '../errors.ts'
import type { Invalidation } from '../invalidation/invalidation-bus.ts'
import { MAX_CREDENTIAL_LENGTH } from '../token/credential.ts'
import { effectiveScopes } from '../token/scope.ts'
import { endsAt, expiresAtOf, judge } from '../token/status.ts'
import type { OwnedToken, TokenRecord } from '../token/token.ts'
import { ColdTurns, type DoneRead } from './cold-turns.ts'
import { digestOf } from './credential-digest.ts'
import { type EntryLimits, entryLimits } from './entry-limits.ts'
import { type Found, InFlightReads, type ReadTarget } from './in-flight-reads.ts'
import { Rounds } from './rounds.ts'
import { isAsIssued, readSignedToken, type SignedToken } from './signed-token.ts'
import type { Recheck } from './token-signals.ts'
import type { VerificationDeps, VerificationStats } from './verification-deps.ts'
import {
  type CredentialSource,
  FORGED,
  isCacheable,
  NO_ADDRESS,
  type RejectionReason,
  refusedAddress,
  type VerificationEntry,
} from './verification-entry.ts'

/** Why a credential is verified. A request counts once, and an inspection neither counts nor ends a predecessor. */
type Purpose = 'use' | 'counted use' | 'inspection'

/** A credential that is not in the cache, for `loadAndCount`. */
export class CacheMiss {
  readonly credential: string
  /** Its key in the cache, which is computed once. */
  readonly digest: string

  constructor(credential: string, digest: string) {
    this.credential = credential
    this.digest = digest
  }
}

export class Verification {
  readonly #deps: VerificationDeps
  readonly #reads = new InFlightReads()
  readonly #cold: ColdTurns
  #hits = 0
  #misses = 0

  constructor(deps: VerificationDeps) {
    this.#deps = deps
    this.#cold = new ColdTurns({
      ...deps,
      reads: this.#reads,
      isRefusedByRow: (owned, now) => this.#ownRejection(owned, now) !== null,
    })
  }

  /**
   * The warm path: the entry of a cached credential. It is synchronous and does no I/O. An address that the token does not
   * allow is refused and counts no use.
   *
   * @param counts Whether to count a use: a request counts once, however many hooks verify it.
   */
  getAndCount(
    credential: string,
    now: number,
    source: CredentialSource,
    counts = true,
  ): VerificationEntry | CacheMiss {
    if (credential.length > MAX_CREDENTIAL_LENGTH) return FORGED
    const digest = digestOf(credential)
    const entry = this.#deps.cache.get(digest, now)
    if (entry === undefined) return new CacheMiss(credential, digest)
    this.#hits += 1
    return this.#counted(entry, now, source, counts)
  }

  /** The same for an entry that the connection holds: valid while it is in the cache and before its deadline. */
  revalidateAndCount(
    entry: VerificationEntry | undefined,
    now: number,
    source: CredentialSource,
    counts = true,
  ): VerificationEntry | undefined {
    if (entry === undefined || !this.#deps.cache.isCurrent(entry, now)) return undefined
    this.#deps.cache.touch(entry)
    this.#hits += 1
    return this.#counted(entry, now, source, counts)
  }

  /**
   * The cold path: the signature, then one read of the store shared by all requests of a turn of the event loop, then
   * `findUser`. The result is passed to `take` synchronously, because an invalidation could come before a promise with it
   * resolves.
   *
   * @throws {StoreUnavailable} When the store or `findUser` is unavailable, or changes invalidate every read.
   */
  loadAndCount<T>(
    miss: CacheMiss,
    take: (entry: VerificationEntry) => T,
    source: CredentialSource,
    counts = true,
  ): Promise<T> {
    this.#misses += 1
    return this.#load(miss, counts ? 'use' : 'counted use', source, take)
  }

  /**
   * Verifies without counting a use: the idle clock is not moved and no predecessor is ended. The signature is checked also
   * for a cached credential. A token that is limited to addresses is refused, because the client's address is not known.
   *
   * @throws {StoreUnavailable} As `loadAndCount`.
   */
  async inspect<T>(credential: string, take: (entry: VerificationEntry) => T): Promise<T> {
    if (credential.length > MAX_CREDENTIAL_LENGTH) return take(FORGED)
    const now = this.#deps.clock.now()
    const digest = digestOf(credential)
    const cached = this.#deps.cache.get(digest, now)
    if (cached === undefined)
      return this.#load(new CacheMiss(credential, digest), 'inspection', NO_ADDRESS, take)
    if (this.#signed(credential, now) === null) return take(FORGED)
    return take(this.#counted(cached, now, NO_ADDRESS, false))
  }

  /**
   * Whether a token would be refused now, whatever the credential. For signals, which outlive the verification.
   *
   * @throws {StoreUnavailable} As `loadAndCount`.
   */
  async recheck(tokenId: string, userId: string): Promise<Recheck> {
    const target: ReadTarget = { tokenId, userId }
    for (const rounds = new Rounds(); ; rounds.next()) {
      const done = await this.#cold.read({ target: () => target, cached: () => undefined })
      if (done?.kind !== 'read') throw new Error('a recheck always reads')
      this.#reads.leave(done.read)
      if (done.read.isInvalidated) continue
      const token = done.found.owned?.token
      if (
        token === undefined ||
        !this.#deps.signer.isSealed(token) ||
        this.#rejectionOf(done.found, this.#deps.clock.now()) !== null
      )
        return REFUSED
      const addresses = entryLimits(token)?.addresses ?? null
      return { refused: false, endsAt: endsAt(token, this.#deps.maxAgeMs), addresses }
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

  async #load<T>(
    miss: CacheMiss,
    purpose: Purpose,
    source: CredentialSource,
    take: (entry: VerificationEntry) => T,
  ): Promise<T> {
    const { credential, digest } = miss
    // In every round the signature is checked again: the key may have been removed during the wait.
    const request = {
      target: (now: number) => this.#signed(credential, now),
      cached: (now: number) => this.#deps.cache.get(digest, now),
    }
    for (const rounds = new Rounds(); ; rounds.next()) {
      const done = await this.#cold.read(request)
      if (done === null) return take(FORGED)
      if (done.kind === 'cached') {
        const now = this.#deps.clock.now()
        if (!this.#deps.cache.isCurrent(done.entry, now)) continue
        return take(this.#counted(done.entry, now, source, purpose === 'use'))
      }
      try {
        if (done.read.isInvalidated) continue
        const now = this.#deps.clock.now()
        const predecessorId = purpose === 'inspection' ? null : this.#predecessorOf(done, now, source)
        if (predecessorId === null)
          return take(
            this.#counted(this.#evaluateAndCache(digest, done, now), now, source, purpose === 'use'),
          )
        done.read.ending ??= this.#deps.endPredecessor(done.target.tokenId, predecessorId)
        // Then read the row again: the token may have been revoked first.
        await done.read.ending.catch((error) => {
          throw ownError(error)
        })
      } finally {
        this.#reads.leave(done.read)
      }
    }
  }

  /** Refuses every invalid signature before anything is read or cached. */
  #signed(credential: string, now: number): SignedToken | null {
    return readSignedToken(this.#deps, credential, now) ?? null
  }

  /** Evaluates what was found, and caches the result until its deadline. */
  #evaluateAndCache(
    digest: string,
    { target, read, found }: DoneRead<SignedToken>,
    now: number,
  ): VerificationEntry {
    if (read.entry?.digest === digest && this.#deps.cache.isCurrent(read.entry, now)) return read.entry
    const token = found.owned?.token ?? null
    const refresh = found.refresh?.outcome === 'good' ? found.refresh : null
    const rejection = this.#evaluate(target, found, now)
    const deadline = this.#deadlineOf(token, rejection, read.startedAt)
    const { maxAgeMs } = this.#deps
    const entry: VerificationEntry = {
      digest,
      deadline: Math.min(deadline, refresh?.expiresAt ?? Infinity),
      rejection,
      use: null,
      live: false,
      // The strings of the row, if there is one: the equal strings of the claims can be freed.
      tokenId: token?.id ?? target.tokenId,
      userId: token?.userId ?? target.userId ?? '',
      name: token?.name ?? null,
      issuedAt: token?.createdAt ?? 0,
      expiresAt: token === null ? null : expiresAtOf(token, maxAgeMs),
      endsAt: token === null ? null : endsAt(token, maxAgeMs),
      granted: token?.scopes ?? NO_SCOPES,
      scopes: token === null ? NO_SCOPES : Object.freeze(effectiveScopes(token.scopes, found.user?.scopes)),
      limits: token === null || rejection !== null ? null : entryLimits(token),
      accessToken: refresh?.accessToken ?? null,
      readAt: read.startedAt,
    }
    if (isCacheable(rejection, token)) {
      this.#deps.cache.put(entry, token?.idleFrom ?? 0)
      read.entry = entry
    }
    return entry
  }

  /** The predecessor that this token's first accepted use ends. */
  #predecessorOf(
    { target, found }: DoneRead<SignedToken>,
    now: number,
    source: CredentialSource,
  ): string | null {
    const token = found.owned?.token ?? null
    if (token === null || token.predecessorId === null) return null
    if (this.#evaluate(target, found, now) !== null) return null
    return isAllowedFrom(source, entryLimits(token)) ? token.predecessorId : null
  }

  #evaluate(signed: SignedToken, found: Found, now: number): RejectionReason | null {
    const token = found.owned?.token ?? null
    const asIssued = token === null || isAsIssued(signed, token, this.#deps)
    return asIssued ? this.#rejectionOf(found, now) : 'not_as_issued'
  }

  #counted(
    entry: VerificationEntry,
    now: number,
    source: CredentialSource,
    counts: boolean,
  ): VerificationEntry {
    // Before the use is counted.
    if (entry.limits !== null && !isAllowedFrom(source, entry.limits)) return refusedAddress(entry)
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

function isAllowedFrom(source: CredentialSource, limits: EntryLimits | null): boolean {
  const addresses = limits?.addresses ?? null
  return addresses === null || addresses.include(source.ip)
}

const NO_SCOPES: readonly string[] = Object.freeze([])
const REFUSED: Recheck = { refused: true, endsAt: null, addresses: null }
