/**
 * The secret string that a client sends: an optional prefix and a signed JWT. With an identity provider, a `~` follows,
 * which no JWT contains, and the provider's refresh token. The other form is in `compact-credential.ts`.
 */

/** The longest credential that is issued or read, in characters. */
export const MAX_CREDENTIAL_LENGTH = 4096

const HINT_LENGTH = 4

/** The last four characters of a credential, which its owner may see later. */
export function hintOf(credential: string): string {
  return credential.slice(-HINT_LENGTH)
}

const REFRESH_TOKEN_SEPARATOR = '~'

/** The members of a credential, without its prefix. */
export interface CredentialMembers {
  readonly jwt: string
  /** The identity provider's refresh token. */
  readonly refreshToken: string | undefined
}

export function credentialOf(prefix: string, jwt: string, refreshToken: string | undefined): string {
  return prefix + jwt + (refreshToken === undefined ? '' : REFRESH_TOKEN_SEPARATOR + refreshToken)
}

/** The accepted prefixes; new credentials get the first. No non-empty prefix is the beginning of another. */
export type TokenPrefixes = readonly [string, ...string[]]

/** Whether a credential begins with a non-empty prefix of ours. */
export function hasPrefix(credential: string, prefixes: TokenPrefixes): boolean {
  return prefixes.some((prefix) => prefix !== '' && credential.startsWith(prefix))
}

/**
 * The members of a credential, read once per prefix that matches: first the non-empty prefix, then the empty one if it is
 * in the list.
 */
export function readCredential(credential: string, prefixes: TokenPrefixes): readonly CredentialMembers[] {
  return prefixes
    .filter((prefix) => credential.startsWith(prefix))
    .toSorted((one, other) => other.length - one.length)
    .map((prefix) => membersAfter(credential, prefix))
}

function membersAfter(credential: string, prefix: string): CredentialMembers {
  const rest = credential.slice(prefix.length)
  const end = rest.indexOf(REFRESH_TOKEN_SEPARATOR)
  return end === -1
    ? { jwt: rest, refreshToken: undefined }
    : { jwt: rest.slice(0, end), refreshToken: rest.slice(end + 1) }
}
