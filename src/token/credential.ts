/** The secret string that a client sends: an optional prefix, then a signed JWT. */

/** The longest credential that is issued or looked at, in characters. */
export const MAX_CREDENTIAL_LENGTH = 4096

const HINT_LENGTH = 4

/** What the owner may still see of a credential: its last four characters. */
export function hintOf(credential: string): string {
  return credential.slice(-HINT_LENGTH)
}

/** The JWT within a credential, or `undefined` when the prefix is not there. */
export function jwtOf(credential: string, prefix: string): string | undefined {
  return credential.startsWith(prefix) ? credential.slice(prefix.length) : undefined
}
