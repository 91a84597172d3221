/** Administration: reads over all owners, and changes of many tokens at once. */

import type { OwnerRecord, TokenRecord } from '../../../token/token.ts'
import type { AdministrationStore, EndScope, OwnerRange } from '../../administration-store.ts'
import { betweenSlices } from '../slices.ts'
import { ownerFromRow } from '../tables/api-token-owner.ts'
import { atomically, reading, type StoreDb, withRetries } from '../transactions.ts'
import { afterPrefix } from './after-prefix.ts'
import { raiseGeneration } from './owners.ts'
import { readRange } from './read-range.ts'
import { writeRevocation } from './revoke-token.ts'

export function administration(storeDb: StoreDb): AdministrationStore {
  return {
    readTokens: (range, place) => reading(storeDb, (attempt) => readRange(attempt, range, place)),
    readOwners: (range) => reading(storeDb, (attempt) => selectOwners(attempt, range)),
    revokeTokens: (ids, scope) => withRetries(storeDb, (attempt) => revokeSome(attempt, ids, scope)),
    revokeAllTokens: (userId, scope) =>
      withRetries(storeDb, (attempt) => raiseGeneration(attempt, userId, scope)),
  }
}

async function selectOwners(
  { db }: StoreDb,
  { prefix, after, limit }: OwnerRange,
): Promise<readonly OwnerRecord[]> {
  const rows = await db
    .selectFrom('api_token_owners')
    .select(['user_id', 'status', 'generation', 'ended_reason'])
    .$if(prefix !== '', (owners) =>
      owners.where('user_id', '>=', prefix).where('user_id', '<', afterPrefix(prefix)),
    )
    // No id is empty.
    .where('user_id', '>', after ?? '')
    .orderBy('user_id')
    .limit(limit)
    .execute()
  return rows.map(ownerFromRow)
}

/** On SQLite this many revocations take a few milliseconds. */
const SLICE = 20

/** In the order of the ids, so that two calls do not wait for each other's rows. */
async function revokeSome(
  storeDb: StoreDb,
  ids: readonly string[],
  scope: EndScope,
): Promise<readonly TokenRecord[]> {
  return atomically(storeDb, async (transaction) => {
    const revoked: TokenRecord[] = []
    for (const [n, id] of [...new Set(ids)].sort().entries()) {
      const token = await writeRevocation(transaction, id, scope)
      if (token !== undefined) revoked.push(token)
      if (n % SLICE === SLICE - 1) await betweenSlices(transaction)
    }
    return revoked
  })
}
