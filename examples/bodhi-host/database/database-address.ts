/** Where the host's database is, as `DATABASE_URL` says it. */
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

/** Reads an address; `null` for a text that is none. */
export function parseDatabaseAddress(text: string): DatabaseAddress | null {
  const filename = /^sqlite:(?:\/\/(?=\/))?(.+)$/i.exec(text)?.[1]
  if (filename !== undefined) return { dialect: 'sqlite', filename: resolve(filename) }
  // A bare / ? or # in a password would make host, path or parameters of its parts, and those are shown.
  const [, behindHost = ''] = /^\w+:\/\/[^/?#]*(.*)$/s.exec(text) ?? []
  const url = /[@#]/.test(behindHost) ? null : URL.parse(text)
  const dialect = url && SERVERS[url.protocol]
  return dialect ? { dialect, url: text } : null
}

/** The address for people to read: without user, password and parameters. */
export function placeOf(address: DatabaseAddress): string {
  if (address.dialect === 'sqlite') return `SQLite ${address.filename}`
  const { hostname, port, pathname } = new URL(address.url)
  const name = address.dialect === 'postgres' ? 'PostgreSQL' : 'MySQL'
  return `${name} ${hostname}${port && `:${port}`}${pathname}`
}
