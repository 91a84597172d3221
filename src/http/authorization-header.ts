/** Reads the credential from the Authorization header (RFC 6750 §2.1, RFC 9110 §11.6.2). */

import type { IncomingHttpHeaders } from 'node:http'

/** What a request carries, as Node parsed it. */
export interface RequestHeaders {
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
}

/** Why there is no credential to look at. */
export type HeaderFault =
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed'; readonly detail: string }

const MISSING: HeaderFault = { kind: 'missing' }
const TWO_LINES: HeaderFault = { kind: 'malformed', detail: 'there are two of them' }

/** What `isCredential` says no to. */
export const NOT_ONE_CREDENTIAL: HeaderFault = {
  kind: 'malformed',
  detail: 'Bearer takes exactly one credential',
}

const AUTHORIZATION = 'Authorization'
const SCHEME = 'bearer'
/** Letters of ASCII differ from their capitals by it alone. */
const CASE_BIT = 0x20
const TAB = 9
const SPACE = 32

/**
 * Where in the header the credential after `Bearer` begins, whose form is not checked yet: one that was verified
 * before has been. Without a header, or with another scheme, there is none.
 */
export function findCredential({ headers, rawHeaders }: RequestHeaders): number | HeaderFault {
  const header = headers.authorization
  if (header === undefined) return MISSING
  if (hasTwoLines(rawHeaders)) return TWO_LINES
  if (!hasBearerScheme(header)) return MISSING
  return afterBlanks(header, SCHEME.length)
}

/** Whether a request carries a bearer credential, well-formed or not. */
export function carriesBearer({ headers, rawHeaders }: RequestHeaders): boolean {
  const header = headers.authorization
  return header !== undefined && (hasBearerScheme(header) || hasTwoLines(rawHeaders))
}

/** Every bearer credential that a request carries, also on a second line or in a list: for who looks for one of ours. */
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

/** Node keeps the first of two lines in silence; a proxy in front may have believed the second. */
export function hasTwoLines(rawHeaders: readonly string[]): boolean {
  let lines = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isAuthorization(rawHeaders[index])) lines += 1
  }
  return lines > 1
}

/** The scheme is case-insensitive (RFC 9110 §11.1), and what parts it from the credential is white space. */
function hasBearerScheme(header: string): boolean {
  for (let index = 0; index < SCHEME.length; index += 1) {
    if ((header.charCodeAt(index) | CASE_BIT) !== SCHEME.charCodeAt(index)) return false
  }
  if (header.length === SCHEME.length) return true
  return isBlank(header.charCodeAt(SCHEME.length))
}

/** Of all white space only these two may stand in a header (RFC 9110 §5.6.3). */
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
