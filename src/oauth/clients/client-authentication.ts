/** Authenticates clients by the method that they are registered with (RFC 6749 §2.3, RFC 7523 §2.2). */

import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.ts'
import { quoted } from '../../http/challenge.ts'
import type { TokenStore } from '../../store/token-store.ts'
import { unverifiedClaims } from '../../token/unverified-jwt.ts'
import { decodeForm, type Form, parameter } from '../form-body.ts'
import { OAuthError } from '../oauth-error.ts'
import type { OAuthSettings } from '../oauth-settings.ts'
import { acceptAssertion, type ClientAssertionDeps, JWT_BEARER } from './client-assertion.ts'
import { type ClientProof, type ClientSettings, digestOfSecret } from './client-settings.ts'

/** @throws {OAuthError} `invalid_client`, or `invalid_request` for two methods at once. */
export type AuthenticateClient = (request: FastifyRequest, form: Form) => Promise<ClientSettings>

export interface ClientAuthenticationDeps {
  readonly settings: Pick<OAuthSettings, 'clients' | 'endpoints'>
  readonly clock: Clock
  readonly store: Pick<TokenStore, 'acquireLease'>
  readonly realm: string
}

/** The client credentials of a request, not verified yet. */
type ClientCredentials =
  | { readonly method: 'none'; readonly clientId: string }
  | {
      readonly method: 'client_secret_basic' | 'client_secret_post'
      readonly clientId: string
      readonly secret: string
    }
  | { readonly method: 'private_key_jwt'; readonly clientId: string; readonly assertion: string }

/** The secret of an unknown client is compared with this digest, so that the response takes the same time. */
const UNKNOWN_CLIENT = digestOfSecret('')

export function clientAuthentication({
  settings,
  clock,
  store,
  realm,
}: ClientAuthenticationDeps): AuthenticateClient {
  const { issuer, token, introspection, revocation, deviceAuthorization } = settings.endpoints
  const assertions = {
    clock,
    store,
    audiences: [issuer, token, introspection, revocation, deviceAuthorization],
  }
  const challenge = `Basic realm=${quoted(realm)}, charset="UTF-8"`
  const rejection = () =>
    new OAuthError('invalid_client', 'The client is unknown, or its authentication failed', {
      status: 401,
      headers: { 'www-authenticate': challenge },
    })
  return async (request, form) => {
    const credentials = readCredentials(request, form)
    if (credentials === undefined) throw rejection()
    const client = settings.clients.get(credentials.clientId)
    if (!(await isProven(credentials, client?.proof, assertions)) || client === undefined) throw rejection()
    return client
  }
}

async function isProven(
  credentials: ClientCredentials,
  proof: ClientProof | undefined,
  assertions: ClientAssertionDeps,
): Promise<boolean> {
  switch (credentials.method) {
    case 'none':
      return proof?.method === 'none'
    case 'client_secret_basic':
    case 'client_secret_post': {
      const expected = proof !== undefined && 'secretDigest' in proof ? proof.secretDigest : UNKNOWN_CLIENT
      const same = timingSafeEqual(digestOfSecret(credentials.secret), expected)
      return same && proof?.method === credentials.method
    }
    case 'private_key_jwt':
      if (proof?.method !== 'private_key_jwt') return false
      return acceptAssertion(assertions, credentials.assertion, credentials.clientId, proof.keys)
    default:
      return credentials satisfies never
  }
}

/** RFC 6749 §2.3: a client must not use more than one method in a request. */
function readCredentials({ headers, raw }: FastifyRequest, form: Form): ClientCredentials | undefined {
  const lines = raw.rawHeaders.filter(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization',
  )
  const secret = parameter(form, 'client_secret')
  const assertion = parameter(form, 'client_assertion')
  const clientId = parameter(form, 'client_id')
  const ways = [headers.authorization, secret, assertion].filter((way) => way !== undefined)
  if (ways.length > 1 || lines.length > 1) {
    throw new OAuthError('invalid_request', 'A client authenticates by one method, once')
  }
  if (headers.authorization !== undefined) return readBasic(headers.authorization, clientId)
  if (assertion !== undefined) {
    if (parameter(form, 'client_assertion_type') !== JWT_BEARER) {
      throw new OAuthError('invalid_request', `client_assertion_type must be ${JWT_BEARER}`)
    }
    return readAssertion(assertion, clientId)
  }
  if (clientId === undefined) return undefined
  return secret === undefined
    ? { method: 'none', clientId }
    : { method: 'client_secret_post', clientId, secret }
}

/** RFC 6749 §2.3.1: the id and the secret are form-encoded, then joined as in RFC 7617. */
function readBasic(header: string, clientId: string | undefined): ClientCredentials | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header) ?? []
  if (encoded === undefined) return undefined
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':')
  const [id, secret] = [decodeForm(user), decodeForm(rest.join(':'))]
  if (id === undefined || secret === undefined || rest.length === 0) return undefined
  return clientId === undefined || clientId === id
    ? { method: 'client_secret_basic', clientId: id, secret }
    : undefined
}

/** RFC 7521 §4.2: `client_id` is optional, but must match if present. */
function readAssertion(assertion: string, clientId: string | undefined): ClientCredentials | undefined {
  const subject = subjectOf(assertion)
  if (subject === undefined || (clientId !== undefined && clientId !== subject)) return undefined
  return { method: 'private_key_jwt', clientId: subject, assertion }
}

/** Not verified yet: the subject is only used to select the keys. */
function subjectOf(jwt: string): string | undefined {
  const sub = unverifiedClaims(jwt)?.['sub']
  return typeof sub === 'string' ? sub : undefined
}
