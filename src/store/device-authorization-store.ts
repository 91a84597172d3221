/**
 * The device authorizations (RFC 8628) of a store, from their start until a token is issued for them. Codes are stored as
 * digests only. All times are by the store's clock, which all instances share: a client's polls may reach any instance.
 */

/** The state of an authorization. */
export type DeviceStatus = 'pending' | 'approved' | 'denied' | 'redeemed'

export interface DeviceAuthorization {
  /** The SHA-256 of the device code. */
  readonly deviceDigest: string
  /** The HMAC of the user code, which is too short for a plain digest. */
  readonly userDigest: string
  readonly clientId: string
  /** The name of the token: proposed by the client, then as the user decided. */
  readonly name: string | null
  /** The scopes: requested by the client, then as the user granted. */
  readonly scopes: readonly string[]
  readonly status: DeviceStatus
  /** The user who decided. */
  readonly userId: string | null
  /** The generation of the user at the approval; `null` before, and for a user without a row. */
  readonly generation: number | null
  /** By the store's clock. */
  readonly expiresAt: number
  /** The minimum interval between two polls. */
  readonly intervalMs: number
  /** By the store's clock. */
  readonly polledAt: number | null
}

/** A new authorization. */
export type NewDeviceAuthorization = Pick<
  DeviceAuthorization,
  'deviceDigest' | 'userDigest' | 'clientId' | 'name' | 'scopes' | 'intervalMs'
> & {
  /** The lifetime in milliseconds. */
  readonly lifetimeMs: number
}

export interface DeviceInsertRules {
  /** Maximum number of pending authorizations of the client, including the new one. */
  readonly maxPending: number
}

export type DeviceInsertOutcome = 'inserted' | 'limit_reached'

/** The decision of a user. */
export type DeviceDecision =
  | {
      readonly status: 'approved'
      readonly userId: string
      readonly generation: number | null
      readonly name: string | null
      readonly scopes: readonly string[]
    }
  | { readonly status: 'denied'; readonly userId: string }

export interface DevicePollRules {
  /** How much a poll that is too fast extends the interval. */
  readonly slowDownMs: number
}

export interface DevicePoll {
  readonly device: DeviceAuthorization
  /** Whether the authorization has expired, by the store's clock. */
  readonly expired: boolean
  /** Whether the poll came before the interval was over. The interval is then extended (RFC 8628 §3.5). */
  readonly tooFast: boolean
}

export interface DeviceAuthorizationStore {
  /**
   * Stores a new authorization, unless the client has `maxPending` pending ones that have not expired. The limit also holds
   * for concurrent starts. Rejects when one of its digests exists.
   */
  insert(device: NewDeviceAuthorization, rules: DeviceInsertRules): Promise<DeviceInsertOutcome>

  /** Finds the authorization with one of these user codes that has not expired, in any status. */
  find(userDigests: readonly string[]): Promise<DeviceAuthorization | null>

  /** Returns whether the decision was stored. Only the first one is, and none after the expiry. */
  decide(deviceDigest: string, decision: DeviceDecision): Promise<boolean>

  /**
   * Stores a poll of the client and returns the result; `null` without such an authorization of the client. While the
   * authorization is pending, a poll that is too fast adds `slowDownMs` to the interval.
   */
  poll(deviceDigest: string, clientId: string, rules: DevicePollRules): Promise<DevicePoll | null>

  /** Returns whether this call redeemed an approved authorization. Of concurrent calls one does. */
  redeem(deviceDigest: string): Promise<boolean>

  /** Deletes at most `limit` authorizations that expired at least `expiredForMs` ago, and returns how many. */
  prune(expiredForMs: number, limit: number): Promise<number>
}
