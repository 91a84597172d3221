/** The limits of a token in its cache entry, ready for each request. */

import type { JsonObject, JsonValue, RateLimit, TokenLimits } from '../token/token.ts'
import { AllowedAddresses } from './allowed-addresses.ts'

/** The limits of a token that has one. */
export interface EntryLimits {
  /** Deeply frozen, because all requests share it. */
  readonly metadata: JsonObject | null
  /** `null`: every address. */
  readonly addresses: AllowedAddresses | null
  readonly rateLimit: RateLimit | null
}

/** `null` for a token without limits, so that it costs one check and no memory. The row must be as it was sealed. */
export function entryLimits({ metadata, allowedIps, rateLimit }: TokenLimits): EntryLimits | null {
  if (metadata === null && allowedIps === null && rateLimit === null) return null
  return {
    metadata: frozen(metadata),
    addresses: allowedIps === null ? null : new AllowedAddresses(allowedIps),
    rateLimit: Object.freeze(rateLimit),
  }
}

function frozen<Value extends JsonValue>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) frozen(member as JsonValue)
  return Object.freeze(value)
}
