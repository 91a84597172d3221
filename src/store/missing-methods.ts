/** Checks at boot that a store has all methods, so that not the first sweep or revocation fails. */

import { withOutages } from './store-outage.ts'
import type { TokenStore } from './token-store.ts'

/** Returns names such as `feed.changesSince`. */
export function missingMethods(store: Readonly<Record<string, unknown>>): readonly string[] {
  // The wrapper has all methods of a store, and making it calls none.
  const whole = withOutages(store as unknown as TokenStore)
  const paths = Object.entries(whole).flatMap(([name, member]) => {
    if (typeof member === 'function') return OPTIONAL.includes(name) ? [] : [[name]]
    return PARTS.includes(name) ? Object.keys(Object(member)).map((part) => [name, part]) : []
  })
  return paths.filter((path) => typeof memberAt(store, path) !== 'function').map((path) => path.join('.'))
}

const OPTIONAL = ['isPermanent', 'newestStamp']
const PARTS = ['feed', 'devices', 'administration']

function memberAt(store: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => Object(value)[name], store)
}
