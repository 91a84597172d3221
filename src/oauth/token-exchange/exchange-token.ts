/** Token exchange (RFC 8693): exchanges a token of an identity provider for an API token. */

import { InvalidResult } from '../../errors.ts'
import { checkedUser, type SignedInUser } from '../../http/signed-in-user.ts'
import type { Context } from '../../lifecycle/context.ts'
import type { ExpiryPolicy } from '../../lifecycle/expiry-policy.ts'
import { scopeListOf } from '../../token/scope.ts'
import { withTimeout } from '../../with-timeout.ts'
import { type Form, parameter, requiredParameter } from '../form-body.ts'
import type { Grant } from '../grants.ts'
import { type GrantErrors, issueForGrant } from '../issue-for-grant.ts'
import { OAuthError, temporarilyUnavailable } from '../oauth-error.ts'
import type { SubjectTokenType } from '../oauth-options.ts'
import type { OAuthSettings } from '../oauth-settings.ts'
import { requestedScopes } from '../requested-scopes.ts'
import { tokenResponse } from '../token-response.ts'
import { exchangeOnce } from './single-exchange.ts'
import { SubjectTokens, type VerifiedSubject } from './subject-token.ts'
import { ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE, JWT_TYPE } from './token-exchange-names.ts'

const USER_TIMEOUT_MS = 5_000

/** RFC 6749 §5.2: a user who may not have a token makes the grant invalid. */
const ERRORS: GrantErrors = { refused: 'invalid_grant', noScope }

export interface ExchangeTokenDeps {
  readonly settings: OAuthSettings
  readonly lifecycle: Context
  /** Only users exchange tokens: the id of an organization is refused. */
  readonly ownerTypes: readonly string[]
}

export function tokenExchange({ settings, lifecycle, ownerTypes }: ExchangeTokenDeps): Grant {
  const { trustedIssuers } = settings
  const { tokenPrefixes, clock } = lifecycle
  const subjects = new SubjectTokens({ trustedIssuers, tokenPrefixes, clock })
  return async ({ form, client, ip, httpRequest }) => {
    requireKnownTarget(form, settings, lifecycle)
    requireNoActor(form)
    const type = subjectTokenType(form)
    const subject = await subjects.verify(requiredParameter(form, 'subject_token'), type)
    const user = await userOf(subject, ownerTypes)
    const request = {
      userId: user.id,
      name: parameter(form, 'name') ?? client.clientName,
      scopes: await cappedScopes(subject, requestedScopes(form)),
      grantable: user.scopes,
      expiresIn: lifetimeOf(form, settings.maxExchangeMs, lifecycle.expiry),
    }
    const from = { ip, httpRequest }
    const isOnce = subject.type === 'id_token' || subject.trusted.singleUse
    const issued = isOnce
      ? await exchangeOnce(lifecycle, subject, (context) => issueForGrant(context, request, from, ERRORS))
      : await issueForGrant(lifecycle, request, from, ERRORS)
    const issuedType = parameter(form, 'requested_token_type') ?? ACCESS_TOKEN_TYPE
    return { response: { ...tokenResponse(issued), issued_token_type: issuedType }, tokenId: issued.token.id }
  }
}

/** RFC 8693 §2.1: only tokens for this server can be requested. */
function requireKnownTarget(form: Form, { endpoints }: OAuthSettings, { audience }: Context): void {
  const known = [endpoints.issuer, endpoints.resource, audience.audience]
  const targets = [...(form.get('resource') ?? []), ...(form.get('audience') ?? [])]
  if (targets.every((target) => known.includes(target))) return
  throw new OAuthError('invalid_target', 'Tokens are issued only for this server')
}

/** RFC 8693 §2.1. Delegation is not supported. An ignored actor would silently turn it into impersonation. */
function requireNoActor(form: Form): void {
  if (parameter(form, 'actor_token') === undefined && parameter(form, 'actor_token_type') === undefined)
    return
  throw new OAuthError('invalid_request', 'actor_token is not supported')
}

function subjectTokenType(form: Form): SubjectTokenType {
  const wanted = parameter(form, 'requested_token_type') ?? ACCESS_TOKEN_TYPE
  if (wanted !== ACCESS_TOKEN_TYPE && wanted !== JWT_TYPE) {
    throw new OAuthError('invalid_request', 'requested_token_type must be that of an access token')
  }
  const given = requiredParameter(form, 'subject_token_type')
  switch (given) {
    case ACCESS_TOKEN_TYPE:
      return 'access_token'
    case ID_TOKEN_TYPE:
      return 'id_token'
    case JWT_TYPE:
      return 'jwt'
    default:
      throw new OAuthError('invalid_request', 'This subject_token_type is not supported')
  }
}

/** Maps the claims to a user. The host gets a copy, so that it cannot change which token counts as exchanged. */
async function userOf(
  { trusted, claims }: VerifiedSubject,
  ownerTypes: readonly string[],
): Promise<Pick<SignedInUser, 'id' | 'scopes'>> {
  const user: unknown = await askHost('user', () => trusted.user(structuredClone(claims)))
  if (user === null) throw new OAuthError('invalid_grant', 'The subject_token names no known user')
  return checkedUser(user, 'trustedIssuers: user', ownerTypes)
}

/** The requested scopes that the host's function `scopes` allows for these claims. */
async function cappedScopes(
  { trusted, claims }: VerifiedSubject,
  wanted: readonly string[],
): Promise<readonly string[]> {
  const { scopes } = trusted
  if (scopes === undefined) return wanted
  const cap = scopeListOf(await askHost('scopes', () => scopes(structuredClone(claims))))
  if (cap === undefined) throw new InvalidResult('trustedIssuers: scopes must return an array of strings')
  return atLeastOne(
    wanted,
    wanted.filter((name) => cap.includes(name)),
  )
}

/** An error or a timeout of a host function is 503. A wrong result is checked by the caller and is 500. */
async function askHost(name: string, ask: () => unknown): Promise<unknown> {
  try {
    return await withTimeout(ask(), USER_TIMEOUT_MS, name)
  } catch (cause) {
    throw temporarilyUnavailable('The user lookup is temporarily unavailable, try again shortly', cause)
  }
}

function atLeastOne(wanted: readonly string[], granted: readonly string[]): readonly string[] {
  if (wanted.length === 0 || granted.length > 0) return granted
  throw noScope()
}

function noScope(): OAuthError {
  return new OAuthError('invalid_scope', 'The user may grant none of these scopes')
}

/** `expires_in` is not a parameter of RFC 8693: with it a client requests a shorter lifetime. */
function lifetimeOf(form: Form, longestMs: number, { minMs }: ExpiryPolicy): number {
  const wanted = parameter(form, 'expires_in')
  if (wanted === undefined) return longestMs
  if (!/^[1-9]\d{0,9}$/.test(wanted)) {
    throw new OAuthError('invalid_request', 'expires_in must be a whole number of seconds')
  }
  const ms = Number(wanted) * 1000
  if (ms >= minMs) return Math.min(ms, longestMs)
  throw new OAuthError('invalid_request', `expires_in must be at least ${minMs / 1000}`)
}
