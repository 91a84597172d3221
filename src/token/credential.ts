/**
 * The secret string that a client sends: an optional prefix, then a signed JWT, and where the identity provider holds
 * the token, after a `~`, which no JWT has, the provider's refresh token.
 */

/** The longest credential that is issued or looked at, in characters. */
export const MAX_CREDENTIAL_LENGTH = 4096

const HINT_LENGTH = 4

/** What the owner may still see of a credential: its last four characters. */
export function hintOf(credential: string): string {
  return credential.slice(-HINT_LENGTH)
}

const REFRESH_TOKEN_MARK = '~'

/** What a credential is made of. */
export interface CredentialMembers {
  readonly jwt: string
  /** The refresh token of the identity provider, where that holds the token. */
  readonly refreshToken: string | undefined
}

export function credentialOf(prefix: string, jwt: string, refreshToken: string | undefined): string {
  return prefix + jwt + (refreshToken === undefined ? '' : REFRESH_TOKEN_MARK + refreshToken)
}

/** The prefixes that credentials may have: new ones get the first. No prefix that is not empty begins another. */
export type TokenPrefixes = readonly [string, ...string[]]

/** Whether a credential begins like one of ours. The empty prefix says nothing. */
export function hasPrefix(credential: string, prefixes: TokenPrefixes): boolean {
  return prefixes.some((prefix) => prefix !== '' && credential.startsWith(prefix))
}

/**
 * The parts of a credential behind each prefix that it may have: the one that it begins with, then the empty one, if it
 * is in the list.
 */
export function readCredential(credential: string, prefixes: TokenPrefixes): readonly CredentialMembers[] {
  return prefixes
    .filter((prefix) => credential.startsWith(prefix))
    .toSorted((one, other) => other.length - one.length)
    .map((prefix) => partsBehind(credential, prefix))
}

function partsBehind(credential: string, prefix: string): CredentialMembers {
  const rest = credential.slice(prefix.length)
  const end = rest.indexOf(REFRESH_TOKEN_MARK)
  return end === -1
    ? { jwt: rest, refreshToken: undefined }
    : { jwt: rest.slice(0, end), refreshToken: rest.slice(end + 1) }
}

/** Where the next part of a JWT begins behind one that stands at `at` of a text (RFC 7515 §7.1); 0 if there is none. */
export function nextPart(text: string, at: number): number {
  return text.indexOf('.', at) + 1
}
