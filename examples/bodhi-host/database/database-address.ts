/** Parses `DATABASE_URL`. */
import { resolve } from 'node:path'

export type DatabaseAddress =
  | { readonly dialect: 'sqlite'; readonly filename: string }
  | { readonly dialect: 'postgres' | 'mysql'; readonly url: string }

const SERVERS: Readonly<Record<string, 'postgres' | 'mysql'>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
}

/** Parses an address; `null` if it is not one. */
export function parseDatabaseAddress(text: string): DatabaseAddress | null {
  const filename = /^sqlite:(?:\/\/(?=\/))?(.+)$/i.exec(text)?.[1]
  if (filename !== undefined) return { dialect: 'sqlite', filename: resolve(filename) }
  // An unescaped / ? or # in a password would move a part of it into host or path, which are printed.
  const [, behindHost = ''] = /^\w+:\/\/[^/?#]*(.*)$/s.exec(text) ?? []
  const url = /[@#]/.test(behindHost) ? null : URL.parse(text)
  const dialect = url && SERVERS[url.protocol]
  return dialect ? { dialect, url: text } : null
}

/** The address for logs: without user, password and parameters. */
export function placeOf(address: DatabaseAddress): string {
  if (address.dialect === 'sqlite') return `SQLite ${address.filename}`
  const { hostname, port, pathname } = new URL(address.url)
  const name = address.dialect === 'postgres' ? 'PostgreSQL' : 'MySQL'
  return `${name} ${hostname}${port && `:${port}`}${pathname}`
}
