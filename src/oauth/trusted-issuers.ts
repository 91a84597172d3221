/** The trusted issuers of the option `oauth`, each checked at boot. Nothing about whom to believe has a default. */

import { InvalidOption } from '../errors.ts'
import { record, requireFunction, text } from '../option-values.ts'
import { isIdentifier } from './identifier.ts'
import type { SubjectTokenType, TrustedIssuer } from './oauth-options.ts'

export interface TrustedIssuerSettings {
  readonly issuer: string
  readonly audience: string
  readonly user: TrustedIssuer['user']
  readonly subjectTokenTypes: readonly SubjectTokenType[]
  readonly algorithms: readonly string[]
}

const KNOWN: readonly (keyof TrustedIssuer)[] = [
  'issuer',
  'audience',
  'user',
  'subjectTokenTypes',
  'algorithms',
]
const TYPES: readonly SubjectTokenType[] = ['access_token', 'id_token', 'jwt']
/** Asymmetric alone: a published key must never be a secret (RFC 8725 §2.1). */
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

/** @throws {InvalidOption} That names the issuer and member that is wrong. */
export function readTrustedIssuers(
  issuers: unknown,
  ownIssuer: string,
): ReadonlyMap<string, TrustedIssuerSettings> {
  if (!Array.isArray(issuers)) throw new InvalidOption('oauth.trustedIssuers must be an array of issuers')
  const byIssuer = new Map<string, TrustedIssuerSettings>()
  issuers.forEach((trusted: unknown, index) => {
    const path = `oauth.trustedIssuers[${index}]`
    const read = readTrustedIssuer(trusted, path)
    if (read.issuer === ownIssuer) throw new InvalidOption(`${path}.issuer is the plugin's own`)
    if (byIssuer.has(read.issuer)) throw new InvalidOption(`${path}.issuer is that of another`)
    byIssuer.set(read.issuer, read)
  })
  return byIssuer
}

function readTrustedIssuer(trusted: unknown, path: string): TrustedIssuerSettings {
  const {
    issuer,
    audience,
    user,
    subjectTokenTypes = ['access_token'],
    algorithms = DEFAULT_ALGORITHMS,
  } = record(trusted, KNOWN, path)
  if (!isIdentifier(issuer)) throw new InvalidOption(`${path}.issuer must be an https URL (http on loopback)`)
  requireFunction(user, `${path}.user`)
  if (user === undefined) throw new InvalidOption(`${path}.user must be a function`)
  return {
    issuer,
    audience: text(audience, `${path}.audience`),
    // `requireFunction` saw that it is one; what it returns is looked at each time.
    user: user as TrustedIssuer['user'],
    subjectTokenTypes: someOf(TYPES, subjectTokenTypes, `${path}.subjectTokenTypes`),
    algorithms: someOf(ALGORITHMS, algorithms, `${path}.algorithms`),
  }
}

function someOf<T extends string>(known: readonly T[], values: unknown, path: string): readonly T[] {
  if (Array.isArray(values) && values.length > 0 && values.every((value) => known.includes(value)))
    return values
  throw new InvalidOption(`${path} must be an array of ${known.join(', ')}`)
}
