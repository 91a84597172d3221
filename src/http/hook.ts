/** Makes the package's hooks, which can be called with `done` or awaited. */

import type { HookHandlerDoneFunction, RequestPayload } from 'fastify'
import { MisplacedHook } from '../errors.ts'
import type { ScopeRequirement } from '../token/scope.ts'
import { addedHooks, isFastify } from './fastify-internals.ts'
import { bindHook } from './hook-bindings.ts'
import { markHook } from './hook-mark.ts'
import type { HookDone, RequestCheck } from './registered-plugin.ts'

/**
 * A hook for `onRequest`, `preParsing`, `preValidation` or `preHandler`. Called with `done` it calls back. Called
 * without `done` it returns a promise that rejects when the request is refused.
 */
export interface ApiTokenHook {
  (request: AnyRequest, reply: AnyReply, done: HookHandlerDoneFunction): void
  (request: AnyRequest, reply: AnyReply, payload: RequestPayload, done: HookHandlerDoneFunction): void
  (request: AnyRequest, reply: AnyReply): Promise<void>
}

/** A request of any server: on HTTP/2 the `FastifyRequest` of a host has other types for `raw` and `server`. */
export interface AnyRequest {
  readonly id: string
  readonly raw: object
}

export interface AnyReply {
  readonly sent: boolean
  readonly raw: object
}

/** The positions at which a hook can refuse a request before its handler runs. */
export const HOOK_POSITIONS: readonly string[] = ['onRequest', 'preParsing', 'preValidation', 'preHandler']

/**
 * The return value of a hook that was called with `done`: a thenable that never settles. An async function of the host
 * may pass `done` on and also await the hook. Without this thenable the request would pass before a cold verification
 * has finished.
 */
// biome-ignore lint/suspicious/noThenProperty: a thenable needs this property
const DONE_DECIDES = Object.freeze({ then: () => undefined }) as unknown as Promise<void>

/** Makes a hook with the exported function's name, and marks it. */
export function createHook(name: string, required: ScopeRequirement, hookCheck: RequestCheck): ApiTokenHook {
  const { scopes } = required
  const label = scopes.length === 0 ? name : `${name}(${scopes.map((scope) => `'${scope}'`).join(', ')})`
  // The plugin reads only members that the requests of all Node servers (HTTP/1, HTTPS, HTTP/2) share.
  const check = hookCheck as (
    request: AnyRequest,
    reply: AnyReply,
    required: ScopeRequirement,
    done: HookDone,
  ) => void
  function hook(this: unknown, request: AnyRequest, reply: AnyReply, done: HookHandlerDoneFunction): void
  function hook(
    this: unknown,
    request: AnyRequest,
    reply: AnyReply,
    payload: RequestPayload,
    done: HookHandlerDoneFunction,
  ): void
  function hook(this: unknown, request: AnyRequest, reply: AnyReply): Promise<void>
  function hook(
    this: unknown,
    request: AnyRequest,
    reply: AnyReply,
    third?: RequestPayload | HookHandlerDoneFunction,
    // The default value keeps `hook.length` at 3, as Fastify expects.
    fourth: HookHandlerDoneFunction | undefined = undefined,
  ): void | Promise<void> {
    if (typeof third === 'function') {
      check(request, reply, required, third)
      return DONE_DECIDES
    }
    if (typeof fourth === 'function') {
      // Only `preParsing` passes a stream. The other positions with a payload come too late to refuse a request.
      if (isStream(third)) check(request, reply, required, fourth)
      else fourth(new MisplacedHook(atNoPosition(label)))
      return DONE_DECIDES
    }
    if (!hasRaw(request) || !hasRaw(reply)) return callWithoutRequest(hook, label, this, reply)
    return new Promise((resolve, reject) => {
      check(request, reply, required, (error) => (error === undefined ? resolve() : reject(error)))
    })
  }
  Object.defineProperty(hook, 'name', { value: name })
  return markHook(hook, { label, scopes }, bindHook)
}

/** The error text for a misplaced hook. `where` names the route, if it is known. */
export function atPosition(label: string, position: string, where = ''): string {
  return `${label} cannot refuse a request at ${position}${where}: use it at ${HOOK_POSITIONS.join(', ')}`
}

function atNoPosition(label: string): string {
  return atPosition(label, 'a position that passes a payload')
}

/**
 * A misplaced hook throws, except while an application closes: then the boot has already failed, and a second error
 * would hide the first.
 */
function callWithoutRequest(hook: unknown, label: string, instance: unknown, next: unknown): void {
  // At `onClose` Fastify passes the instance and a callback.
  if (isFastify(instance) && typeof next === 'function') return Reflect.apply(next, undefined, [])
  const position = positionOf(hook, instance)
  if (position === 'preClose') return
  throw new MisplacedHook(atPosition(label, position ?? 'a position without a request'))
}

/** The position at which a hook was added to an instance. */
function positionOf(hook: unknown, instance: unknown): string | undefined {
  const added = isFastify(instance) ? addedHooks(instance) : undefined
  return Object.entries(added ?? {}).find(([, hooks]) => hooks.includes(hook))?.[0]
}

/** Requests and replies have `raw`, Node's own object. */
function hasRaw(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'raw' in value
}

function isStream(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'pipe' in payload
}
