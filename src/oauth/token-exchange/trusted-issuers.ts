/** Reads and checks the option `oauth.trustedIssuers` at boot. Issuer, audience and user have no defaults. */

import { InvalidOption } from '../../errors.ts'
import { flag, listOf, record, requireFunction, text } from '../../option-values.ts'
import { isIdentifier } from '../identifier.ts'
import type { SubjectTokenType, TrustedIssuer } from '../oauth-options.ts'
import type { SubjectTokenRules } from './subject-token-rules.ts'

export interface TrustedIssuerSettings extends SubjectTokenRules {
  readonly issuer: string
  readonly user: TrustedIssuer['user']
  /** If absent, the user's own scopes are the only limit. */
  readonly scopes: TrustedIssuer['scopes']
  /** Whether every token may be exchanged only once, as an ID token always may. */
  readonly singleUse: boolean
  readonly subjectTokenTypes: readonly SubjectTokenType[]
  readonly algorithms: readonly string[]
}

const KNOWN: readonly (keyof TrustedIssuer)[] = [
  'issuer',
  'audience',
  'additionalAudiences',
  'authorizedParties',
  'user',
  'scopes',
  'singleUse',
  'subjectTokenTypes',
  'algorithms',
]
const TYPES: readonly SubjectTokenType[] = ['access_token', 'id_token', 'jwt']
/** Only asymmetric algorithms: with HMAC a published key would be the secret (RFC 8725 §2.1). */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519']

/** @throws {InvalidOption} Names the issuer and the invalid member. */
export function readTrustedIssuers(
  issuers: unknown,
  ownIssuer: string,
): ReadonlyMap<string, TrustedIssuerSettings> {
  const list = listOf(issuers)
  if (list === undefined) throw new InvalidOption('oauth.trustedIssuers must be an array of issuers')
  const byIssuer = new Map<string, TrustedIssuerSettings>()
  list.forEach((trusted, index) => {
    const path = `oauth.trustedIssuers[${index}]`
    const read = readTrustedIssuer(trusted, path)
    if (read.issuer === ownIssuer) throw new InvalidOption(`${path}.issuer is the plugin's own`)
    if (byIssuer.has(read.issuer)) throw new InvalidOption(`${path}.issuer is used by another entry`)
    byIssuer.set(read.issuer, read)
  })
  return byIssuer
}

function readTrustedIssuer(trusted: unknown, path: string): TrustedIssuerSettings {
  const {
    issuer,
    audience,
    additionalAudiences = [],
    authorizedParties = [],
    user,
    scopes,
    singleUse = false,
    subjectTokenTypes = ['access_token'],
    algorithms = DEFAULT_ALGORITHMS,
  } = record(trusted, KNOWN, path)
  if (!isIdentifier(issuer)) throw new InvalidOption(`${path}.issuer must be an https URL (http on loopback)`)
  requireFunction(user, `${path}.user`)
  if (user === undefined) throw new InvalidOption(`${path}.user must be a function`)
  requireFunction(scopes, `${path}.scopes`)
  const types = readTypes(subjectTokenTypes, `${path}.subjectTokenTypes`)
  const parties = texts(authorizedParties, `${path}.authorizedParties`)
  const audiences = texts(additionalAudiences, `${path}.additionalAudiences`)
  requireIdToken(types, { authorizedParties: parties, additionalAudiences: audiences }, path)
  return {
    issuer,
    audience: text(audience, `${path}.audience`),
    additionalAudiences: audiences,
    authorizedParties: parties,
    // `requireFunction` has checked that these are functions. Their results are checked at each call.
    user: user as TrustedIssuer['user'],
    scopes: scopes as TrustedIssuer['scopes'],
    singleUse: flag(singleUse, `${path}.singleUse`),
    subjectTokenTypes: types,
    algorithms: someOf(ALGORITHMS, algorithms, `${path}.algorithms`),
  }
}

/** `jwt` accepts the tokens of the other types without their rules, so a client could avoid these rules. */
function readTypes(values: unknown, path: string): readonly SubjectTokenType[] {
  const types = someOf(TYPES, values, path)
  if (types.length === 1 || !types.includes('jwt')) return types
  throw new InvalidOption(
    `${path}: jwt cannot be combined with other types: it accepts their tokens without their rules`,
  )
}

/** Two lists are used only by the rules of ID tokens. Without ID tokens they would silently have no effect. */
function requireIdToken(
  types: readonly SubjectTokenType[],
  lists: Readonly<Record<string, readonly string[]>>,
  path: string,
): void {
  const [unused] = Object.keys(lists).filter((name) => lists[name]?.length !== 0)
  if (unused === undefined || types.includes('id_token')) return
  throw new InvalidOption(`${path}.${unused} has no effect without id_token in subjectTokenTypes`)
}

function texts(values: unknown, path: string): readonly string[] {
  const list = listOf(values)
  if (list === undefined) throw new InvalidOption(`${path} must be an array of strings`)
  return list.map((value, index) => text(value, `${path}[${index}]`))
}

function someOf<T extends string>(known: readonly T[], values: unknown, path: string): readonly T[] {
  const some = listOf(values)?.map((value) => known.find((name) => name === value))
  if (some !== undefined && some.length > 0 && some.every((value) => value !== undefined)) return some
  throw new InvalidOption(`${path} must be an array of ${known.join(', ')}`)
}
