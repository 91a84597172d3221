/** The form of issuer and resource identifiers (RFC 8414 §2, RFC 9728 §1.2). */

/**
 * Whether it is an https URL (or http on loopback) without query, fragment and credentials. It must be in normalized
 * form, because clients compare it character by character.
 */
export function isIdentifier(identifier: unknown): identifier is string {
  if (typeof identifier !== 'string' || !URL.canParse(identifier)) return false
  const url = new URL(identifier)
  const written = url.href === identifier || url.href === `${identifier}/`
  const plain = url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return isSecure(url) && written && plain
}

/** Whether the connection is protected by TLS or stays on this machine. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
