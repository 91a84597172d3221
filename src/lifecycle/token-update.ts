/** What may be changed of a token that was issued. */

import type { TokenPatch } from '../store/token-store.ts'
import type { GivenLimits } from './token-limits.ts'

/**
 * The fields to change; those that are left out stay as they are. `null` clears a name or description, and removes a limit.
 * `metadata`, `allowedIps` and `rateLimit` are for code and administrators: owners must not set them.
 */
export type TokenUpdate = Pick<TokenPatch, 'name' | 'description' | 'status'> & GivenLimits
