/** Reads and checks the settings from the environment. Errors name the variable. */
import { join, resolve } from 'node:path'
import { type DatabaseAddress, parseDatabaseAddress } from './database/database-address.ts'

/** An external OpenID provider, instead of the built-in one. */
export interface ExternalProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** An OpenAI-compatible server, instead of the built-in model. */
export interface UpstreamSettings {
  /** The base URL for OpenAI clients, without a trailing slash: `http://127.0.0.1:11434/v1`. */
  readonly url: string
  readonly apiKey: string | null
  /** How long the upstream may take to begin its response. */
  readonly timeoutMs: number
}

export interface Settings {
  /** 0 means any free port. */
  readonly port: number
  readonly host: string
  /** The origin for browsers; `null` means `http://localhost:<port>`. */
  readonly origin: string | null
  readonly dataDir: string
  /** The database of `DATABASE_URL`. Default: an SQLite file in the data directory. */
  readonly database: DatabaseAddress
  /** The Redis server for invalidation messages; `null` means that the database is used. */
  readonly redisUrl: string | null
  readonly authentication: 'required' | 'none'
  /** `null` starts the built-in provider. */
  readonly provider: ExternalProvider | null
  /** The port of the built-in provider; 0 means any free port. */
  readonly providerPort: number
  /** Subjects of the external provider that administer the host. */
  readonly administrators: readonly string[]
  /** `null`: a secret is generated and stored in the data directory. */
  readonly sessionSecret: string | null
  /** The secret of the client `bodhi-gateway`; `null`: there is no such client. */
  readonly gatewaySecret: string | null
  readonly upstream: UpstreamSettings | null
  /** The delay of the built-in model before each word of a stream. */
  readonly wordDelayMs: number
  readonly logLevel: string
}

/** All wrong settings, one per line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The settings of the host are wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/**
 * Reads and checks the settings. An unset or empty variable has its default, but the variables of the database and of
 * the identity provider must not be empty.
 *
 * @throws {SettingsError} with a line for each variable that is wrong
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = []
  const text = (name: string): string | null => environment[name]?.trim() || null

  // An empty variable is probably a mistake, and the default would silently use another database or provider.
  for (const name of ['DATABASE_URL', 'OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET']) {
    if (environment[name]?.trim() === '') problems.push(`${name} is empty: give it a value, or remove it`)
  }

  const wholeNumber = (name: string, fallback: number, most: number): number => {
    const value = text(name)
    if (value === null) return fallback
    if (/^\d{1,9}$/.test(value) && Number(value) <= most) return Number(value)
    problems.push(`${name} must be a whole number from 0 to ${most}, not "${value}"`)
    return fallback
  }

  const oneOf = (name: string, choices: readonly string[], fallback: string): string => {
    const value = text(name)
    if (value === null) return fallback
    if (choices.includes(value)) return value
    problems.push(`${name} must be one of ${choices.join(', ')}, not "${value}"`)
    return fallback
  }

  const webAddress = (name: string): string | null => {
    const value = text(name)
    if (value === null) return null
    const url = URL.parse(value)
    // An @ anywhere may belong to a user and password, even if URL parsing puts it into host or path.
    const isNamed = value.includes('@')
    const usable = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !isNamed
    if (usable) return value.replace(/\/+$/, '')
    // The value is not repeated, because it may contain a password.
    problems.push(`${name} must be an http or https URL without a user, a query and a fragment`)
    return null
  }

  const origin = webAddress('ORIGIN')
  if (origin !== null && new URL(origin).pathname !== '/') {
    problems.push('ORIGIN must be an origin without a path, such as https://bodhi.example.com')
  }

  const secret = (name: string): string | null => {
    const value = text(name)
    if (value !== null && value.length < 32) {
      problems.push(`${name} must have at least 32 characters, not ${value.length}`)
    }
    return value
  }

  // The values of these two are not repeated in errors, because they contain passwords.
  const database = (dataDir: string): DatabaseAddress => {
    const value = text('DATABASE_URL')
    const standard = { dialect: 'sqlite', filename: join(dataDir, 'bodhi.db') } as const
    if (value === null) return standard
    const address = parseDatabaseAddress(value)
    if (address === null) {
      problems.push(
        'DATABASE_URL must be sqlite:FILE, postgres://user@host/database or mysql://user@host/database',
      )
    }
    return address ?? standard
  }

  const redis = (): string | null => {
    const value = text('REDIS_URL')
    const url = value === null ? null : URL.parse(value)
    if (value !== null && !(url?.hostname && /^rediss?:$/.test(url.protocol))) {
      problems.push('REDIS_URL must be redis://host:port or rediss://user:password@host:port')
    }
    return value
  }

  const dataDir = resolve(text('DATA_DIR') ?? join(import.meta.dirname, 'data'))
  const upstreamUrl = webAddress('UPSTREAM_URL')
  const settings: Settings = {
    port: wholeNumber('PORT', 1135, 65_535),
    host: text('HOST') ?? 'localhost',
    origin,
    dataDir,
    database: database(dataDir),
    redisUrl: redis(),
    authentication: oneOf('BODHI_AUTH', ['oidc', 'none'], 'oidc') === 'none' ? 'none' : 'required',
    provider: externalProvider(webAddress('OIDC_ISSUER'), text, problems),
    providerPort: wholeNumber('OIDC_PORT', 0, 65_535),
    administrators: text('ADMINISTRATORS')?.split(/[\s,]+/) ?? [],
    sessionSecret: secret('SESSION_SECRET'),
    gatewaySecret: secret('GATEWAY_SECRET'),
    upstream:
      upstreamUrl === null
        ? null
        : {
            url: upstreamUrl,
            apiKey: text('UPSTREAM_API_KEY'),
            timeoutMs: wholeNumber('UPSTREAM_TIMEOUT_MS', 60_000, 3_600_000),
          },
    wordDelayMs: wholeNumber('MODEL_WORD_DELAY_MS', 40, 60_000),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'warn'),
  }

  if (problems.length > 0) throw new SettingsError(problems)
  return settings
}

/** All three variables name a provider; none of them means the built-in one. Anything else is an error. */
function externalProvider(
  issuer: string | null,
  text: (name: string) => string | null,
  problems: string[],
): ExternalProvider | null {
  const clientId = text('OIDC_CLIENT_ID')
  const clientSecret = text('OIDC_CLIENT_SECRET')
  if (issuer && clientId && clientSecret) return { issuer, clientId, clientSecret }

  const given = {
    OIDC_ISSUER: text('OIDC_ISSUER'),
    OIDC_CLIENT_ID: clientId,
    OIDC_CLIENT_SECRET: clientSecret,
  }
  const missing = Object.entries(given).flatMap(([name, value]) => (value === null ? [name] : []))
  if (missing.length > 0 && missing.length < 3) {
    problems.push(`${missing.join(' and ')} must be set too: an external provider needs all three`)
  }
  return null
}
