/** Which client sends a request, proven by the method that it is registered with (RFC 6749 §2.3, RFC 7523 §2.2). */

import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { TokenStore } from '../../store/token-store.ts'
import { type Form, parameter } from '../form-body.ts'
import { OAuthError } from '../oauth-error.ts'
import type { OAuthSettings } from '../oauth-settings.ts'
import { acceptAssertion, type ClientAssertionDeps, JWT_BEARER } from './client-assertion.ts'
import { type ClientProof, type ClientSettings, digestOfSecret } from './client-settings.ts'

/** @throws {OAuthError} `invalid_client`, or `invalid_request` for two methods at once. */
export type AuthenticateClient = (request: FastifyRequest, form: Form) => Promise<ClientSettings>

export interface ClientAuthenticationDeps {
  readonly settings: Pick<OAuthSettings, 'clients' | 'endpoints'>
  readonly clock: Clock
  readonly store: Pick<TokenStore, 'takeLease'>
  readonly realm: string
}

/** What a request shows, before anything of it is believed. */
type Shown =
  | { readonly method: 'none'; readonly clientId: string }
  | {
      readonly method: 'client_secret_basic' | 'client_secret_post'
      readonly clientId: string
      readonly secret: string
    }
  | { readonly method: 'private_key_jwt'; readonly clientId: string; readonly assertion: string }

/** What an unknown client's secret is compared with, so that it takes no less time. */
const NOBODY = digestOfSecret('')

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
  const challenge = `Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"`
  const refusal = () =>
    new OAuthError('invalid_client', 'The client is unknown, or its authentication failed', {
      status: 401,
      headers: { 'www-authenticate': challenge },
    })
  return async (request, form) => {
    const shown = readShown(request, form)
    if (shown === undefined) throw refusal()
    const client = settings.clients.get(shown.clientId)
    if (!(await isProven(shown, client?.proof, assertions)) || client === undefined) throw refusal()
    return client
  }
}

async function isProven(
  shown: Shown,
  proof: ClientProof | undefined,
  assertions: ClientAssertionDeps,
): Promise<boolean> {
  switch (shown.method) {
    case 'none':
      return proof?.method === 'none'
    case 'client_secret_basic':
    case 'client_secret_post': {
      const held = proof !== undefined && 'secretDigest' in proof ? proof.secretDigest : NOBODY
      const same = timingSafeEqual(digestOfSecret(shown.secret), held)
      return same && proof?.method === shown.method
    }
    case 'private_key_jwt':
      if (proof?.method !== 'private_key_jwt') return false
      return acceptAssertion(assertions, shown.assertion, shown.clientId, proof.keys)
    default:
      return shown satisfies never
  }
}

/** RFC 6749 §2.3: a client must not use more than one method in a request. */
function readShown({ headers, raw }: FastifyRequest, form: Form): Shown | undefined {
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

/** RFC 6749 §2.3.1: both parts form-encoded, then put together as RFC 7617 says. */
function readBasic(header: string, clientId: string | undefined): Shown | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header) ?? []
  if (encoded === undefined) return undefined
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':')
  const [id, secret] = [formDecoded(user), formDecoded(rest.join(':'))]
  if (id === undefined || secret === undefined || rest.length === 0) return undefined
  return clientId === undefined || clientId === id
    ? { method: 'client_secret_basic', clientId: id, secret }
    : undefined
}

/** RFC 7521 §4.2: `client_id` need not be there, and must say the same when it is. */
function readAssertion(assertion: string, clientId: string | undefined): Shown | undefined {
  const subject = subjectOf(assertion)
  if (subject === undefined || (clientId !== undefined && clientId !== subject)) return undefined
  return { method: 'private_key_jwt', clientId: subject, assertion }
}

/** Only who it is to be, so that the keys can be chosen: nothing is believed yet. */
function subjectOf(jwt: string): string | undefined {
  try {
    const [, payload = ''] = jwt.split('.')
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub?: unknown }
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
