/** Runs a hook of the host in the way Fastify runs hooks. */

import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { HookDone } from './registered-plugin.ts'
import { errorFrom } from './thrown.ts'

/** A hook of the host that calls `done` or returns a promise. The types of request and reply depend on its server. */
export type HostHook<Request = FastifyRequest, Reply = FastifyReply> = (
  request: Request,
  reply: Reply,
  done: HookHandlerDoneFunction,
) => unknown

/**
 * A returned promise is awaited; any other hook calls `done`, possibly with `null`. Only the first result counts: a hook
 * that both calls `done` and returns a promise must not let the request pass twice.
 */
export function runHostHook(
  // The types of request and reply depend on the host's server.
  hook: HostHook<never, never>,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookDone,
): void {
  let isSettled = false
  const settle = (error?: Error | null) => {
    if (isSettled) return
    isSettled = true
    done(error ?? undefined)
  }
  const refuse = (thrown: unknown) => settle(errorFrom(thrown, 'The hook given to verifyApiTokenOr rejected'))
  let outcome: unknown
  try {
    outcome = Reflect.apply(hook, request.server, [request, reply, settle])
  } catch (thrown) {
    // An error after `done` was called comes from a later hook or the handler, not from this hook.
    if (isSettled) throw thrown
    return refuse(thrown)
  }
  if (isThenable(outcome)) outcome.then(() => settle(), refuse)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
