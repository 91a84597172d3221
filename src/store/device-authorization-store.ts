/**
 * The part of a store that keeps device authorizations (RFC 8628) from their start until a token is issued for them. It
 * holds digests of their codes alone. All times are those of the store's own clock, which every instance shares: a client
 * that keeps to its interval does so on whichever instance its polls arrive.
 */

/** What became of an authorization until now. */
export type DeviceStatus = 'pending' | 'approved' | 'denied' | 'redeemed'

export interface DeviceAuthorization {
  /** The SHA-256 of the device code. */
  readonly deviceDigest: string
  /** The HMAC of the user code, which is too short for a plain digest. */
  readonly userDigest: string
  readonly clientId: string
  /** What the program calls the token that it asks for, until the user has decided; then what they call it. */
  readonly name: string | null
  /** What the program asks for, until the user has decided; then what they granted. */
  readonly scopes: readonly string[]
  readonly status: DeviceStatus
  /** Who has decided. */
  readonly userId: string | null
  /** By the store's clock. */
  readonly expiresAt: number
  /** How long the program has to wait between two polls. */
  readonly intervalMs: number
  /** By the store's clock. */
  readonly polledAt: number | null
}

/** An authorization when it starts. */
export type NewDeviceAuthorization = Pick<
  DeviceAuthorization,
  'deviceDigest' | 'userDigest' | 'clientId' | 'name' | 'scopes' | 'intervalMs'
> & {
  /** How long it lasts from now on, in milliseconds. */
  readonly lifetimeMs: number
}

export interface DeviceInsertRules {
  /** How many authorizations of the client may be pending, the new one included. */
  readonly maxPending: number
}

/** What became of the start of an authorization. */
export type DeviceInsertOutcome = 'inserted' | 'limit_reached'

/** What a user has decided, and of what they grant. */
export type DeviceDecision =
  | {
      readonly status: 'approved'
      readonly userId: string
      readonly name: string | null
      readonly scopes: readonly string[]
    }
  | { readonly status: 'denied'; readonly userId: string }

export interface DevicePollRules {
  /** By how much a poll that comes too fast makes the interval longer. */
  readonly slowDownMs: number
}

export interface DevicePoll {
  readonly device: DeviceAuthorization
  /** Whether the authorization has expired, by the store's clock. */
  readonly expired: boolean
  /** Whether it came before the interval was over; the interval is longer from now on (RFC 8628 §3.5). */
  readonly tooFast: boolean
}

export interface DeviceAuthorizationStore {
  /**
   * Stores a new authorization, unless the client has `maxPending` pending ones that have not expired; of many starts at
   * once no more are stored. Rejects when one of its digests is stored already.
   */
  insert(device: NewDeviceAuthorization, rules: DeviceInsertRules): Promise<DeviceInsertOutcome>

  /** The authorization with one of these user codes that has not expired, whatever its status. */
  find(userDigests: readonly string[]): Promise<DeviceAuthorization | null>

  /** Whether the decision was taken: of many at once one is, and none once it has expired. */
  decide(deviceDigest: string, decision: DeviceDecision): Promise<boolean>

  /**
   * Stores that the client asks, and returns what it is to be told; `null` for no such authorization of that client.
   * While it is pending a poll that comes too fast adds `slowDownMs` to the interval.
   */
  poll(deviceDigest: string, clientId: string, rules: DevicePollRules): Promise<DevicePoll | null>

  /** Whether an approved authorization was turned into a token by this call: of many at once one does. */
  redeem(deviceDigest: string): Promise<boolean>

  /** Deletes at most `limit` authorizations that expired at least `expiredForMs` ago, and returns how many. */
  prune(expiredForMs: number, limit: number): Promise<number>
}
