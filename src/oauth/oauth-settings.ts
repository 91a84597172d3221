/** Reads and checks the option `oauth` at boot. */

import { InvalidOption } from '../errors.ts'
import { type ExpiryPolicy, lifetimeWithin } from '../lifecycle/expiry-policy.ts'
import { flag, record, text } from '../option-values.ts'
import { type ClientSettings, readClients } from './clients/client-settings.ts'
import { type DeviceSettings, readDevice } from './device/device-settings.ts'
import { type Endpoints, endpointsOf } from './endpoints.ts'
import { isIdentifier } from './identifier.ts'
import type { OAuthOptions } from './oauth-options.ts'
import { readTrustedIssuers, type TrustedIssuerSettings } from './token-exchange/trusted-issuers.ts'

/** The checked option with all defaults. */
export interface OAuthSettings {
  readonly endpoints: Endpoints
  readonly clients: ReadonlyMap<string, ClientSettings>
  readonly trustedIssuers: ReadonlyMap<string, TrustedIssuerSettings>
  /** Maximum and default lifetime of a token that is issued by token exchange, in milliseconds. */
  readonly maxExchangeMs: number
  /** `null`: the device authorization grant is disabled. */
  readonly device: DeviceSettings | null
  readonly introspectionCountsAsUse: boolean
}

const KNOWN: readonly (keyof OAuthOptions)[] = [
  'clients',
  'resource',
  'trustedIssuers',
  'maxExchangeExpiresIn',
  'device',
  'introspectionCountsAsUse',
]

/** Other options that `oauth` depends on. */
export interface RelatedSettings {
  readonly expiry: ExpiryPolicy
  readonly hasIdentityProvider: boolean
}

/** @throws {InvalidOption} Names the path of the invalid member. */
export function readOAuth(
  options: unknown,
  issuer: string,
  { expiry, hasIdentityProvider }: RelatedSettings,
): OAuthSettings {
  const {
    clients = [],
    resource,
    trustedIssuers,
    maxExchangeExpiresIn,
    device,
    introspectionCountsAsUse = false,
  } = record(options, KNOWN, 'oauth')
  requireIdentifier(issuer, 'oauth needs an issuer: the option issuer')
  const resourceId = resource === undefined ? issuer : text(resource, 'oauth.resource')
  requireIdentifier(resourceId, 'oauth.resource')
  if (new URL(resourceId).origin !== new URL(issuer).origin) {
    throw new InvalidOption("oauth.resource must have the issuer's origin: its metadata is served there")
  }
  // These grants have no subject token that the identity provider could exchange for a refresh token.
  if (hasIdentityProvider && (trustedIssuers !== undefined || device !== undefined)) {
    throw new InvalidOption('oauth: trustedIssuers and device cannot be used with identityProvider')
  }
  return {
    endpoints: endpointsOf(issuer, resourceId),
    clients: readClients(clients),
    trustedIssuers: trustedIssuers === undefined ? new Map() : readTrustedIssuers(trustedIssuers, issuer),
    maxExchangeMs: lifetimeWithin(maxExchangeExpiresIn, 'oauth.maxExchangeExpiresIn', expiry),
    device: device === undefined ? null : readDevice(device, expiry),
    introspectionCountsAsUse: flag(introspectionCountsAsUse, 'oauth.introspectionCountsAsUse'),
  }
}

function requireIdentifier(identifier: string, path: string): void {
  // The path becomes part of Fastify routes, where `:` and `*` are placeholders.
  if (isIdentifier(identifier) && !/[:*]/.test(new URL(identifier).pathname)) return
  throw new InvalidOption(
    `${path} must be an https URL (http on loopback), such as 'https://app.example.com', without query and fragment`,
  )
}
