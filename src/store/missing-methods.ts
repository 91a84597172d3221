/** Lists the methods that an object lacks to be a store, at boot: not when the first sweep or revocation calls one. */

import { withOutages } from './store-outage.ts'
import type { TokenStore } from './token-store.ts'

/** Such as `feed.changesSince`. */
export function missingMethods(store: Readonly<Record<string, unknown>>): readonly string[] {
  // To wrap calls nothing, and lists every method, whatever the object is.
  const whole = withOutages(store as unknown as TokenStore)
  const paths = Object.entries(whole).flatMap(([name, member]) => {
    if (typeof member === 'function') return OPTIONAL.includes(name) ? [] : [[name]]
    return PARTS.includes(name) ? Object.keys(Object(member)).map((part) => [name, part]) : []
  })
  return paths.filter((path) => typeof memberAt(store, path) !== 'function').map((path) => path.join('.'))
}

const OPTIONAL = ['isPermanent', 'newestStamp']
const PARTS = ['feed', 'devices']

function memberAt(store: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => Object(value)[name], store)
}
