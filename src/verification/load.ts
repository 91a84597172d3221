/** A read of one token, which all who wait for it share. */

import type { OwnedToken } from '../token/token.ts'
import type { RefreshResult } from './identity-provider.ts'
import type { UserStatus } from './look-up-user.ts'
import type { SignedToken } from './signed-token.ts'
import type { VerificationEntry } from './verification-entry.ts'

/** What one read learned of a token, and whether news came while it was under way. */
export interface InFlightRead {
  readonly tokenId: string
  readonly userId: string
  readonly startedAt: number
  readonly found: Promise<Found>
  stale: boolean
  /** The entry that the first of those who wait has made of it. */
  entry?: VerificationEntry
  /** The end of the predecessor, which the first use of a successor waits for. */
  ending?: Promise<void>
}

export interface Found {
  readonly owned: OwnedToken | null
  /** The host's word; not asked for a token that is refused anyway. */
  readonly word: UserStatus
  /** The provider's word, where that holds the token and it would pass otherwise. */
  readonly provider: RefreshResult | null
}

/** A credential whose signature held. */
export interface Genuine extends SignedToken {
  readonly credential: string
}
