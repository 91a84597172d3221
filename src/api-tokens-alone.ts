/** Opens `app.apiTokens` without routes and timers, for the CLI: it neither sweeps nor refreshes keys. */

import Fastify from 'fastify'
import { openInstance } from './instance.ts'
import type { ApiTokens } from './lifecycle/api-tokens.ts'
import { createApiTokens } from './lifecycle/code-api.ts'
import { listOwners, type OwnerList, type OwnersRequest } from './lifecycle/list-owners.ts'
import { ScopeCatalogue } from './lifecycle/scope-catalogue.ts'
import type { ApiTokensOptions } from './options.ts'
import { readOptions } from './settings.ts'

export interface ApiTokensAlone {
  readonly apiTokens: ApiTokens
  owners(request: OwnersRequest): Promise<OwnerList>
  close(): Promise<void>
}

/**
 * @param options The options of the plugin. Those of routes have no effect.
 * @param scopes Scopes that a new token may have in addition to `options.scopes`: routes, which would add theirs, are missing.
 * @throws {InvalidOption} For a wrong option, or a schema that is not up to date.
 */
export async function openApiTokensAlone(
  options: ApiTokensOptions,
  scopes: readonly string[],
): Promise<ApiTokensAlone> {
  const { authenticateUser: _, oauth: __, openapi: ___, admin: ____, ...others } = options
  const settings = readOptions({ ...others, routes: false })
  const catalogue = new ScopeCatalogue(settings.scopes)
  catalogue.add(scopes)
  const fastify = Fastify()
  try {
    const instance = await openInstance(fastify, settings, catalogue)
    const rejected = () => new Error('the credential is refused')
    return {
      apiTokens: createApiTokens({ ...instance, rejected }),
      owners: (request) => listOwners(instance.lifecycle, request),
      close: () => fastify.close(),
    }
  } catch (error) {
    await fastify.close()
    throw error
  }
}
