/** Calls a hook of the host as Fastify calls hooks. */

import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { HookDone } from './registered-plugin.ts'
import { errorFrom } from './thrown.ts'

/**
 * A hook of the host's own, in either form: it calls `done`, or returns a promise. The types of request and reply are those
 * of the host's server, such as one of HTTP/2.
 */
export type HostHook<Request = FastifyRequest, Reply = FastifyReply> = (
  request: Request,
  reply: Reply,
  done: HookHandlerDoneFunction,
) => unknown

/**
 * As Fastify runs hooks: a promise is awaited, any other hook calls `done`, with `null` as well. Only the first answer
 * counts: a hook that both calls `done` and returns a promise must not let the request pass twice.
 */
export function runHostHook(
  // Of any server: the host's routes call it.
  hook: HostHook<never, never>,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookDone,
): void {
  let isAnswered = false
  const answer = (error?: Error | null) => {
    if (isAnswered) return
    isAnswered = true
    done(error ?? undefined)
  }
  const refuse = (thrown: unknown) => answer(errorFrom(thrown, 'The hook given to verifyApiTokenOr rejected'))
  let outcome: unknown
  try {
    outcome = Reflect.apply(hook, request.server, [request, reply, answer])
  } catch (thrown) {
    // What the hook threw before it answered is its answer; after that, it comes from further down.
    if (isAnswered) throw thrown
    return refuse(thrown)
  }
  if (isThenable(outcome)) outcome.then(() => answer(), refuse)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
