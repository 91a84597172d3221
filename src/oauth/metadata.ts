/** Metadata documents and the JWK Set (RFC 8414, RFC 9728, RFC 7517). */

import { createPublicKey } from 'node:crypto'
import type { SigningKeys } from '../keys/key-source.ts'
import { ASSERTION_ALGORITHMS } from './clients/client-assertion.ts'
import { CLIENT_AUTH_METHODS } from './clients/client-settings.ts'
import type { Endpoints } from './endpoints.ts'

export interface MetadataDeps {
  readonly endpoints: Endpoints
  readonly grantTypes: readonly string[]
  /** Whether the device authorization grant is enabled. */
  readonly device: boolean
  /** The scope catalogue's names. */
  scopes(): readonly string[]
}

/** RFC 7662 §2.1: introspection requires an authenticated client. */
const CONFIDENTIAL = CLIENT_AUTH_METHODS.filter((method) => method !== 'none')

/** RFC 8414 §2. */
export function authorizationServerMetadata({ endpoints, grantTypes, device, scopes }: MetadataDeps) {
  return {
    issuer: endpoints.issuer,
    token_endpoint: endpoints.token,
    jwks_uri: endpoints.jwks,
    ...unlessEmpty('scopes_supported', scopes()),
    // A required member. It is empty because there is no authorization endpoint.
    response_types_supported: [],
    // If it were absent, clients would assume `authorization_code` and `implicit` (§2).
    grant_types_supported: grantTypes,
    token_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint: endpoints.introspection,
    introspection_endpoint_auth_methods_supported: CONFIDENTIAL,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint: endpoints.revocation,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    // RFC 8628 §4.
    ...(device ? { device_authorization_endpoint: endpoints.deviceAuthorization } : {}),
    // RFC 9728 §4.
    protected_resources: [endpoints.resource],
  }
}

/** RFC 9728 §2. */
export function protectedResourceMetadata({ endpoints, scopes }: MetadataDeps) {
  return {
    resource: endpoints.resource,
    authorization_servers: [endpoints.issuer],
    jwks_uri: endpoints.jwks,
    ...unlessEmpty('scopes_supported', scopes()),
    bearer_methods_supported: ['header'],
  }
}

/** RFC 7517 §5. Only key pairs: a symmetric key has no public part, and the tokens of a public key are refused here. */
export function publicJwks(keys: SigningKeys) {
  return {
    keys: keys.flatMap(({ kid, algorithm, verification, privateHalf }) =>
      typeof verification === 'string' && privateHalf !== undefined
        ? [{ ...createPublicKey(verification).export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }]
        : [],
    ),
  }
}

/** RFC 8414 §3.2, RFC 9728 §3.2: arrays without elements must be omitted. */
function unlessEmpty(name: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return values.length === 0 ? {} : { [name]: values }
}
