/** What may be changed of a token that was issued. */

import type { TokenPatch } from '../store/token-store.ts'

/** The fields to change. `null` clears a name or description. */
export type TokenUpdate = Pick<TokenPatch, 'name' | 'description' | 'status'>
