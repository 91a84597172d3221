/** What a hook does, apart from how it is called. */

import type { FastifyReply, FastifyRequest } from 'fastify'

/** Called once: without an argument the request passes, with an error it is refused. */
export type HookDone = (error?: Error) => void

/** What a hook does. It throws nothing but what `done` throws. */
export type HookCheck = (
  request: FastifyRequest,
  reply: FastifyReply,
  scopes: readonly string[],
  done: HookDone,
) => void
