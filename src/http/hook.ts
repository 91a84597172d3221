/** The form of the plugin's hooks, and what the plugin knows of a route by them. */

import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { isOwnRoute } from './own-routes.ts'

/**
 * A hook for `onRequest` or `preHandler`. Called with `done` it calls back, called without it returns a promise
 * that rejects; never neither.
 */
export interface ApiTokenHook {
  (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  (request: FastifyRequest, reply: FastifyReply): Promise<void>
}

/** A hook's work in the callback form. */
export type HookSteps = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const demandedScopes = new WeakMap<object, readonly string[]>()

/** Makes a hook of both forms that demands these scopes; an empty list demands a token alone. */
export function createHook(demanded: readonly string[], steps: HookSteps): ApiTokenHook {
  function hook(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void
  function hook(request: FastifyRequest, reply: FastifyReply): Promise<void>
  function hook(
    request: FastifyRequest,
    reply: FastifyReply,
    done?: HookHandlerDoneFunction,
  ): void | Promise<void> {
    if (done !== undefined) return steps(request, reply, done)
    return new Promise((resolve, reject) => {
      steps(request, reply, (error) => (error === undefined ? resolve() : reject(error)))
    })
  }
  demandedScopes.set(hook, demanded)
  return hook
}

/** Makes a hook for the host's routes: set for a whole application, it leaves the plugin's own to their own checks. */
export function createHostHook(demanded: readonly string[], steps: HookSteps): ApiTokenHook {
  return createHook(demanded, (request, reply, done) =>
    isOwnRoute(request) ? done() : steps(request, reply, done),
  )
}

/** The scopes that a hook of a route demands, or `undefined` for a hook that is none of the plugin's. */
export function scopesDemandedBy(hook: object): readonly string[] | undefined {
  return demandedScopes.get(hook)
}
