/** Two instances of a host with one store: what an invalidation of one does at the other. */

import type { FastifyInstance } from 'fastify'
import { statusOf } from './host.ts'
import { within } from './within.ts'

/** Milliseconds until the other instance, which has just let the token in, refuses it. */
export async function timeOfRevoke(here: FastifyInstance, there: FastifyInstance): Promise<number> {
  const { token, credential } = await here.apiTokens.issue({ userId: 'ada' })
  if ((await statusOf(there, credential)) !== 200) throw new Error('it was not let in')
  await here.apiTokens.revoke(token.id)
  return within(1_500, async () => (await statusOf(there, credential)) === 401)
}

export function pubsubsAvailable(...apps: FastifyInstance[]): boolean {
  return apps.every((app) => app.apiTokens.stats().invalidation.pubsub === 'available')
}
