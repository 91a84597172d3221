/** The bodies, queries and responses of the routes for administrators, as JSON Schemas and as types. */

import { type Static, type TSchema, Type } from 'typebox'
import { newToken, ScopeList, Token, TokenList, TokenUpdate, usageQuery } from '../http/schemas.ts'
import type { ExpiryPolicy } from '../lifecycle/expiry-policy.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from '../lifecycle/list-tokens.ts'
import { MAX_REVOKED_CREDENTIALS, MAX_REVOKED_IDS } from '../lifecycle/revoke-many.ts'
import { SEARCH_SORTS } from '../lifecycle/search-order.ts'
import { TOKEN_STATUSES } from '../token/status.ts'
import { OWNER_STATUSES, REVOCATION_REASONS } from '../token/token.ts'

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const strict = { additionalProperties: false } as const

const userId = Type.String({ description: 'The owner of the token: a user, or an organization' })
const reason = Type.Optional(
  Type.Enum([...REVOCATION_REASONS], { description: 'Why the tokens are revoked: their status_reason' }),
)
const metadata = nullable(
  Type.Object(
    {},
    { additionalProperties: true, description: 'Data of the host: at most 4,096 bytes of JSON' },
  ),
)
const allowedIps = nullable(
  Type.Array(Type.String(), { description: 'The IP addresses and CIDR ranges that may use the token' }),
)
const rateLimit = nullable(
  Type.Object(
    {
      max: Type.Integer({ description: 'How many requests the token may make in each window' }),
      time_window: Type.Integer({ description: 'Seconds' }),
    },
    strict,
  ),
)
const limits = {
  metadata: Type.Optional(metadata),
  allowed_ips: Type.Optional(allowedIps),
  rate_limit: Type.Optional(rateLimit),
}

const adminMembers = { ...Token.properties, metadata, allowed_ips: allowedIps, rate_limit: rateLimit }

export const AdminToken = Type.Object(adminMembers, { title: 'API token, as administrators see it' })

export type AdminTokenBody = Static<typeof AdminToken>

export const IssuedAdminToken = Type.Object(
  {
    ...adminMembers,
    token: Type.String({ description: 'The credential, which is shown only in this response' }),
    token_type: Type.Literal('Bearer'),
  },
  { title: 'API token that an administrator issued' },
)

export type IssuedAdminTokenBody = Static<typeof IssuedAdminToken>

const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
  cursor: Type.Optional(
    Type.String({ maxLength: 4_096, description: 'The next_cursor of the previous page' }),
  ),
}

const time = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 30,
      description: `${description}: a date, or a time in UTC such as 2026-01-31T12:00:00Z`,
    }),
  )

export const SearchQuery = Type.Object(
  {
    user_id: Type.Optional(Type.String({ description: 'Tokens of this owner' })),
    created_by: Type.Optional(
      Type.String({ description: 'Tokens that a user or an administrator with this id issued' }),
    ),
    name: Type.Optional(Type.String({ description: 'Tokens whose name begins with this text' })),
    unused_since: time('Tokens that were not used, enabled or issued on this day (UTC) or later'),
    expires_before: time('Tokens with an expiry before this time'),
    created_before: time('Tokens that were issued before this time'),
    status: Type.Optional(
      Type.Array(Type.Enum([...TOKEN_STATUSES]), {
        ...{ minItems: 1, maxItems: TOKEN_STATUSES.length },
        description: 'Tokens with one of these statuses; may be repeated',
      }),
    ),
    scope: Type.Optional(Type.String({ description: 'Tokens that have this scope' })),
    sort: Type.Optional(
      Type.Enum([...SEARCH_SORTS], {
        description: 'Only in an order of the filter: see the reference. Default: -created_at',
      }),
    ),
    ...page,
  },
  strict,
)

export const AdminTokenList = Type.Object(
  {
    data: Type.Array(AdminToken, { description: 'It may have fewer tokens than limit, even none' }),
    next_cursor: TokenList.properties.next_cursor,
  },
  { title: 'API tokens of all owners' },
)

export type AdminTokenListBody = Static<typeof AdminTokenList>

const { owners: _, ...chosen } = ScopeList.properties

/** What administrators may choose for a new token. */
export const AdminScopeList = Type.Object(chosen, { title: 'Scopes and lifetimes' })

export type AdminScopeListBody = Static<typeof AdminScopeList>

/** The body of `POST {admin}`. */
export function newAdminToken(policy: ExpiryPolicy) {
  return Type.Object({ user_id: userId, ...newToken(policy).properties, ...limits }, strict)
}

export const AdminTokenUpdate = Type.Object(
  { ...TokenUpdate.properties, ...limits },
  {
    ...strict,
    description:
      'An absent field is not changed; null clears a name or description, and removes a limit or the metadata',
  },
)

/** The query of a token's usage. */
export function adminUsageQuery(maxUsageDays: number) {
  return Type.Object({ days: usageQuery(maxUsageDays).properties.days }, strict)
}

export const AdminRevokeQuery = Type.Object({ reason }, strict)

export const Revocation = Type.Object(
  {
    user_id: Type.Optional(
      Type.String({ description: 'All present tokens of this owner, who stays active' }),
    ),
    ids: Type.Optional(
      Type.Array(Type.String(), {
        ...{ minItems: 1, maxItems: MAX_REVOKED_IDS },
        description: 'The tokens with these ids, in one transaction',
      }),
    ),
    credentials: Type.Optional(
      Type.Array(Type.String(), {
        ...{ minItems: 1, maxItems: MAX_REVOKED_CREDENTIALS },
        description: 'The tokens of these credentials, in one transaction',
      }),
    ),
    reason,
  },
  { ...strict, description: 'Exactly one of user_id, ids and credentials' },
)

export const Revoked = Type.Object(
  {
    revoked: nullable(
      Type.Integer({
        description: 'How many tokens were revoked; null for an owner with more than 1,000 stored tokens',
      }),
    ),
    unknown_ids: Type.Array(Type.String(), { description: 'Those of ids without a token' }),
    unknown_credentials: Type.Array(Type.Integer(), {
      description: 'The positions in credentials, from 0, of those without a token',
    }),
  },
  { title: 'Revoked API tokens' },
)

export type RevokedBody = Static<typeof Revoked>

export const Owner = Type.Object(
  {
    user_id: Type.String(),
    status: Type.Enum([...OWNER_STATUSES], {
      description: 'inactive: all tokens are refused. removed: they are revoked, and no new one is issued',
    }),
  },
  { title: 'Owner of API tokens' },
)

export type OwnerBody = Static<typeof Owner>

export const OwnersQuery = Type.Object(
  {
    prefix: Type.Optional(Type.String({ description: 'Owners whose id begins with this text' })),
    status: Type.Optional(
      Type.Array(Type.Enum([...OWNER_STATUSES]), {
        ...{ minItems: 1, maxItems: OWNER_STATUSES.length },
        description: 'Owners with one of these statuses; may be repeated',
      }),
    ),
    ...page,
  },
  strict,
)

export const OwnerList = Type.Object(
  {
    data: Type.Array(Owner, { description: 'With status it may have fewer owners than limit, even none' }),
    next_cursor: TokenList.properties.next_cursor,
  },
  { title: 'Owners of API tokens' },
)

export type OwnerListBody = Static<typeof OwnerList>

export const OwnerParams = Type.Object({ id: Type.String({ description: 'The id of the owner' }) })

export const NoBody = Type.Object({}, strict)
