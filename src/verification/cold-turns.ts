/**
 * Works off the cold verifications of one turn of the event loop together: first all signatures, then one read of the store
 * for all tokens, then the owners.
 *
 * A request is verified with the keys and the time of its turn, not of its arrival. It continues in its own async context,
 * because it awaits a promise of its own.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../clock.ts'
import { ownError } from '../errors.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { OwnedToken } from '../token/token.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { Found, InFlightRead, InFlightReads, ReadTarget } from './in-flight-reads.ts'
import { type FindUser, lookUpUser, type UserStatus } from './look-up-user.ts'
import { Turns } from './turns.ts'
import type { VerificationEntry } from './verification-entry.ts'

/** A request whose credential, if it has a valid signature, is read. */
export interface ColdRequest<Target extends ReadTarget> {
  /** Checks the signature; `null` when it is invalid. */
  target(now: number): Target | null
  /** The cache entry of the credential: another request with it may have been read during the wait. */
  cached(now: number): VerificationEntry | undefined
}

/** What the turn of a request found: a cache entry, or a read that is done. `null`: the signature is invalid. */
export type ColdResult<Target extends ReadTarget> = CachedResult | DoneRead<Target> | null

/** The entry was current in the turn of the request. An answer to another request may have changed this. */
export interface CachedResult {
  readonly kind: 'cached'
  readonly entry: VerificationEntry
}

/** Every receiver calls `leave` after its use. */
export interface DoneRead<Target extends ReadTarget> {
  readonly kind: 'read'
  readonly target: Target
  readonly read: InFlightRead
  readonly found: Found
}

export interface ColdTurnsDeps {
  readonly store: Pick<TokenStore, 'findTokens'>
  readonly clock: Clock
  readonly reads: InFlightReads
  readonly findUser: FindUser | undefined
  readonly identityProvider: IdentityProvider | null
  /** Whether the row alone decides that a token is refused, so that `findUser` and the identity provider are not called. */
  isRefusedByRow(owned: OwnedToken, now: number): boolean
  /** Revokes a token that the identity provider has ended, and publishes the invalidation. */
  endToken(tokenId: string): Promise<void>
}

interface Waiter {
  readonly request: ColdRequest<ReadTarget>
  /** Calls a function in the request's async context; `null` when nothing of the host is called. */
  readonly inContext: (<T>(call: () => T) => T) | null
  resolve(result: ColdResult<ReadTarget>): void
  reject(error: unknown): void
}

/**
 * When this many requests wait, a further one is only added if its signature is valid. Otherwise a client that pipelines
 * invalid credentials would delay all others and fill the memory.
 */
const MAX_WAITING = 1_024
/** Signatures in one go, in milliseconds: one of ES256 takes 0.1 ms. */
const SLICE_MS = 5

export class ColdTurns {
  readonly #deps: ColdTurnsDeps
  readonly #callsHost: boolean
  readonly #turns = new Turns<Waiter>((waiters) => this.#workOff(waiters))

  constructor(deps: ColdTurnsDeps) {
    this.#deps = deps
    this.#callsHost = deps.findUser !== undefined || deps.identityProvider !== null
  }

  /**
   * The cache entry or the read of the request's token, or `null` for an invalid signature.
   *
   * @throws {StoreUnavailable} When the store, `findUser` or the identity provider is unavailable.
   */
  read<Target extends ReadTarget>(request: ColdRequest<Target>): Promise<ColdResult<Target>> {
    const inContext = this.#callsHost ? AsyncLocalStorage.snapshot() : null
    return new Promise((resolve, reject) => {
      if (this.#turns.length >= MAX_WAITING && request.target(this.#deps.clock.now()) === null)
        return resolve(null)
      // The target of the result is the one that `request.target` returned.
      this.#turns.add({ request, inContext, resolve: resolve as Waiter['resolve'], reject })
    })
  }

  /** Checks signatures for 5 ms, then starts the reads of the valid ones. Returns how many were checked. */
  #workOff(waiters: readonly Waiter[]): number {
    const sliceEnd = performance.now() + SLICE_MS
    const started: StartedRead[] = []
    let checked = 0
    for (const waiter of waiters) {
      this.#check(waiter, started)
      checked += 1
      if (performance.now() >= sliceEnd) break
    }
    if (started.length > 0) void this.#find(started)
    return checked
  }

  #check(waiter: Waiter, started: StartedRead[]): void {
    try {
      const now = this.#deps.clock.now()
      const target = waiter.request.target(now)
      if (target === null) return waiter.resolve(null)
      const entry = waiter.request.cached(now)
      if (entry !== undefined) return waiter.resolve({ kind: 'cached', entry })
      const { read, isNew } = this.#deps.reads.join(target, {
        onFound: (read, found) => waiter.resolve({ kind: 'read', target, read, found }),
        onFailed: (error) => waiter.reject(ownError(error)),
      })
      if (isNew) started.push({ read, inContext: waiter.inContext })
    } catch (error) {
      waiter.reject(error)
    }
  }

  /** One read of the store for all. When it fails, it fails for all. */
  async #find(started: readonly StartedRead[]): Promise<void> {
    try {
      const startedAt = this.#deps.clock.now()
      for (const { read } of started) read.startedAt = startedAt
      const found = await this.#deps.store.findTokens(idsOf(started))
      const now = this.#deps.clock.now()
      const users = new Map<string, Promise<UserStatus>>()
      for (const one of started) this.#onRowSafely(one, found.get(one.read.tokenId) ?? null, now, users)
    } catch (error) {
      for (const { read } of started) this.#fail(read, error)
    }
  }

  /** A row that cannot be evaluated fails its own token only. */
  #onRowSafely(
    one: StartedRead,
    ...row: [OwnedToken | null, number, Map<string, Promise<UserStatus>>]
  ): void {
    try {
      this.#onRow(one, ...row)
    } catch (error) {
      this.#fail(one.read, error)
    }
  }

  /** The owner and the identity provider are asked separately for each token: one that hangs affects its tokens only. */
  #onRow(
    { read, inContext }: StartedRead,
    owned: OwnedToken | null,
    now: number,
    users: Map<string, Promise<UserStatus>>,
  ): void {
    if (owned !== null) this.#deps.reads.learnOwner(read, owned.token.userId)
    if (inContext === null) return settle(read, { owned, user: ACTIVE, refresh: null })
    if (owned === null || this.#deps.isRefusedByRow(owned, now))
      return settle(read, { owned, user: null, refresh: null })
    inContext(() => this.#findUser(read, owned, users)).then(
      (found) => settle(read, found),
      (error) => this.#fail(read, error),
    )
  }

  async #findUser(
    { tokenId, refreshToken }: InFlightRead,
    owned: OwnedToken,
    users: Map<string, Promise<UserStatus>>,
  ): Promise<Found> {
    const { findUser, identityProvider, clock, endToken } = this.#deps
    const { userId } = owned.token
    const asked = users.get(userId) ?? lookUpUser(findUser, userId)
    users.set(userId, asked)
    const user = await asked
    if (refreshToken === undefined || identityProvider === null || user?.active !== true)
      return { owned, user, refresh: null }
    const refresh = await identityProvider.refresh(refreshToken, clock.now())
    // This invalidates the present read: the waiting requests read the revoked row.
    if (refresh.outcome === 'ended') await endToken(tokenId)
    return { owned, user, refresh }
  }

  #fail(read: InFlightRead, error: unknown): void {
    const { listeners } = read
    read.listeners = null
    for (const { onFailed } of listeners ?? []) {
      this.#deps.reads.leave(read)
      onFailed(error)
    }
  }
}

/** A read with the async context of the request that started it. */
interface StartedRead {
  readonly read: InFlightRead
  readonly inContext: Waiter['inContext']
}

/** The owner without `findUser`. */
const ACTIVE: UserStatus = { active: true }

/** A recheck may read a token beside a request with a refresh token. */
function idsOf(started: readonly StartedRead[]): readonly string[] {
  return [...new Set(started.map(({ read }) => read.tokenId))]
}

function settle(read: InFlightRead, found: Found): void {
  const { listeners } = read
  read.listeners = null
  for (const { onFound } of listeners ?? []) onFound(read, found)
}
