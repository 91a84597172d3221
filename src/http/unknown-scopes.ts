/** Warns about scopes that a hook requires but no token can have, because the catalogue lacks them. */

import type { FastifyBaseLogger } from 'fastify'
import type { ScopeCatalogue } from '../lifecycle/scope-catalogue.ts'

/** A bound, because a hook that is made per request may require another scope each time. */
const MAX_NAMED = 100

/** Makes a callback for tokens that lack required scopes. It logs each unknown scope once. */
export function warnOfUnknownScopes(
  catalogue: Pick<ScopeCatalogue, 'unknown'>,
  log: Pick<FastifyBaseLogger, 'warn'>,
): (required: readonly string[]) => void {
  const named = new Set<string>()
  return (required) => {
    const scopes = catalogue.unknown(required).filter((scope) => !named.has(scope))
    if (scopes.length === 0 || named.size >= MAX_NAMED) return
    for (const scope of scopes) named.add(scope)
    log.warn({ scopes }, 'A hook requires a scope that no API token can have: add it to the option scopes')
  }
}
