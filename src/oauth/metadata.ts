/** What clients read to find their way: RFC 8414, RFC 9728 and RFC 7517. */

import { createPublicKey } from 'node:crypto'
import type { SigningKeys } from '../keys/key-source.ts'
import { ASSERTION_ALGORITHMS } from './clients/client-assertion.ts'
import { CLIENT_AUTH_METHODS } from './clients/client-settings.ts'
import type { Endpoints } from './endpoints.ts'

export interface MetadataDeps {
  readonly endpoints: Endpoints
  readonly grantTypes: readonly string[]
  /** Whether programs get tokens by codes. */
  readonly device: boolean
  /** The scope catalogue's names. */
  scopes(): readonly string[]
}

/** RFC 7662 §2.1: whoever may ask must have proven who they are. */
const CONFIDENTIAL = CLIENT_AUTH_METHODS.filter((method) => method !== 'none')

/** RFC 8414 §2. */
export function authorizationServerMetadata({ endpoints, grantTypes, device, scopes }: MetadataDeps) {
  return {
    issuer: endpoints.issuer,
    token_endpoint: endpoints.token,
    jwks_uri: endpoints.jwks,
    ...unlessEmpty('scopes_supported', scopes()),
    // Required, so it is there although it is empty: there is no authorization endpoint.
    response_types_supported: [],
    // Left out it would mean two others: §2.
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

/** RFC 7517 §5, of the keys that anyone may have: a symmetric one is all secret. */
export function publicJwks(keys: SigningKeys) {
  return {
    keys: keys.flatMap(({ kid, algorithm, verification }) =>
      typeof verification === 'string'
        ? [{ ...createPublicKey(verification).export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }]
        : [],
    ),
  }
}

/** RFC 8414 §3.2, RFC 9728 §3.2: members with zero elements are left out. */
function unlessEmpty(name: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return values.length === 0 ? {} : { [name]: values }
}
