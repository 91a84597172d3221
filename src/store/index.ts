/** The types for authors of stores: `fastify-api-tokens/store`. */

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
export type * from './device-authorization-store.ts'
export type * from './pubsub.ts'
export type * from './token-store.ts'
