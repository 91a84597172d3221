/** The URLs of the endpoints. They derive from the configured issuer, never from the `Host` header of a request. */

export interface Endpoints {
  readonly issuer: string
  readonly resource: string
  /** RFC 8414 §3. */
  readonly authorizationServerMetadata: string
  /** RFC 9728 §3. */
  readonly protectedResourceMetadata: string
  readonly jwks: string
  readonly token: string
  readonly introspection: string
  readonly revocation: string
  /** RFC 8628 §3.1. */
  readonly deviceAuthorization: string
  /** RFC 8628 §3.3: the page for the user. */
  readonly verification: string
}

export function endpointsOf(issuer: string, resource: string): Endpoints {
  const base = issuer.replace(/\/$/, '')
  return {
    issuer,
    resource,
    authorizationServerMetadata: wellKnown('oauth-authorization-server', issuer),
    protectedResourceMetadata: wellKnown('oauth-protected-resource', resource),
    jwks: `${base}/.well-known/jwks.json`,
    token: `${base}/oauth2/token`,
    introspection: `${base}/oauth2/introspect`,
    revocation: `${base}/oauth2/revoke`,
    deviceAuthorization: `${base}/oauth2/device_authorization`,
    verification: `${base}/oauth2/device`,
  }
}

/** The route of an endpoint: the path of its URL. */
export function routeOf(url: string): string {
  return new URL(url).pathname
}

/** RFC 8414 §3, RFC 9728 §3: the suffix goes between host and path, and a trailing slash is removed. */
function wellKnown(suffix: string, identifier: string): string {
  const { origin, pathname } = new URL(identifier)
  return `${origin}/.well-known/${suffix}${pathname.replace(/\/$/, '')}`
}
