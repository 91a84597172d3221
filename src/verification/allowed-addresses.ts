/** Decides whether a token may be used from an address. */

import { type AddressRange, isInRange, parseAddress, parseRange } from './address-ranges.ts'

/** The `allowedIps` of a token. The last address and its result are stored, because clients seldom change their address. */
export class AllowedAddresses {
  readonly #ranges: readonly AddressRange[]
  #address: string | undefined
  #isAllowed = false

  /** @param ranges As `rangeText` writes them. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map(parseRange)
  }

  /** Whether a range contains the address. Nothing else than an IP address is in a range. */
  include(address: string | undefined): boolean {
    if (address === undefined) return false
    if (address !== this.#address) {
      const parsed = parseAddress(address)
      this.#isAllowed = parsed !== undefined && this.#ranges.some((range) => isInRange(parsed, range))
      this.#address = address
    }
    return this.#isAllowed
  }
}
