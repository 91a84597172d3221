/** Parses the address of a store: `postgres://…`, `mysql://…`, `sqlite:FILE`. Its secrets are never printed. */

import { resolve } from 'node:path'
import { InvalidOption } from '../errors.ts'

export type StoreAddress =
  | { readonly dialect: 'postgres' | 'mysql'; readonly url: string }
  | { readonly dialect: 'sqlite'; readonly filename: string }

/** The decoded parts of a server's URL. Missing parts are empty. */
export interface ServerAddress {
  readonly scheme: string
  readonly user: string
  readonly password: string
  /** Empty for a Unix socket, which is in the parameter `host` or `socketPath`. */
  readonly host: string
  readonly port: number | undefined
  readonly database: string
  readonly parameters: readonly (readonly [string, string])[]
}

const DIALECTS: Readonly<Record<string, StoreAddress['dialect']>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  // `pg` accepts the folder of a Unix socket.
  'socket:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
  'sqlite:': 'sqlite',
}

/** Parameters that may be printed. Any other may contain a key or a password. */
const SHOWN = new Set(
  ['application_name', 'charset', 'host', 'options', 'port', 'socketPath', 'sslmode', 'timezone', 'user'].map(
    (name) => name.toLowerCase(),
  ),
)

/** The TLS parameters that each driver supports. They are case-sensitive. */
const TLS_PARAMETERS: Readonly<Record<'postgres' | 'mysql', readonly string[]>> = {
  postgres: ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation'],
  mysql: ['ssl'],
}

/** @throws `FST_API_TOKENS_INVALID_OPTION`, whose message holds nothing of the text. */
export function parseStoreAddress(text: string): StoreAddress {
  const [scheme = ''] = /^[a-z]+:/i.exec(text) ?? []
  const dialect = DIALECTS[scheme.toLowerCase()]
  if (dialect === 'sqlite') {
    const filename = text.slice(scheme.length).replace(/^\/\/(?=\/)/, '')
    if (filename !== '') return { dialect, filename }
  } else if (dialect !== undefined && parseServerAddress(text) !== undefined) return { dialect, url: text }
  throw new InvalidOption(
    'the address of a store is postgres://…, mysql://… or sqlite:FILE; / ? # @ and % of a password are percent-encoded',
  )
}

/**
 * The address of a server of this dialect.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION`, whose message names the option and holds no value of the text.
 */
export function serverAddressOf(text: unknown, dialect: 'postgres' | 'mysql', option: string): ServerAddress {
  if (typeof text === 'string' && text.trim() === '') throw new InvalidOption(`${option} is empty`)
  const [scheme = ''] = typeof text === 'string' ? (/^[a-z]+:/i.exec(text) ?? []) : []
  const server = DIALECTS[scheme.toLowerCase()] === dialect ? parseServerAddress(String(text)) : undefined
  if (server !== undefined) {
    requireKnownTls(server, TLS_PARAMETERS[dialect], option)
    return server
  }
  throw new InvalidOption(
    `${option} must be such as ${dialect}://user:password@host/database; / ? # @ and % of a password are percent-encoded`,
  )
}

/**
 * Parses a URL; `undefined` for another text. A URL is refused when its password contains an unescaped `/`, `?` or `#`,
 * because parts of the password would be read as host, path or parameter.
 */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const url = urlOf(text)
  if (url === undefined) return undefined
  return {
    scheme: url.protocol,
    user: decoded(url.username),
    password: decoded(url.password),
    host: url.hostname === NO_HOST ? '' : decoded(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? undefined : Number(url.port),
    database: decoded(url.pathname.slice(1)),
    parameters: [...url.searchParams],
  }
}

/**
 * Refuses unknown TLS parameters such as `ssl-mode`: the driver would ignore them and connect without TLS.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` that names the parameter.
 */
export function requireKnownTls(
  { parameters }: ServerAddress,
  known: readonly string[],
  option: string,
): void {
  const [name] = parameters.find(([name]) => /ssl|tls/i.test(name) && !known.includes(name)) ?? []
  if (name === undefined) return
  throw new InvalidOption(`${option} has the parameter ${name}, which its driver does not know`)
}

/** The address of an SQLite file, independent of the working directory. */
export function addressOfFile(filename: string): string {
  return `sqlite:${resolve(filename)}`
}

/** Replaces the secrets of an address by stars: the password and parameters that may be secret. */
export function withoutSecrets(address: string): string {
  const url = address.startsWith('sqlite:') ? URL.parse(address) : urlOf(address)
  if (url === undefined || url === null) return '***'
  if (url.password !== '') url.password = '***'
  for (const name of secretParameters(url)) url.searchParams.set(name, '***')
  return url.toString().replace(NO_HOST, '')
}

/** The secrets of an address, encoded and decoded, the longest first. */
export function secretsOf(address: string): readonly string[] {
  const url = address.startsWith('sqlite:') ? URL.parse(address) : urlOf(address)
  if (url === undefined || url === null) return [address]
  const parameters = secretParameters(url).flatMap((name) => url.searchParams.getAll(name))
  const secrets = [url.password, decoded(url.password), ...parameters, ...parameters.map(encodeURIComponent)]
  return [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
}

/** A placeholder for the host of a socket address: a URL with a user must have a host. */
const NO_HOST = 'no-host.invalid'

function urlOf(text: string): URL | undefined {
  const parts = /^(socket:|[a-z]+:\/\/)([^/?#]*)(.*)$/is.exec(text)
  if (parts === null) return undefined
  const [, scheme = '', authority = '', rest = ''] = parts
  if (/[@#]/.test(rest) || /\s/.test(text)) return undefined
  const isSocket = scheme !== 'socket:' && (authority === '' || authority.endsWith('@'))
  const url = URL.parse(`${scheme}${authority}${isSocket ? NO_HOST : ''}${rest}`) ?? undefined
  // An address without a host must have a socket.
  const isLost = isSocket && url?.protocol === 'mysql:' && !url.searchParams.has('socketPath')
  return isLost ? undefined : url
}

function secretParameters({ searchParams }: URL): readonly string[] {
  return [...new Set(searchParams.keys())].filter((name) => !SHOWN.has(name.toLowerCase()))
}

/** An invalid escape is left unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
