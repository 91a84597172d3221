/** For authors of stores: the types, and the functions that evaluate whole records: `fastify-api-tokens/store`. */

export type { TokenStatus } from '../token/status.ts'
export type {
  Creator,
  CreatorKind,
  CredentialForm,
  JsonObject,
  JsonValue,
  LastClient,
  NewTokenRecord,
  OwnedToken,
  OwnerRecord,
  OwnerStatus,
  RateLimit,
  RevocationReason,
  StatusReason,
  TokenLimits,
  TokenRecord,
} from '../token/token.ts'
export type * from './change-feed.ts'
export { withoutSuccessor, withPatch, withRevocation, withSuccessor, withUse } from './changed-record.ts'
export { checkChange } from './check-change.ts'
export type * from './device-authorization-store.ts'
export { nameAndId } from './name-and-id.ts'
export { type PageRange, pageOf, type ReadRange } from './owner-page.ts'
export type * from './pubsub.ts'
export {
  newOwner,
  ownerRecord,
  type StoredOwner,
  withOwnerStatus,
  withRaisedGeneration,
} from './stored-owner.ts'
export { endOf, type Room, roomFor } from './token-end.ts'
export { SORT_FIELDS } from './token-query.ts'
export type * from './token-store.ts'
export { BATCH_MEMORY_MS } from './token-use.ts'
