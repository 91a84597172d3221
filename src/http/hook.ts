/** The form of the package's hooks: how Fastify and hosts call them, and what they call back. */

import type { HookHandlerDoneFunction, RequestPayload } from 'fastify'
import { MisplacedHook } from '../errors.ts'
import type { ScopeRequirement } from '../token/scope.ts'
import { addedHooks, isFastify } from './fastify-internals.ts'
import { bindHook } from './hook-bindings.ts'
import { markHook } from './hook-mark.ts'
import type { HookCheck, HookDone } from './registered-plugin.ts'

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

/** Where a hook can refuse a request before its handler runs. */
export const HOOK_POSITIONS: readonly string[] = ['onRequest', 'preParsing', 'preValidation', 'preHandler']

/**
 * What a hook returns that was called with `done`: a thenable that never settles. An async function of a host that passes
 * `done` on and awaits or returns the hook would otherwise pass the request before a cold verification has ended.
 */
// biome-ignore lint/suspicious/noThenProperty: that is what makes it a thenable
const DONE_DECIDES = Object.freeze({ then: () => undefined }) as unknown as Promise<void>

/** Makes a hook under the name that hosts write, and marks it as the package's. */
export function createHook(name: string, required: ScopeRequirement, hookCheck: HookCheck): ApiTokenHook {
  const { scopes } = required
  const label = scopes.length === 0 ? name : `${name}(${scopes.map((scope) => `'${scope}'`).join(', ')})`
  // The plugin reads nothing in which the requests of Node's servers differ.
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
    // With a default, so that the function's length is that of a hook.
    fourth: HookHandlerDoneFunction | undefined = undefined,
  ): void | Promise<void> {
    if (typeof third === 'function') {
      check(request, reply, required, third)
      return DONE_DECIDES
    }
    if (typeof fourth === 'function') {
      // `preParsing` passes the body's stream. What other positions pass comes too late to refuse a request.
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

/** What is wrong with a hook at a position, and what would be right. `where` names the route, when it is known. */
export function atPosition(label: string, position: string, where = ''): string {
  return `${label} cannot refuse a request at ${position}${where}: use it at ${HOOK_POSITIONS.join(', ')}`
}

function atNoPosition(label: string): string {
  return atPosition(label, 'a position that passes a payload')
}

/** A misplaced hook throws, but when an application closes: the boot has failed, and a second error would hide that. */
function callWithoutRequest(hook: unknown, label: string, instance: unknown, next: unknown): void {
  // At `onClose` Fastify passes the instance and a callback.
  if (isFastify(instance) && typeof next === 'function') return Reflect.apply(next, undefined, [])
  const position = positionOf(hook, instance)
  if (position === 'preClose') return
  throw new MisplacedHook(atPosition(label, position ?? 'a position without a request'))
}

/** Where a hook was added to an instance. */
function positionOf(hook: unknown, instance: unknown): string | undefined {
  const added = isFastify(instance) ? addedHooks(instance) : undefined
  return Object.entries(added ?? {}).find(([, hooks]) => hooks.includes(hook))?.[0]
}

/** Requests and replies carry Node's own object. */
function hasRaw(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'raw' in value
}

function isStream(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'pipe' in payload
}
