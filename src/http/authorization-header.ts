/** Reads the credential from the Authorization header (RFC 6750 §2.1, RFC 9110 §11.6.2). */

import type { IncomingHttpHeaders } from 'node:http'

/** What a request carries, as Node parsed it. */
export interface RequestHeaders {
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
}

/** Why a request has no credential to verify. */
export type HeaderFault =
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed'; readonly detail: string }

const MISSING: HeaderFault = { kind: 'missing' }
const TWO_LINES: HeaderFault = { kind: 'malformed', detail: 'there are two of them' }

/** The fault of a request whose credential `isCredential` rejects. */
export const NOT_ONE_CREDENTIAL: HeaderFault = {
  kind: 'malformed',
  detail: 'Bearer takes exactly one credential',
}

const AUTHORIZATION = 'Authorization'
const SCHEME = 'bearer'
/** The one bit by which upper-case and lower-case ASCII differ. */
const CASE_BIT = 0x20
const TAB = 9
const SPACE = 32

/**
 * Finds the index in the header where the credential after `Bearer` begins. The form of the credential is not checked
 * here, because a cached credential was checked when it was first verified.
 */
export function findCredential({ headers, rawHeaders }: RequestHeaders): number | HeaderFault {
  const header = headers.authorization
  if (header === undefined) return MISSING
  if (hasTwoLines(rawHeaders)) return TWO_LINES
  if (!hasBearerScheme(header)) return MISSING
  return afterBlanks(header, SCHEME.length)
}

/** Whether a request has a bearer credential, well-formed or not. */
export function carriesBearer({ headers, rawHeaders }: RequestHeaders): boolean {
  const header = headers.authorization
  return header !== undefined && (hasBearerScheme(header) || hasTwoLines(rawHeaders))
}

/** All bearer credentials of a request, including those on a second header line or in a list. */
export function bearerCredentials({ rawHeaders }: RequestHeaders): string[] {
  const lines = rawHeaders.filter((_, index) => index % 2 === 1 && isAuthorization(rawHeaders[index - 1]))
  return lines.flatMap((line) =>
    [...line.matchAll(/\bbearer[ \t]+([^ \t,]+)/gi)].map(([, credential = '']) => credential),
  )
}

/** RFC 9110 §11.2: `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`. */
export function isCredential(text: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(text)
}

/** Node silently uses the first of two lines, but a proxy in front may have used the second. */
export function hasTwoLines(rawHeaders: readonly string[]): boolean {
  let lines = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isAuthorization(rawHeaders[index])) lines += 1
  }
  return lines > 1
}

/** The scheme is case-insensitive (RFC 9110 §11.1) and separated from the credential by white space. */
function hasBearerScheme(header: string): boolean {
  for (let index = 0; index < SCHEME.length; index += 1) {
    if ((header.charCodeAt(index) | CASE_BIT) !== SCHEME.charCodeAt(index)) return false
  }
  if (header.length === SCHEME.length) return true
  return isBlank(header.charCodeAt(SCHEME.length))
}

/** Space and tab: the only white space that a header value may contain (RFC 9110 §5.6.3). */
function isBlank(character: number): boolean {
  return character === SPACE || character === TAB
}

function afterBlanks(header: string, start: number): number {
  let index = start
  while (isBlank(header.charCodeAt(index))) index += 1
  return index
}

function isAuthorization(name: string | undefined): boolean {
  if (name?.length !== AUTHORIZATION.length) return false
  return name === AUTHORIZATION || name.toLowerCase() === AUTHORIZATION.toLowerCase()
}
