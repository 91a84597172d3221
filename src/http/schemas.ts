/** The bodies, queries and responses of the routes, as JSON Schemas and as types. Names are snake_case. */

import { type Static, type TSchema, Type } from 'typebox'
import { boundsInSeconds, type ExpiryPolicy } from '../lifecycle/expiry-policy.ts'
import { DEFAULT_LIMIT, MAX_LIMIT, TOKEN_SORTS } from '../lifecycle/list-tokens.ts'
import { DEFAULT_GRACE_MS, MAX_GRACE_MS } from '../lifecycle/rotate-token.ts'
import { defaultUsageDays } from '../lifecycle/token-usage.ts'
import { TOKEN_STATUSES } from '../token/status.ts'
import { MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH } from '../token/text.ts'
import { CREATOR_KINDS, REVOCATION_REASONS } from '../token/token.ts'

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
const timestamp = (description: string) => Type.String({ format: 'date-time', description })

const name = Type.String({ maxLength: MAX_NAME_LENGTH, description: 'What the owner calls the token' })
const description = Type.String({ maxLength: MAX_DESCRIPTION_LENGTH })

/** Any other id is 404, therefore without a length. */
const owner = Type.Optional(
  Type.String({
    description:
      'The owner whose tokens are meant: you, or an owner that GET /tokens/scopes lists. Default: you',
  }),
)

/** The error response in Fastify's own form. */
export const ErrorBody = Type.Object(
  {
    statusCode: Type.Integer(),
    code: Type.Optional(Type.String({ description: 'The error code, for programs' })),
    error: Type.String(),
    message: Type.String({ description: 'The error message, for people' }),
  },
  { title: 'Error' },
)

const tokenMembers = {
  id: Type.String({ format: 'uuid' }),
  user_id: Type.String(),
  name: nullable(name),
  description: nullable(description),
  scopes: Type.Array(Type.String()),
  status: Type.Enum([...TOKEN_STATUSES]),
  status_reason: nullable(
    Type.String({
      description: `Why it is inactive or revoked: disabled, idle, user_removed, rotated, provider_ended, not_delivered, ${REVOCATION_REASONS.join(', ')}`,
    }),
  ),
  hint: Type.String({ description: 'The last four characters of the credential' }),
  created_at: timestamp('When it was issued'),
  created_by: Type.Object(
    { kind: Type.Enum([...CREATOR_KINDS]), id: nullable(Type.String()) },
    { description: 'Who issued it: a signed-in user, an administrator, or the host’s code (id is null)' },
  ),
  updated_at: timestamp('When its owner last changed it'),
  expires_at: nullable(timestamp('When it expires, or when its grace period after a rotation ends')),
  last_used_at: nullable(timestamp('When it was last used')),
  idle_warning_at: nullable(timestamp('When the warning about the coming idle timeout begins')),
  idle_expires_at: nullable(timestamp('When it becomes inactive unless it is used before')),
  use_count: Type.Integer(),
  last_used_ip: Type.Optional(
    nullable(Type.String({ description: 'The IP address of the last use, if the host stores it' })),
  ),
  last_used_user_agent: Type.Optional(
    nullable(Type.String({ description: 'The User-Agent of the last use, if the host stores it' })),
  ),
}

export const Token = Type.Object(tokenMembers, { title: 'API token' })

export type Token = Static<typeof Token>

export const IssuedToken = Type.Object(
  {
    ...tokenMembers,
    token: Type.String({ description: 'The credential, which is shown only in this response' }),
    token_type: Type.Literal('Bearer'),
  },
  { title: 'Issued API token' },
)

export type IssuedTokenBody = Static<typeof IssuedToken>

/** The body of `POST /tokens`. The bounds of `expires_in` follow the host's expiry policy. */
export function newToken(policy: ExpiryPolicy) {
  return Type.Object(
    {
      name: Type.Optional(nullable(name)),
      description: Type.Optional(nullable(description)),
      scopes: Type.Optional(
        Type.Array(Type.String(), { description: 'What the token may do. Default: no scopes' }),
      ),
      expires_in: expiresIn(policy, 'Seconds until it expires'),
    },
    { additionalProperties: false },
  )
}

export type NewToken = Static<ReturnType<typeof newToken>>

export const TokenUpdate = Type.Object(
  {
    name: Type.Optional(nullable(name)),
    description: Type.Optional(nullable(description)),
    status: Type.Optional(Type.Enum(['active', 'inactive'])),
  },
  {
    additionalProperties: false,
    description: 'An absent field is not changed; null clears a name or description',
  },
)

export type TokenUpdate = Static<typeof TokenUpdate>

/** The body of a rotation. */
export function rotation(policy: ExpiryPolicy) {
  return Type.Object(
    {
      grace_period: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: MAX_GRACE_MS / 1000,
          default: DEFAULT_GRACE_MS / 1000,
          description: 'Seconds for which the old token stays valid while the new one is unused',
        }),
      ),
      scopes: Type.Optional(
        Type.Array(Type.String(), {
          description: 'What the new token may do. Default: the scopes of the old one',
        }),
      ),
      expires_in: expiresIn(
        policy,
        'Seconds until the new token expires. Default: the lifetime of the old one',
      ),
    },
    { additionalProperties: false },
  )
}

export type Rotation = Static<ReturnType<typeof rotation>>

/** If the policy has a maximum, every token must expire and `null` is not allowed. */
function expiresIn(policy: ExpiryPolicy, text: string) {
  const never = policy.maxMs === null
  const description = never ? `${text}; null for never` : text
  const seconds = Type.Integer({ ...boundsInSeconds(policy), ...(never ? {} : { description }) })
  // Both schemas have the same static type: a number, or null where null is valid.
  return Type.Optional(never ? Type.Union([seconds, Type.Null()], { description }) : seconds)
}

export const ListQuery = Type.Object(
  {
    owner,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
    cursor: Type.Optional(
      Type.String({ maxLength: 1024, description: 'The next_cursor of the previous page' }),
    ),
    status: Type.Optional(
      Type.Array(Type.Enum([...TOKEN_STATUSES]), {
        minItems: 1,
        maxItems: TOKEN_STATUSES.length,
        description: 'Tokens with one of these statuses; may be repeated',
      }),
    ),
    q: Type.Optional(
      Type.String({ maxLength: MAX_NAME_LENGTH, description: 'A part of the name or description' }),
    ),
    sort: Type.Optional(Type.Enum([...TOKEN_SORTS], { default: '-created_at' })),
  },
  { additionalProperties: false },
)

export type ListQuery = Static<typeof ListQuery>

/** The query of a token's usage. The maximum number of days is the host's retention. */
export function usageQuery(maxUsageDays: number) {
  return Type.Object(
    {
      owner,
      days: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxUsageDays,
          default: defaultUsageDays(maxUsageDays),
          description: 'The number of days, including today',
        }),
      ),
    },
    { additionalProperties: false },
  )
}

export const Usage = Type.Object(
  {
    data: Type.Array(
      Type.Object({
        date: Type.String({ format: 'date', description: 'The day, in UTC' }),
        requests: Type.Integer({ description: 'How many requests were verified with the token' }),
      }),
      { description: 'Every day, today last' },
    ),
    scopes: Type.Array(Type.String(), {
      description: 'The scopes of the token that requests have needed',
    }),
  },
  { title: 'Usage of an API token' },
)

export type UsageBody = Static<typeof Usage>

export const RevokeQuery = Type.Object(
  {
    owner,
    reason: Type.Optional(
      Type.Enum([...REVOCATION_REASONS], { description: 'Why the token is revoked: its status_reason' }),
    ),
  },
  { additionalProperties: false },
)

export const NoQuery = Type.Object({}, { additionalProperties: false })

/** The query of the routes for signed-in users without parameters of their own. */
export const OwnerQuery = Type.Object({ owner }, { additionalProperties: false })

export const TokenList = Type.Object(
  {
    data: Type.Array(Token, {
      description:
        'With status, with q or sorted by last use, a page may have fewer tokens than limit, even none',
    }),
    next_cursor: nullable(Type.String({ description: 'For the next page; null on the last one' })),
    total: nullable(
      Type.Integer({
        description: 'The number of matches on all pages; null with q, and for more than 1,000 tokens',
      }),
    ),
  },
  { title: 'API tokens' },
)

export type TokenListBody = Static<typeof TokenList>

export const ScopeList = Type.Object(
  {
    data: Type.Array(Type.Object({ name: Type.String(), description: nullable(Type.String()) })),
    expires_in: Type.Object(
      {
        default: nullable(
          Type.Integer({ description: 'Used when the request has no expires_in; null for never' }),
        ),
        minimum: Type.Integer(),
        maximum: nullable(Type.Integer({ description: 'null if a token need not expire' })),
      },
      { description: 'The lifetime that a new token may have, in seconds' },
    ),
    owners: Type.Array(
      Type.Object({
        id: Type.String({ description: 'For the parameter owner' }),
        name: nullable(Type.String({ description: 'For people; null if the host gives none' })),
      }),
      { description: 'The further owners whose tokens you may manage' },
    ),
  },
  { title: 'Scopes' },
)

export type ScopeListBody = Static<typeof ScopeList>

export const TokenParams = Type.Object({ id: Type.String({ description: 'The id of the token' }) })

export const NoContent = Type.Null({ description: 'Done' })
