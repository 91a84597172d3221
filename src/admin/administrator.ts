/** The administrator of a request, as the host's `admin.authenticate` returns it. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AdminRequired, InvalidResult } from '../errors.ts'
import { addressOf } from '../http/request-address.ts'
import { isRecord, misspelledMember } from '../option-values.ts'
import type { Actor } from '../token/actor.ts'
import { userIdFault } from '../token/text.ts'
import type { AuthenticateAdmin } from './admin-options.ts'

const ADMINISTRATOR = Symbol('fastify-api-tokens.administrator')

interface AdminRequest {
  [ADMINISTRATOR]: string | null
}

/** Requires an administrator for every route of the scope. Errors of `authenticate` are passed on. */
export function requireAdministrator(scope: FastifyInstance, authenticate: AuthenticateAdmin): void {
  scope.decorateRequest(ADMINISTRATOR, null)
  // Not earlier, because some hosts restore sessions in `preValidation`.
  scope.addHook('preValidation', async (request) => {
    const administrator: unknown = await authenticate(request)
    if (administrator === null || administrator === undefined) throw new AdminRequired()
    // `decorateRequest` above has added the property.
    const slotted = request as unknown as AdminRequest
    slotted[ADMINISTRATOR] = checkedId(administrator)
  })
}

/** The administrator of a request that passed `requireAdministrator`, as `by` of its changes. */
export function administratorOf(request: FastifyRequest): Actor {
  const id = (request as unknown as AdminRequest)[ADMINISTRATOR]
  if (id === null) throw new AdminRequired()
  return { kind: 'admin', id, ip: addressOf(request) }
}

/** Other members are allowed, because hosts return their own objects. Each member is read once. */
function checkedId(administrator: unknown): string {
  if (!isRecord(administrator))
    throw new InvalidResult(`admin.authenticate returned something else: ${ALLOWED}`)
  const { id } = administrator
  const misspelled = misspelledMember(administrator, ['id'])
  if (misspelled !== undefined) {
    throw new InvalidResult(`admin.authenticate returned the member ${misspelled}: ${ALLOWED}`)
  }
  const fault = userIdFault(id)
  if (fault === undefined) return String(id)
  throw new InvalidResult(`admin.authenticate returned an administrator whose id ${fault}`)
}

const ALLOWED = 'it must return { id: string } or null'
