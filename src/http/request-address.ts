/** The client's address of a request. */

import type { FastifyRequest } from 'fastify'

/** The address follows the host's `trustProxy`. `null` if the connection is already closed. */
export function addressOf({ ip }: Pick<FastifyRequest, 'ip'>): string | null {
  return typeof ip === 'string' ? ip : null
}
