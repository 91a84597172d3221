/** Where a store is, as one text: `postgres://…`, `mysql://…`, `sqlite:FILE`. Its secrets are for no log and no screen. */

import { resolve } from 'node:path'
import { InvalidOption } from '../errors.ts'

export type StoreAddress =
  | { readonly dialect: 'postgres' | 'mysql'; readonly url: string }
  | { readonly dialect: 'sqlite'; readonly filename: string }

const DIALECTS: Readonly<Record<string, StoreAddress['dialect']>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
  'sqlite:': 'sqlite',
}

/** @throws `FST_API_TOKENS_INVALID_OPTION`, whose message holds nothing of the text. */
export function parseStoreAddress(text: string): StoreAddress {
  const [scheme = ''] = /^[a-z]+:/i.exec(text) ?? []
  const dialect = DIALECTS[scheme.toLowerCase()]
  if (dialect === 'sqlite') {
    const filename = text.slice(scheme.length).replace(/^\/\/(?=\/)/, '')
    if (filename !== '') return { dialect, filename }
  } else if (dialect !== undefined && URL.canParse(text)) return { dialect, url: text }
  throw new InvalidOption('the address of a store is postgres://…, mysql://… or sqlite:FILE')
}

/** The address of an SQLite file that holds wherever the command is called. */
export function addressOfFile(filename: string): string {
  return `sqlite:${resolve(filename)}`
}

/** The address with stars for its secrets: the password, and parameters that are named like one. */
export function withoutSecrets(address: string): string {
  if (!URL.canParse(address)) return '***'
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  for (const name of secretParameters(url)) url.searchParams.set(name, '***')
  return url.toString()
}

/** What of an address must not be printed, as it is written there and as it is meant; the longest first. */
export function secretsOf(address: string): readonly string[] {
  if (!URL.canParse(address)) return [address]
  const url = new URL(address)
  const parameters = secretParameters(url).flatMap((name) => url.searchParams.getAll(name))
  const secrets = [url.password, decoded(url.password), ...parameters, ...parameters.map(encodeURIComponent)]
  return [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
}

function secretParameters({ searchParams }: URL): readonly string[] {
  return [...new Set(searchParams.keys())].filter((name) => /pass|secret|token|key/i.test(name))
}

/** A percent sign that stands for nothing stays what it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
