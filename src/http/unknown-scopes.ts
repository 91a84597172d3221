/** Warns of scopes that a hook requires and that no token can have, since the catalogue does not know them. */

import type { FastifyBaseLogger } from 'fastify'
import type { ScopeCatalogue } from '../lifecycle/scope-catalogue.ts'

/** So many are named, since a hook that is made per request may require another scope each time. */
const MAX_NAMED = 100

/** Makes what is called when a token lacks required scopes; it names each unknown one once. */
export function warnOfUnknownScopes(
  catalogue: Pick<ScopeCatalogue, 'unknown'>,
  log: Pick<FastifyBaseLogger, 'warn'>,
): (required: readonly string[]) => void {
  const named = new Set<string>()
  return (required) => {
    const scopes = catalogue.unknown(required).filter((scope) => !named.has(scope))
    if (scopes.length === 0 || named.size >= MAX_NAMED) return
    for (const scope of scopes) named.add(scope)
    log.warn({ scopes }, 'No API token can have a scope that a hook requires: name it in the option scopes')
  }
}
